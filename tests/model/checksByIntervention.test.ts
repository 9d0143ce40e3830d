import { join } from 'node:path';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readActivations } from '../../src/activations/activationsFile.js';
import { collect } from '../../src/activations/collect.js';
import type { CheckResult } from '../../src/checks/CheckResult.js';
import { check, type CheckOptions } from '../../src/checks/runChecks.js';
import type { Corpus, Sample } from '../../src/corpus/Corpus.js';
import { openCorpus } from '../../src/data/openCorpus.js';
import { isByToken } from '../../src/engine/types/edits.js';
import { Engine } from '../../src/engine/Engine.js';
import { neuronsAt } from '../../src/engine/types/Site.js';
import { type Donors, meanState, resampledState, watchDonors } from '../../src/checks/measures/donors.js';
import { neuronDrops } from '../../src/checks/measures/neuronDrops.js';
import { identify } from '../../src/neurons/classes/identify.js';
import { analysisSites, type NeuronAnalysis, type NeuronIndex } from '../../src/neurons/analysis/NeuronAnalysis.js';
import { writeNeurons } from '../../src/neurons/analysis/neuronsFile.js';
import { randomNeurons } from '../../src/neurons/controls/randomNeurons.js';
import { embeddedCollectTexts, embeddedEvaluateTexts } from '../../src/run/embeddedRun.js';
import { silent } from '../../src/support/progress.js';
import { maskOf } from '../helpers/maskOf.js';
import { embeddedAdapter, embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const root = temporaryFolder();
const languages = ['en', 'de', 'zh'];
const names = ['controls', 'ladder', 'importance', 'other-model'];
let engine: Engine;
let texts: Corpus;
let analysis: NeuronAnalysis;

function runFolder(name: string): string {
    const folder = join(root, name);
    mkdirSync(folder);
    copyFileSync(join(root, 'run', 'activations.safetensors'), join(folder, 'activations.safetensors'));
    return folder;
}

const options = (given: Partial<CheckOptions> = {}): CheckOptions => ({
    names,
    engine: (own) => Engine.open({ model: embeddedModel, gpu: 'off', threads: 1, ...own }),
    corpus: () => Promise.resolve(texts),
    ...{ controls: 1, sample: 15, otherLora: embeddedAdapter, ...given },
});

beforeAll(async () => {
    engine = await Engine.open({ model: embeddedModel, gpu: 'off', threads: 1 });
    mkdirSync(join(root, 'run'));
    const counted = await openCorpus(embeddedCollectTexts, { languages });
    await collect({ engine, corpus: counted, folder: join(root, 'run') });
    const activations = await readActivations(join(root, 'run'));
    analysis = identify(activations, { topRate: 0.1, bar: 0.98 });
    await writeNeurons(join(root, 'run', 'neurons.json'), analysis);
    const whole = await openCorpus(embeddedEvaluateTexts, { languages });
    texts = {
        ...whole,
        async *samples(language) {
            for await (const sample of whole.samples(language))
                yield { ...sample, response: sample.response.slice(0, 80) };
        },
    };
});
afterAll(() => {
    engine.close();
});

const byName = (results: readonly CheckResult[]): Record<string, CheckResult> =>
    Object.fromEntries(results.map((result) => [result.name, result]));

describe('the checks by intervention', () => {
    it("hold for the embedded model's language neurons, and are not computed twice", async () => {
        const folder = join(root, 'run');
        const results = await check(folder, options());
        const { controls, ladder, importance, 'other-model': other } = byName(results);
        expect([controls, ladder, other].map((result) => result!.verdict)).toEqual(['holds', 'holds', 'holds']);
        expect(['holds', 'doubtful']).toContain(importance!.verdict); // 10 texts tell only strong neurons
        // Rows of a table: each language under each kind of neurons, and under each operation.
        expect(controls!.table!.rows).toHaveLength(4 * languages.length);
        expect(ladder!.table!.rows).toHaveLength(5 * languages.length);
        for (const [, , , own, others, index] of controls!.table!.rows as unknown as number[][])
            expect(own! - others!).toBeCloseTo(index!, 12);
        const ranks = other!.table!.rows.map((row) => row.at(-1));
        expect(ranks).toEqual(ranks.map(() => 1));

        const cells = readFileSync(join(folder, 'checks', 'ppl.cells.jsonl'), 'utf8');
        expect(await check(folder, options())).toEqual(results);
        expect(readFileSync(join(folder, 'checks', 'ppl.cells.jsonl'), 'utf8')).toBe(cells);
    });

    it('fail for random neurons of the same layers in the place of these', async () => {
        const folder = runFolder('random');
        const { specific, related } = analysis.neurons;
        const drawn = (lists: typeof specific, seed: number): Record<string, NeuronIndex[]> =>
            Object.fromEntries(
                Object.entries(lists).map(([language, neurons], k) => [
                    language,
                    randomNeurons(neurons, analysisSites(analysis), seed, k),
                ]),
            );
        const neurons = { ...analysis.neurons, specific: drawn(specific, 1), related: drawn(related, 2) };
        await writeNeurons(join(folder, 'neurons.json'), { ...analysis, neurons });
        const results = await check(folder, options());
        expect(results.map(({ name, verdict }) => [name, verdict])).toEqual(names.map((name) => [name, 'fails']));
    });

    it('say what is missing where no other model is given, and where there is one language', async () => {
        const folder = runFolder('missing');
        await writeNeurons(join(folder, 'neurons.json'), analysis);
        const one = await openCorpus(embeddedEvaluateTexts, { languages: ['de'] });
        const results = await check(
            folder,
            options({ names: ['controls', 'other-model'], otherLora: undefined, corpus: () => Promise.resolve(one) }),
        );
        expect(results.map(({ verdict }) => verdict)).toEqual(['not told', 'not told']);
        expect(results[1]!.sentence).toContain('`other`');
    });
});

describe('activations of other texts', () => {
    const neurons: NeuronIndex[] = [
        [0, 5],
        [2, 40],
        [3, 7],
    ];
    let donors: Donors;
    beforeAll(async () => {
        donors = await watchDonors(engine, texts, { neurons, seed: 1, progress: silent });
    });

    it('are those that are watched, and their means', async () => {
        const means = new Float64Array(neurons.length);
        const watched = new Set<string>();
        for (const language of languages) {
            const values: number[][] = [];
            for await (const text of engine.watch(texts.samples(language), { neurons }))
                for (const t of text.tokens.keys()) {
                    const row = [...text.values.subarray(t * neurons.length, (t + 1) * neurons.length)];
                    values.push(row);
                    watched.add(`${text.place} ${String(row)}`);
                }
            for (const j of means.keys())
                means[j]! += values.reduce((sum, row) => sum + row[j]!, 0) / values.length / languages.length;
        }
        for (const [j, mean] of means.entries()) expect(donors.means[j]).toBeCloseTo(mean, 6);
        expect(donors.tokens).toHaveLength(30); // ten texts of each language, fewer than the most tokens
        for (const { text, values } of donors.tokens) expect(watched).toContain(`${text} ${String([...values])}`);
    });

    it('take the place of these neurons alone: at every token those of another text, by chance', () => {
        const some = neurons.slice(1);
        const { edit } = resampledState(donors, some, engine.sites, 1);
        if (!isByToken(edit)) throw new Error('one edit for all');
        const used = new Set<number>();
        for (let text = 0; text < 10; text++)
            for (let position = 0; position < 40; position++) {
                const place = edit.at(position, 1, text);
                expect(donors.tokens[place]!.text).not.toBe(text);
                used.add(place);
            }
        expect(used.size).toBe(donors.tokens.length);
        for (const [place, one] of edit.edits.entries()) {
            const { factors, offsets } = one as { factors: Float32Array[]; offsets: Float32Array[] };
            expect(factors.flatMap((site) => [...site]).filter((factor) => factor !== 1)).toEqual([0, 0]);
            expect(some.map(([site, j]) => offsets[site]![j])).toEqual([...donors.tokens[place]!.values.slice(1)]);
        }
        expect(resampledState(donors, some, engine.sites, 2).name).not.toBe(
            resampledState(donors, some, engine.sites, 1).name,
        );
    });

    it('of one value everywhere are a replacement by it', async () => {
        const flat = { ...donors, means: new Float32Array(3).fill(0) };
        const samples: Sample[] = [];
        for await (const sample of texts.samples('de')) samples.push(sample);
        const mean = await engine.score(samples, { edit: meanState(flat, neurons, engine.sites).edit });
        const zero = await engine.score(samples, { edit: maskOf(neurons, engine.sites.map(neuronsAt)) });
        expect(Math.abs(mean.logProbability / zero.logProbability - 1)).toBeLessThan(1e-6);
    });
});

describe('neurons set to 0 one by one', () => {
    it('in one pass do what they do alone', async () => {
        const samples: Sample[] = [];
        for await (const sample of texts.samples('de')) samples.push(sample);
        const neurons = analysis.neurons.specific.de!.slice(0, 5);
        const drops = await neuronDrops(engine, samples, neurons, { progress: silent });
        const whole = await engine.score(samples);
        const widths = engine.sites.map(neuronsAt);
        for (const [i, neuron] of neurons.entries()) {
            const off = await engine.score(samples, { edit: maskOf([neuron], widths) });
            for (const [text, { logProbability, tokens }] of off.texts.entries()) {
                const drop = (whole.texts[text]!.logProbability - logProbability) / tokens;
                expect(Math.abs(drops[i]![text]! - drop)).toBeLessThan(2e-3); // batches of other shapes, Q8_0
            }
        }
        expect(Math.max(...drops.flatMap((one) => [...one]))).toBeGreaterThan(4e-3);
    });
});
