import { existsSync, readFileSync, readdirSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { sees, startCli } from '../helpers/cli.js';
import { commandHere } from '../helpers/commandHere.js';
import { writeFirstLayer } from '../helpers/firstLayer.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const layer = await writeFirstLayer(join(folder, 'layer.gguf'));
const at = (name: string): string => join(folder, name);
const model = ['--model', layer, '--gpu', 'off'];

/** Runs until stderr says `text`, then sends a signal. */
async function interrupted(
    args: readonly string[],
    text: string | RegExp,
    signal: NodeJS.Signals,
): Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string }> {
    const { child, ended } = startCli(args);
    await sees(child, text);
    child.kill(signal);
    return ended;
}

/** No process of an interrupted run may go on writing. */
async function untilQuiet(path: string): Promise<void> {
    for (let before = ''; ;) {
        const now = existsSync(path) ? readdirSync(path).sort().join() : '';
        if (now === before) return;
        before = now;
        await wait(500);
    }
}

describe('a run that was stopped continues and ends with the same files', () => {
    const collect = (out: string): string[] => ['collect', ...model, '--data', at('texts'), '--out', out];
    const deactivate = (dir: string): string[] => [
        'deactivate',
        dir,
        ...model,
        '--data',
        at('evaluate'),
        '--sets',
        'specific+related',
    ];

    beforeAll(async () => {
        mkdirSync(at('texts'));
        mkdirSync(at('evaluate'));
        for (const [language, line] of [
            ['en', 'Everyone has the right to rest and leisure.'],
            ['de', 'Jeder hat das Recht auf Erholung und Freizeit.'],
            ['fr', 'Toute personne a droit au repos et aux loisirs.'],
        ] as const) {
            // The last language is long enough to be stopped in its middle, after a part of it was saved.
            const lines = language === 'de' ? 4000 : 400;
            writeFileSync(join(at('texts'), `${language}.txt`), `${line} ${language}\n`.repeat(lines));
            writeFileSync(join(at('evaluate'), `${language}.txt`), `${line}\n`.repeat(100));
        }
        expect((await commandHere(...collect(at('whole')))).code).toBe(0);
        expect((await commandHere('identify', at('whole'), '--top-rate', '0.1')).code).toBe(0);
    });

    it.each(['SIGKILL', 'SIGINT'] as const)('collect, stopped by %s', async (signal) => {
        const out = at(`collect-${signal}`);
        // 50 % of all three, which is 48 % of the last language: a third of it is saved then
        const stopped = await interrupted(collect(out), 'count de (3 of 3): 5', signal);
        if (signal === 'SIGINT') {
            expect(stopped.code).toBe(130);
            expect(stopped.stderr).toContain('stopped; run the same command again to continue');
        }
        await untilQuiet(join(out, 'parts'));
        // A killed process may leave a file that it was writing beside the whole one.
        const languages = new Set(readdirSync(join(out, 'parts')).map((name) => name.split('.')[0]));
        expect([...languages].sort()).toEqual(['de', 'en', 'fr']);
        expect(existsSync(join(out, 'activations.safetensors'))).toBe(false);

        const again = await commandHere(...collect(out));
        expect(again.code, again.stderr).toBe(0);
        expect(again.stderr).toContain('en: continues after 400 of 400 texts');
        expect(again.stderr).toMatch(/de: continues after [1-9]\d* of 4000 texts/);
        expect(
            readFileSync(join(out, 'activations.safetensors')).equals(
                readFileSync(join(at('whole'), 'activations.safetensors')),
            ),
        ).toBe(true);
        expect(readdirSync(out)).toEqual(['activations.safetensors']);
    });

    it('collect again does nothing, and other texts start anew', async () => {
        const again = await commandHere(...collect(at('whole')), '--json');
        expect(again.stderr).toContain('already holds the counts');
        expect(JSON.parse(again.stdout)).toMatchObject({ decodedTokens: 0 });
    });

    describe('examples', () => {
        const dir = at('whole');
        const examples = ['examples', dir, ...model, '--data', at('texts'), '--general', '5'];
        const path = join(dir, 'examples.safetensors');
        let whole: Buffer;
        beforeAll(async () => {
            expect((await commandHere(...examples)).code).toBe(0);
            whole = readFileSync(path);
        });

        it.each(['SIGKILL', 'SIGINT'] as const)('stopped by %s', async (signal) => {
            expect((await commandHere('clean', dir, '--only', 'examples')).stdout).toContain('examples.safetensors');
            const stopped = await interrupted(examples, 'examples de: 5', signal);
            if (signal === 'SIGINT') expect(stopped.code).toBe(130);
            await untilQuiet(join(dir, 'parts'));
            expect(existsSync(path)).toBe(false);
            const again = await commandHere(...examples);
            expect(again.code, again.stderr).toBe(0);
            expect(again.stderr).toMatch(/continues after [1-9]\d* of \d+ texts/);
            expect(readFileSync(path).equals(whole)).toBe(true);
            expect(existsSync(join(dir, 'parts'))).toBe(false);
        });
    });

    describe('deactivate', () => {
        const dir = at('whole');
        let [whole, cells] = ['', ''];
        beforeAll(async () => {
            expect((await commandHere(...deactivate(dir))).code).toBe(0);
            whole = readFileSync(join(dir, 'ppl.matrix.json'), 'utf8');
            cells = readFileSync(join(dir, 'ppl.cells.jsonl'), 'utf8');
        });

        it.each(['SIGKILL', 'SIGINT'] as const)('stopped by %s', async (signal) => {
            expect((await commandHere('clean', dir, '--only', 'ppl')).stdout).toContain('ppl.cells.jsonl');
            const stopped = await interrupted(deactivate(dir), /perplexity, cell .* of .*: 30 %/, signal);
            if (signal === 'SIGINT') expect(stopped.code).toBe(130);
            await untilQuiet(dir);
            expect(existsSync(join(dir, 'ppl.matrix.json'))).toBe(false);
            expect(readFileSync(join(dir, 'ppl.cells.jsonl'), 'utf8').trim().split('\n').length).toBeGreaterThan(5);

            const again = await commandHere(...deactivate(dir));
            expect(again.stderr).toMatch(/continues after [1-9]\d* finished cells/);
            expect(readFileSync(join(dir, 'ppl.matrix.json'), 'utf8')).toBe(whole);
            expect(readFileSync(join(dir, 'ppl.cells.jsonl'), 'utf8')).toBe(cells);
        });
    });
});
