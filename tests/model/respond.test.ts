import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { AnsweredQuestion } from '../../src/questions/respond.js';
import { readActivations } from '../../src/activations/activationsFile.js';
import { sees, startCli } from '../helpers/cli.js';
import { commandHere } from '../helpers/commandHere.js';
import { embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const respond = (out: string, ...more: string[]): string[] => [
    'respond',
    '--model',
    embeddedModel,
    '--gpu',
    'off',
    '--data',
    at('questions'),
    '--template',
    at('template.txt'),
    '--out',
    at(out),
    ...(more.includes('--max-tokens') ? [] : ['--max-tokens', '24']),
    ...more,
];
const read = (name: string): AnsweredQuestion[] => JSON.parse(readFileSync(at(name), 'utf8')) as AnsweredQuestion[];

beforeAll(() => {
    mkdirSync(at('questions'));
    writeFileSync(at('template.txt'), '{question} {Language}:');
    const questions = { en: 'The farmer and the', de: 'Der Lehrer und die', fr: 'La fille et le' };
    for (const [language, text] of Object.entries(questions)) {
        writeFileSync(
            join(at('questions'), `mgsm_${language}.tsv`),
            Array.from({ length: 25 }, (_, i) => `${text} ${'house garden school'.split(' ')[i % 3]!}\t${i}`).join(
                '\n',
            ),
        );
    }
});

it('answers every question as often as asked, in the form that collect reads', async () => {
    const { code, stdout, stderr } = await commandHere(
        ...respond(
            'answers.json',
            '--languages',
            'en,de',
            '--limit',
            '6',
            '--answers',
            '3',
            '--temperature',
            '0.8',
            '--json',
        ),
    );
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ questions: 12, answers: 36 });
    const answered = read('answers.json');
    expect(answered.map(({ lang, index }) => `${lang} ${index}`)).toEqual(
        ['English', 'German'].flatMap((lang) => Array.from({ length: 6 }, (_, i) => `${lang} ${i}`)),
    );
    expect(answered[7]).toMatchObject({ instruction: 'Der Lehrer und die garden German:', answer: 1 });
    for (const { answers } of answered) expect(answers).toHaveLength(3);
    expect(new Set(answered.flatMap(({ answers }) => answers.map(({ generated }) => generated))).size).toBeGreaterThan(
        20,
    );
    expect(existsSync(at('answers.json.answers.jsonl'))).toBe(true);

    const collected = await commandHere(
        'collect',
        '--model',
        embeddedModel,
        '--gpu',
        'off',
        '--data',
        at('answers.json'),
        '--out',
        at('run'),
        '--json',
    );
    expect(collected.code, collected.stderr).toBe(0);
    const { tokens, decodedTokens } = JSON.parse(collected.stdout) as {
        tokens: Record<string, number>;
        decodedTokens: number;
    };
    expect(Object.keys(tokens)).toEqual(['en', 'de']);
    expect((await readActivations(at('run'))).languages).toEqual(['en', 'de']);
    // Each prompt but its last token goes through once for three answers.
    const counted = tokens.en! + tokens.de!;
    expect(decodedTokens).toBeGreaterThan(counted);
    expect(decodedTokens).toBeLessThan(2 * counted);
});

it('stopped, it keeps what was answered and goes on with the rest', async () => {
    const settings = ['--answers', '2', '--temperature', '1', '--seed', '5'];
    const { child, ended } = startCli(respond('stopped.json', ...settings));
    await sees(child, 'respond: 30 %');
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    expect(existsSync(at('stopped.json'))).toBe(false);
    const lines = readFileSync(at('stopped.json.answers.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { language: string; index: number; answers: string[] });
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThan(75);
    // As a kill in the middle of a line leaves it.
    appendFileSync(at('stopped.json.answers.jsonl'), '{"language":"en","ind');

    const again = await commandHere(...respond('stopped.json', ...settings));
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).toContain(`continues after ${lines.length} of 75 questions`);
    const answered = read('stopped.json');
    expect(answered).toHaveLength(75);
    const names: Record<string, string> = { en: 'English', de: 'German', fr: 'French' };
    for (const { language, index, answers } of lines) {
        expect(
            answered
                .find((one) => one.lang === names[language] && one.index === index)!
                .answers.map(({ generated }) => generated),
        ).toEqual(answers);
    }
    expect(answered.every(({ answers }) => answers.length === 2)).toBe(true);
});

it.each([
    {
        what: 'no such questions',
        args: () => ['respond', '--model', embeddedModel, '--data', at('none'), '--out', at('x.json')],
        code: 1,
        says: 'none: cannot be read',
    },
    {
        what: 'no such template',
        args: () => respond('x.json').map((arg) => (arg === at('template.txt') ? 'none' : arg)),
        code: 1,
        says: 'mathoctopus',
    },
    {
        what: 'a context too small',
        args: () => respond('x.json', '--max-tokens', '100000'),
        code: 2,
        says: 'raise the context size',
    },
    { what: 'no questions asked for', args: () => respond('x.json', '--limit', '0'), code: 2, says: 'at least 1' },
])('with $what ends in one line', async ({ args, code, says }) => {
    const result = await commandHere(...args());
    expect(result.code, result.stderr).toBe(code);
    const lines = result.stderr.split('\n').filter((line) => line.startsWith('language-neurons: '));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(says);
});

it('says how many answers are right, and how many were cut off before their end', async () => {
    const words = 'Anna has 12 apples. Anna gives away 6 of them. How many apples are left?';
    mkdirSync(at('word-problems'));
    writeFileSync(at('word-problems/mgsm_en.tsv'), [`${words}\t6`, `${words.replace('12', '13')}\t7`].join('\n'));
    const asked = (...more: string[]): string[] => [
        ...['respond', '--model', embeddedModel, '--gpu', 'off', '--template', 'chat', '--data', at('word-problems')],
        ...more,
    ];
    const cut = await commandHere(...asked('--out', at('cut.json'), '--max-tokens', '3'));
    expect(cut.code, cut.stderr).toBe(0);
    expect(cut.stderr).toContain('2 of 2 answers were cut off at 3 tokens');
    expect(cut.stdout).toMatch(/^language +answers +right in number and language +right number +cut off$/m);
    expect(cut.stdout).toMatch(/^en +2 +0\.0 % +0\.0 % +100\.0 %$/m);
    expect(read('cut.json').flatMap(({ answers }) => answers.map(({ end, tokens }) => [end, tokens]))).toEqual([
        ['length', 3],
        ['length', 3],
    ]);

    const whole = await commandHere(...asked('--out', at('whole.json'), '--max-tokens', '64', '--json'));
    expect(whole.code, whole.stderr).toBe(0);
    expect(whole.stderr).not.toContain('cut off');
    expect((JSON.parse(whole.stdout) as { languages: unknown }).languages).toMatchObject({
        en: { answers: 2, cut: 0 },
    });
    const ends = read('whole.json').flatMap(({ answers }) => answers);
    expect(ends.map(({ end }) => end)).toEqual(['stop', 'stop']);
    // What was finished is known again with its end.
    const again = await commandHere(...asked('--out', at('cut.json'), '--max-tokens', '3'));
    expect(again.stderr).toContain('continues after 2 of 2');
    expect(again.stderr).toContain('2 of 2 answers were cut off at 3 tokens');
});
