import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { commandHere } from '../helpers/commandHere.js';
import { embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const run = join(folder, 'run');
const model = ['--model', embeddedModel, '--gpu', 'off'];
const chat = ['chat', run, ...model];
const short = ['--max-tokens', '30'];
const question = 'Rosa hat 12 Stühle. Rosa gibt 6 davon weg. Wie viele Stühle bleiben?';
const interventions = join(folder, 'interventions.yaml');

beforeAll(async () => {
    const data = ['--data', 'udhr:1-12', '--languages', 'en,de,zh'];
    expect((await commandHere('collect', ...model, ...data, '--out', run)).code).toBe(0);
    expect((await commandHere('identify', run, '--top-rate', '0.05')).code).toBe(0);
    writeFileSync(interventions, 'raised: [{ language: de, op: add, value: 1, where: response }]\n');
});

interface Talk {
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
}

interface Saved {
    readonly format: string;
    readonly turns: {
        readonly user: string;
        readonly answers: { readonly name: string; readonly text: string; readonly interventions: object[] }[];
    }[];
}

/** A conversation whose lines come through a pipe. */
function talk(lines: readonly string[], ...more: string[]): Talk {
    const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [resolve('dist/cli.js'), ...chat, ...short, ...more],
        {
            input: `${lines.join('\n')}\n`,
            encoding: 'utf8',
        },
    );
    return { code: status, stdout, stderr };
}

describe('chat', () => {
    it('answers turns under what is chosen between them, each on its own', () => {
        const lines = [
            question,
            '/without de',
            '/again',
            '/both',
            '/again',
            '/use raised',
            '/again',
            '/whole',
            '/again',
        ];
        const { code, stdout } = talk(lines, '--json', '--interventions', interventions);
        expect(code).toBe(0);
        const { format, turns } = JSON.parse(stdout) as Saved;
        expect(format).toBe('language-neurons/chat');
        expect(turns.map(({ user }) => user)).toEqual([question]);
        const { answers } = turns[0]!;
        const names = ['whole', 'without de', 'whole', 'without de', 'whole', 'raised', 'whole'];
        expect(answers.map(({ name }) => name)).toEqual(names);
        expect(answers[1]!.interventions).toMatchObject([{ op: 'zero', neurons: { language: 'de' } }]);
        expect(answers[0]!.text).not.toBe(answers[1]!.text);
        expect(answers[5]!.text).not.toBe(answers[4]!.text);
        // What batches of other shapes may turn is left out: these were alone in theirs.
        expect(answers[6]!.text).toBe(answers[0]!.text);
    });

    it('shows lines and answers on stdout as a terminal does, words about them on stderr', () => {
        const { code, stdout, stderr } = talk(['/without de', question, '/both', '//again', '/exit', 'not said']);
        expect(code).toBe(0);
        expect(stdout).toMatch(new RegExp(`^> /without de\nwithout de> ${question.replaceAll('?', '\\?')}\n[^>]+\n`));
        expect(stdout).toMatch(/without de \| both> \/\/again\n┌─+┬─+┐\n│ whole +│ without de +│\n/);
        expect(stdout).not.toContain('not said');
        expect(stderr).toMatch(/without de: \d+ neurons \(specific\+related\)$/m);
    });

    it('begins as its options say', () => {
        const options = ['--amplify', 'zh:2', '--where', 'response', '--both', '--system', 'Sag wenig.'];
        const { turns } = JSON.parse(talk([question], '--json', ...options).stdout) as Saved;
        expect(turns).toMatchObject([{ system: 'Sag wenig.', answers: [{ name: 'whole' }, { name: 'amplify zh:2' }] }]);
        expect(turns[0]!.answers[1]!.interventions).toMatchObject([{ op: 'scale', value: 2, where: 'response' }]);
    });

    it('of a wrong line says in one what is wrong, and goes on', () => {
        const saved = join(folder, 'chat.json');
        const wrong: [line: string, words: RegExp][] = [
            ['/wihtout de', /no command \/wihtout; did you mean \/without\?/],
            ['/frobnicate', /no command \/frobnicate; \/help/],
            ['/without xx', /no language xx, only en, de, zh/],
            ['/amplify de', /^\/amplify takes languages and factors, such as de:2/],
            ['/whole now', /\/whole takes nothing/],
            ['/use', /\/use takes a name: none, as there is no --interventions/],
            ['/use raised', /no intervention raised; give a file/],
            ['/set everything', /\/set takes specific, specific\+related or/],
            ['/set experts', /\/set takes specific, specific\+related or/],
            ['/where promt', /did you mean prompt\?/],
            ['/save', /takes a file/],
            [`/save ${interventions}`, /interventions\.yaml: already exists; give another name/],
            ['/again', /the chat holds no message yet/],
            [question.repeat(30), /the window of 512 has room for 481/],
        ];
        const { code, stderr, stdout } = talk([...wrong.map(([line]) => line), question, `/save ${saved}`]);
        expect(code).toBe(0);
        const lines = stderr.trim().split('\n');
        expect(lines).toHaveLength(wrong.length + (lines.some((line) => line.startsWith('(ended')) ? 2 : 1));
        for (const [i, [, words]] of wrong.entries()) expect(lines[i]).toMatch(words);
        const { turns } = JSON.parse(readFileSync(saved, 'utf8')) as Saved;
        expect(turns).toHaveLength(1);
        expect(stdout).toContain(turns[0]!.answers[0]!.text);
    });

    it('that cannot begin is one line', async () => {
        expect(await commandHere(...chat, '--without', 'xx')).toMatchObject({
            code: 1,
            stderr: expect.stringMatching(/language-neurons: the analysis has no language xx, only en, de, zh\n$/),
        });
        expect((await commandHere(...chat, '--use', 'raised')).stderr).toMatch(/no intervention raised; give a file/);
        expect((await commandHere(...chat, '--amplify', 'de')).code).toBe(2);
    });
});

