import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readMatrices } from '../../../src/experiments/matrixFile.js';
import { readMatrixShard } from '../../../src/experiments/matrixShard.js';
import { bitsPerByte } from '../../../src/experiments/bitsPerByte.js';
import { knownMetrics, metricOf, metrics, registerMetric } from '../../../src/experiments/metrics.js';
import { unknownResults } from '../../../src/experiments/resultPaths.js';

const folder = mkdtempSync(join(tmpdir(), 'language-neurons-metric-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a metric of your own', () => {
    it('is refused or left out by name before it is registered', async () => {
        writeFileSync(join(folder, 'own.matrix.json'), '{}');
        const path = join(folder, 'own.matrix.shard-1-of-2.json');
        const shard = { format: 'language-neurons/matrix-shard', version: 1, plan: { metric: 'own' } };
        writeFileSync(path, JSON.stringify(shard));
        const words =
            'no metric is called own, only ppl, bits-per-byte, accuracy; register your own with registerMetric';
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
            'since its figures have the names of those of ppl; give it other `prefixes`',
        );
    });

    it.each([
        ['ppl', /called "ppl", as a metric of the tool is; choose another name$/],
        ['bits.token', /called "bits.token", as files are; use letters, digits and hyphens$/],
        ['', /called "", as files are/],
        ['a/b', /called "a\/b", as files are/],
    ])('cannot be called %j', (name, message) => {
        expect(() => registerMetric({ ...bitsPerByte, name })).toThrow(message);
        expect(() => registerMetric(metricOf('ppl'))).not.toThrow();
    });
});
