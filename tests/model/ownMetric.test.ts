import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { collect } from '../../src/activations/collect.js';
import { openCorpus } from '../../src/data/openCorpus.js';
import { Engine } from '../../src/engine/Engine.js';
import { compare } from '../../src/experiments/comparisons/compare.js';
import { readComparison, writeComparison } from '../../src/experiments/resultFiles/comparisonFile.js';
import { deactivate } from '../../src/experiments/deactivate.js';
import { intervene } from '../../src/experiments/intervene.js';
import { readMatrices } from '../../src/experiments/resultFiles/matrixFile.js';
import { ppl, perplexityMetric } from '../../src/experiments/textMetrics/perplexity.js';
import { scoredMetric } from '../../src/experiments/textMetrics/scoredMetric.js';
import { identify } from '../../src/neurons/classes/identify.js';
import { writeNeurons } from '../../src/neurons/analysis/neuronsFile.js';
import { rankNeurons } from '../../src/neurons/scores/rankNeurons.js';
import { reportOn } from '../../src/report/reportOn.js';
import { merge } from '../../src/run/merge.js';
import { embeddedModel } from '../helpers/models.js';

const root = mkdtempSync(join(tmpdir(), 'language-neurons-own-metric-'));
afterAll(() => rmSync(root, { recursive: true }));

/** Bits a token: the binary logarithm of the perplexity. */
const bits = scoredMetric({
    ...ppl,
    name: 'bits',
    noun: 'bits a token',
    plural: 'bits a token',
    prefixes: undefined,
    unitOf: ({ logProbability, tokens }) => ({
        numerator: -logProbability / Math.LN2,
        weight: tokens,
        samples: tokens,
    }),
    fromMean: () => (mean) => mean,
});

it('a metric of your own is measured, merged, compared and reported like the others', async () => {
    const [whole, divided] = ['whole', 'divided'].map((name) => join(root, name)) as [string, string];
    using engine = await Engine.open({ model: embeddedModel, gpu: 'off' });
    const corpus = await openCorpus('udhr:3-6', { languages: ['en', 'de'] });
    const { activations } = await collect({ engine, corpus, folder: whole });
    const analysis = identify(activations, { topRate: 0.1 });
    await writeNeurons(join(whole, 'neurons.json'), analysis);
    mkdirSync(divided);
    for (const name of ['neurons.json', 'activations.safetensors'])
        copyFileSync(join(whole, name), join(divided, name));
    const options = { engine, analysis, sets: ['specific'] as const, controls: 1 };
    const metric = bits.on(corpus, {});

    const { seconds: _, ...matrix } = await deactivate({ ...options, metric, folder: whole });
    const { sets } = await deactivate({ ...options, metric: perplexityMetric(corpus), folder: whole });
    for (const [c, value] of matrix.sets.specific!.baseline.entries())
        expect(value).toBeCloseTo(Math.log2(sets.specific!.baseline[c]!), 10);
    expect((await readMatrices(whole)).map((one) => one.metric)).toEqual(['ppl', 'bits']);

    for (const number of [1, 2]) await deactivate({ ...options, metric, folder: divided, shard: { number, total: 2 } });
    expect(await merge([divided], { folder: divided })).toMatchObject([{ matrix: { metric: 'bits' } }]);
    for (const ending of ['json', 'csv'])
        expect(readFileSync(join(divided, `bits.matrix.${ending}`), 'utf8')).toBe(
            readFileSync(join(whole, `bits.matrix.${ending}`), 'utf8'),
        );

    const doses = { shares: [0.05], ranking: rankNeurons(activations, analysis) };
    await intervene({ engine, analysis, metric, controls: 1, doses, folder: whole });
    const matrices = [matrix];
    const analyses = ['a', 'b'].map((label) => ({ label, analysis, matrices }));
    await writeComparison(whole, compare(analyses));
    expect((await readComparison(whole))!.changes[0]!.metrics).toMatchObject([{ metric: 'bits' }]);
    const page = readFileSync((await reportOn(whole)).html, 'utf8');
    for (const id of ['bits.specific', 'dose.bits']) expect(page).toContain(`id="${id}"`);
    expect(page).toContain('bits a token');
});

it('a metric whose plan is another metric’s cannot be divided', async () => {
    using engine = await Engine.open({ model: embeddedModel, gpu: 'off' });
    const folder = join(root, 'whole');
    const analysis = identify(
        (await collect({ engine, corpus: await openCorpus('udhr:3-6', { languages: ['en', 'de'] }), folder }))
            .activations,
    );
    const plain = perplexityMetric(await openCorpus('udhr:3-6', { languages: ['en', 'de'] }));
    const metric = { ...plain, kind: { ...plain.kind, name: 'renamed', prefixes: undefined } };
    const options = { engine, analysis, metric, folder, sets: ['specific'] as const, controls: 1 };
    await expect(deactivate({ ...options, shard: { number: 1, total: 2 } })).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message:
            'udhr:3-6: the metric renamed cannot be divided into shards, since it has no plan of its own; ' +
            'deactivate without a shard',
    });
});