const python = ['python3', 'python'].find((program) => spawnSync(program, ['-c', 'import pty']).status === 0);

describe.skipIf(python === undefined)('chat on a terminal (skipped without Python, which makes one)', () => {
    /** Types keys, each after what it waits for. */
    function type(keys: readonly [after: string, keys: string][], ...more: string[]): { code: number; shown: string } {
        const command = [process.execPath, resolve('dist/cli.js'), ...chat, ...more];
        const { stdout, stderr } = spawnSync(
            python!,
            ['tests/helpers/terminal.py', JSON.stringify({ command, keys })],
            { encoding: 'utf8' },
        );
        expect(stderr).toBe('');
        const result = JSON.parse(stdout) as { code: number; missed: string | null; shown: string };
        expect(result.missed, result.shown).toBeNull();
        return result;
    }

    it('a Ctrl-C stops the answer and the conversation goes on; two end it', () => {
        const { code, shown } = type(
            [
                ['> ', 'hello\r'],
                ['hello[\\r\\n]+\\s*\\w', '\u0003'],
                ['\\(stopped\\)', '/without de\r'],
                ['without de> ', 'half a line\u0003'],
                ['half a line(?s:.)*without de> ', '\u0003'],
                ['Ctrl-C again', '\u0003'],
            ],
            '--max-tokens',
            '450',
        );
        expect(code).toBe(0);
        expect(shown).toContain('(stopped)');
    });

    it('lines are edited, completed and found again; Ctrl-D ends', () => {
        const saved = join(folder, 'typed.json');
        const { code } = type(
            [
                ['> ', '/wi\u007fitho'],
                ['itho', '\t'],
                ['ut', ' de\r'],
                ['without de> ', `${question}\r`],
                ['without de> ', '\u001b[A\r'], // the line before
                ['without de> ', `/save ${saved}\r`],
                ['saved in', ''],
                ['without de> ', '\u0004'],
            ],
            ...short,
        );
        expect(code).toBe(0);
        expect(existsSync(saved)).toBe(true);
        const { turns } = JSON.parse(readFileSync(saved, 'utf8')) as Saved;
        expect(turns.map(({ user }) => user)).toEqual([question, question]);
        expect(turns[0]!.answers.map(({ name }) => name)).toEqual(['without de']);
    });
});
