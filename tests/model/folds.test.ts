import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { readActivations } from '../../src/activations/activationsFile.js';
import { addCounts } from '../../src/activations/addCounts.js';
import type { NeuronAnalysis } from '../../src/neurons/analysis/NeuronAnalysis.js';
import { sees, startCli } from '../helpers/cli.js';
import { commandHere } from '../helpers/commandHere.js';
import { writeFirstLayer } from '../helpers/firstLayer.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const layer = await writeFirstLayer(join(folder, 'layer.gguf'));
const at = (name: string): string => join(folder, name);
const texts = {
    en: 'Everyone has the right to rest and leisure',
    de: 'Jeder hat das Recht auf Erholung und Freizeit',
    fr: 'Toute personne a droit au repos',
};
const lines = (text: string, count: number): string[] =>
    Array.from({ length: count }, (_, i) => `${text} ${'abcdefgh'.repeat(i % 3)} ${i}.`);
const collect = (data: string, out: string, ...more: string[]): string[] => [
    'collect',
    '--model',
    layer,
    '--gpu',
    'off',
    '--data',
    at(data),
    '--out',
    at(out),
    ...more,
];

function corpus(name: string, of: (all: string[]) => string[], count = 800): void {
    mkdirSync(at(name));
    for (const [language, text] of Object.entries(texts))
        writeFileSync(join(at(name), `${language}.txt`), `${of(lines(text, count)).join('\n')}\n`);
}

beforeAll(async () => {
    corpus('texts', (all) => all);
    for (const fold of [0, 1, 2]) corpus(`part-${fold}`, (all) => all.filter((_, i) => i % 3 === fold));
    expect((await commandHere(...collect('texts', 'folded', '--folds', '3'))).code).toBe(0);
});

it('each fold holds the counts of every third text, and they add up to the whole', async () => {
    const { folds, ...whole } = await readActivations(at('folded'));
    expect(folds).toHaveLength(3);
    expect(addCounts(folds!)).toEqual({ counts: whole.counts, tokens: whole.tokens });
    for (const [f, fold] of folds!.entries()) {
        expect((await commandHere(...collect(`part-${f}`, `alone-${f}`))).code).toBe(0);
        const alone = await readActivations(at(`alone-${f}`));
        expect(alone.folds).toBeUndefined();
        expect({ counts: alone.counts, tokens: alone.tokens }).toEqual(fold);
    }
});

it('stopped within a fold, it continues and ends with the same file', async () => {
    const { child, ended } = startCli(collect('texts', 'stopped', '--folds', '3'));
    await sees(child, 'count de (3 of 3): 80 %');
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    expect(existsSync(join(at('stopped'), 'activations.safetensors'))).toBe(false);
    const again = await commandHere(...collect('texts', 'stopped', '--folds', '3'));
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).toContain('en: continues after 800 of 800 texts');
    const [stopped, whole] = ['stopped', 'folded'].map((name) =>
        readFileSync(join(at(name), 'activations.safetensors')),
    );
    expect(stopped!.equals(whole!)).toBe(true);
});

it('identify says how sure it is', async () => {
    const { code, stdout, stderr } = await commandHere('identify', at('folded'), '--top-rate', '0.1', '--json');
    expect(code, stderr).toBe(0);
    const { stability, perLanguage } = JSON.parse(stdout) as NeuronAnalysis;
    expect(stability).toMatchObject({ folds: 3, halves: 3 });
    for (const [language, { total }] of Object.entries(perLanguage)) {
        const [low, high] = stability!.intervals.perLanguage[language]!.total;
        expect(low).toBeLessThanOrEqual(total);
        expect(high).toBeGreaterThanOrEqual(total);
    }
    // Such monotonous texts leave little to chance.
    expect(stability!.classes.specific.kept).toBeGreaterThan(0.5);
});

it('other folds are other work; too few texts or folds are refused in one line', async () => {
    corpus('few', (all) => all, 4);
    const few = await commandHere(...collect('few', 'few-out', '--folds', '5'));
    expect(few).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('language en has 4 texts, too few for 5 folds'),
    });
    expect((await commandHere(...collect('few', 'few-out', '--folds', '2'))).code).toBe(0);
    const refused = await commandHere(...collect('few', 'few-out'));
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('folds 2 and 0') });
    const again = await commandHere(...collect('few', 'few-out', '--force', '--json'));
    expect(JSON.parse(again.stdout).decodedTokens).toBeGreaterThan(0);
    for (const folds of ['1', '2.5', 'x'])
        expect((await commandHere(...collect('few', 'few-out', '--folds', folds))).code).toBe(2);
});
