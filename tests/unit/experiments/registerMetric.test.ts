import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Corpus } from '../../../src/corpus/Corpus.js';
import { readMatrices } from '../../../src/experiments/resultFiles/matrixFile.js';
import { readMatrixShard } from '../../../src/experiments/resultFiles/matrixShard.js';
import { bitsPerByte } from '../../../src/experiments/textMetrics/bitsPerByte.js';
import { checkedUnit } from '../../../src/experiments/metric/checkMetric.js';
import type { ScoredUnit, TextMetricOptions } from '../../../src/experiments/metric/Metric.js';
import { knownMetrics, metricOf, metrics, registerMetric } from '../../../src/experiments/registry/metrics.js';
import { scoredMetric } from '../../../src/experiments/textMetrics/scoredMetric.js';
import { unknownResults } from '../../../src/experiments/resultFiles/resultPaths.js';

const folder = mkdtempSync(join(tmpdir(), 'language-neurons-metric-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a metric of your own', () => {
    it('is refused or left out by name before it is registered', async () => {
        writeFileSync(join(folder, 'own.matrix.json'), '{}');
        const path = join(folder, 'own.matrix.shard-1-of-2.json');
        const shard = { format: 'language-neurons/matrix-shard', version: 1, plan: { metric: 'own' } };
        writeFileSync(path, JSON.stringify(shard));
        const words =
            'no metric is called own, only ppl, bits-per-byte, kl, accuracy, language; ' +
            'register your own with registerMetric';
        expect(() => metricOf('own')).toThrow(words);
        await expect(readMatrixShard(path)).rejects.toMatchObject({ code: 'DAMAGED' });
        expect(await readMatrices(folder)).toEqual([]);
        expect(await unknownResults(folder)).toEqual([
            'the metric of own.matrix.json is not known and is left out; a script registers it with registerMetric',
        ]);
    });

    it('is found by name once it is registered, the last one of a name', async () => {
        for (const noun of ['first', 'second']) registerMetric({ ...bitsPerByte, name: 'own', noun });
        expect(metricOf('own').noun).toBe('second');
        expect(knownMetrics()).toHaveLength(metrics.length + 1);
        expect(await unknownResults(folder)).toEqual([]);
        await expect(readMatrices(folder)).rejects.toMatchObject({ code: 'DAMAGED' }); // it is read now
    });

    it('needs names of its own for its figures', () => {
        const { prefixes } = metricOf('ppl');
        expect(() => registerMetric({ ...bitsPerByte, name: 'other', prefixes })).toThrow(
            'metric "other": its figures would have the names of those of ppl; give other `prefixes`',
        );
    });

    it.each([
        ['ppl', 'metric "ppl": a metric of the tool has this name; choose another `name`'],
        ...['bits.token', '', 'a/b'].map((name) => [
            name,
            `metric "${name}": \`name\` takes letters, digits and hyphens, since file names hold it, not "${name}"`,
        ]),
    ])('cannot be called %j', (name, message) => {
        expect(() => registerMetric({ ...bitsPerByte, name })).toThrow(message);
        expect(() => registerMetric(metricOf('ppl'))).not.toThrow();
    });

    const { noun: _, ...nameless } = bitsPerByte;
    it.each([
        [undefined, 'a metric: takes an object, not undefined'],
        [{}, 'a metric: `name` takes letters, digits and hyphens, since file names hold it, not undefined'],
        [{ ...nameless, name: 'own' }, 'metric "own": `noun` takes a text, not undefined'],
        [{ ...bitsPerByte, measurementsOf: undefined }, '`measurementsOf` takes a function, not undefined'],
        [{ ...bitsPerByte, formatPlain: '.3f' }, '`formatPlain` takes a function, not ".3f"'],
        [{ ...bitsPerByte, harm: 0 }, '`harm` takes 1 where more is worse, or -1 where less is worse, not 0'],
        [{ ...bitsPerByte, harm: () => 1 }, 'less is worse, not a function'],
        [{ ...bitsPerByte, axis: { format: ',~r' } }, '`axis.least` takes a number from 0, not undefined'],
        [{ ...bitsPerByte, prefixes: { deactivation: 'own' } }, '`prefixes.intervention` takes a text, not undefined'],
        [{ ...bitsPerByte, intervals: 'bootstrap' }, '`intervals` takes an object, not "bootstrap"'],
        [{ ...bitsPerByte, inputs: 'images' }, '`inputs` takes texts or questions, not "images"'],
    ])('is refused where a field is missing or wrong: %#', (metric, message) => {
        const register = (): void => registerMetric(metric as unknown as typeof bitsPerByte);
        expect(register).toThrow(expect.objectContaining({ code: 'WRONG_USE' }));
        expect(register).toThrow(message);
    });
});

describe('a metric of the scores of texts', () => {
    const unitOf = (): ScoredUnit => ({ numerator: 1, weight: 1, samples: 1 });
    const fromMean = () => (mean: number) => mean;
    const own = { ...bitsPerByte, name: 'own', unitOf, fromMean };

    it.each([
        [{ ...own, unitOf: undefined }, 'metric "own": `unitOf` takes a function, not undefined'],
        [{ ...own, fromMean: 2 }, '`fromMean` takes a function, not 2'],
        [{ ...own, own: { base: 2 } }, '`own` takes a zod object, not {"base":2}'],
        [
            { ...own, own: z.object({ languages: z.string() }) },
            'its setting `languages` is one of every metric; give it another name in `own`',
        ],
    ])('is refused where a field is missing or wrong: %#', (metric, message) => {
        expect(() => scoredMetric(metric as unknown as typeof own)).toThrow(message);
    });

    it('refuses wrong values of its own settings', () => {
        const based = scoredMetric({ ...own, own: z.object({ base: z.number() }) });
        const corpus = { name: 'texts', languages: ['en'] } as unknown as Corpus;
        const measure = (base: unknown) => () => based.on(corpus, { base } as TextMetricOptions);
        expect(measure('two')).toThrow('metric "own": `base`: Invalid input: expected number, received string');
        expect(measure('two')).toThrow(expect.objectContaining({ code: 'WRONG_USE' }));
        expect(measure(2)).not.toThrow();
    });

    it.each([
        [undefined, 'not undefined'],
        [{ numerator: 1, weight: 1 }, 'not {"numerator":1,"weight":1}'],
        [{ numerator: 1, weight: -1, samples: 1 }, 'with a weight from 0, not {"numerator":1,"weight":-1,"samples":1}'],
    ])('refuses a unit that is none: %#', (unit, message) => {
        expect(() => checkedUnit('own', unit as ScoredUnit)).toThrow(message);
        expect(checkedUnit('own', { numerator: NaN, weight: 0, samples: 0 })).toBeDefined(); // allowNonfinite
    });
});
