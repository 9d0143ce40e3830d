import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { collect } from '../../src/activations/collect.js';
import type { Corpus, Sample } from '../../src/corpus/Corpus.js';
import { openCorpus } from '../../src/data/openCorpus.js';
import { Engine } from '../../src/engine/Engine.js';
import { collectExamples } from '../../src/examples/collectExamples.js';
import { examplesPath, readExamples, readExamplesHead } from '../../src/examples/examplesFile.js';
import type { NeuronExamples } from '../../src/examples/NeuronExamples.js';
import { priorityOf } from '../../src/examples/SampledTokens.js';
import { identify } from '../../src/neurons/classes/identify.js';
import type { NeuronAnalysis, NeuronIndex } from '../../src/neurons/analysis/NeuronAnalysis.js';
import { merge } from '../../src/run/merge.js';
import { writeFirstLayer } from '../helpers/firstLayer.js';
import { embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';
import { writeUpcycled } from '../helpers/upcycled.js';

const root = temporaryFolder();
const engines: Engine[] = [];
afterAll(() => engines.forEach((engine) => engine.close()));

async function opened(model = embeddedModel): Promise<Engine> {
    const engine = await Engine.open({ model, gpu: 'off' });
    engines.push(engine);
    return engine;
}

/** A corpus of what a function makes of each language's articles. */
async function corpusOf(articles: string, of: (samples: readonly Sample[]) => Iterable<Sample>): Promise<Corpus> {
    const read = await openCorpus([`udhr:${articles}`], { languages: ['en', 'zh'] });
    const { name, sources, languages } = read;
    const samples = async function* (language: string): AsyncGenerator<Sample> {
        const own: Sample[] = [];
        for await (const sample of read.samples(language)) own.push(sample);
        yield* of(own);
    };
    return { name, sources, languages, samples };
}

async function analysed(engine: Engine, corpus: Corpus, folder: string): Promise<NeuronAnalysis> {
    const { activations } = await collect({ engine, corpus, folder });
    return identify(activations, { topRate: 0.02, minRouted: 0 });
}

async function allOf(path: string): Promise<NeuronExamples[]> {
    const found: NeuronExamples[] = [];
    for await (const one of readExamples(path)) found.push(one);
    return found;
}

interface Active {
    readonly text: number;
    readonly position: number;
    readonly value: number;
    readonly response: string;
    readonly tokens: Int32Array;
    readonly values: readonly number[];
}

/** Every token for which each neuron is active, from all that `watch` gives. */
async function activeTokens(engine: Engine, corpus: Corpus, neurons: readonly NeuronIndex[]) {
    const found = new Map<string, Active[][]>();
    for (const language of corpus.languages) {
        const own: Active[][] = neurons.map(() => []);
        for await (const { text: response, tokens, values, place } of engine.watch(corpus.samples(language), {
            neurons,
        })) {
            for (const [j, list] of own.entries()) {
                const column = Array.from(tokens, (_, t) => values[t * neurons.length + j]!);
                for (const [position, value] of column.entries())
                    if (value > 0) list.push({ text: place, position, value, response, tokens, values: column });
            }
        }
        found.set(language, own);
    }
    return found;
}

describe.each(['dense', 'experts'] as const)('examples of a model, %s', (kind) => {
    it('are what watching every token gives', async () => {
        const model = join(root, 'experts.gguf');
        if (kind === 'experts') await writeUpcycled(embeddedModel, model, 8);
        const engine = await opened(kind === 'experts' ? model : embeddedModel);
        // 25 texts in one language, 6 in the other: enough texts for all examples, and too few.
        const corpus = await corpusOf('1-25', (samples) =>
            samples
                .slice(0, samples[0]!.language === 'zh' ? 6 : samples.length)
                .map((sample) => ({ ...sample, response: sample.response.slice(0, 100) })),
        );
        const folder = join(root, kind);
        const analysis = await analysed(engine, corpus, folder);
        const { path, head } = await collectExamples({ engine, corpus, analysis, folder, general: 5, seed: 7 });
        const { specific, related, general } = analysis.neurons;
        const selected = new Set([...Object.values(specific), ...Object.values(related)].flat().map(String));
        expect(selected.size).toBeGreaterThan(20);
        expect(head.neurons.length).toBe(selected.size + Math.min(5, general.length));
        for (const neuron of selected) expect(head.neurons.map(String)).toContain(neuron);

        const active = await activeTokens(engine, corpus, head.neurons);
        const texts = await engine.tokenTexts();
        const found = await allOf(path);
        let [few, many] = [0, 0];
        for (const [j, { languages, kinds, sample }] of found.entries()) {
            const positive: (Active & { readonly language: string })[] = [];
            for (const language of corpus.languages) {
                const list = active.get(language)![j]!;
                positive.push(...list.map((one) => ({ ...one, language })));
                const given = languages[language];
                expect(given?.active ?? 0).toBe(list.length);
                if (given === undefined) continue;
                expect(given.histogram.reduce((sum, n) => sum + n, 0)).toBe(list.length);
                const inBins = [...given.histogram.keys()].map((bin) => {
                    const [from, to] = [head.edges[bin]!, head.edges[bin + 1] ?? Infinity];
                    return list.filter(({ value }) => value >= from && value < to).length;
                });
                expect([...given.histogram]).toEqual(inBins);
                const byValue = [...list].sort((a, b) => b.value - a.value);
                const firsts = byValue.filter((one, i) => byValue.findIndex(({ text }) => text === one.text) === i);
                const others = byValue.filter((one) => !firsts.includes(one));
                const wanted = [...firsts, ...others].slice(0, 20).sort((a, b) => b.value - a.value);
                if (firsts.length < 20) few++;
                else many++;
                expect(given.strongest.map(({ value }) => value)).toEqual(wanted.map(({ value }) => value));
                const shown = given.strongest.map(({ text, position, value, tokens, values, at }) => ({
                    ...{ text, position, value, at, values },
                    bytes: Buffer.concat(tokens.map(bytesOf)).toString('hex'),
                }));
                const around = given.strongest.map(({ text, position }) => {
                    const of = list.find((one) => one.text === text && one.position === position)!;
                    const [from, to] = [Math.max(0, position - 12), position + 13];
                    return {
                        ...{ text, position, value: of.value, at: position - from },
                        values: of.values.slice(from, to).map((one) => (one > 0 ? Number(one.toPrecision(2)) : 0)),
                        bytes: texts.allBytesOf(of.tokens.subarray(from, to), true).toString('hex'),
                    };
                });
                expect(shown).toEqual(around);
            }
            const sums = Object.values(kinds);
            expect(sums.reduce((sum, one) => sum + one.active, 0)).toBe(positive.length);
            const total = positive.reduce((sum, { value }) => sum + value, 0);
            expect(sums.reduce((sum, one) => sum + one.sum, 0) * 2 ** -20).toBeCloseTo(total, 2);

            const keys = new Map(sample.map(({ language, text, key }) => [`${language} ${text}`, key] as const));
            const watched = sample.map(
                ({ language, text, position }) =>
                    positive.find((o) => o.language === language && o.text === text && o.position === position)!.value,
            );
            expect(sample.map(({ value }) => value)).toEqual(watched);
            expect(sample.length).toBe(Math.min(25, positive.length));
            expect(new Set(sample.map(({ key, position }) => `${key} ${position}`)).size).toBe(sample.length);
            expect(keys.size).toBeGreaterThan(0);
            for (let q = 1; q < 5; q++) {
                const of = (quantile: number): number[] =>
                    sample.filter((one) => one.quantile === quantile).map(({ value }) => value);
                expect(Math.max(...of(q), 0)).toBeLessThanOrEqual(Math.min(...of(q + 1)));
            }
        }
        expect([few, many].every((n) => n > 0)).toBe(true);
        expect(await readExamplesHead(path)).toEqual(head);
    });
});

/** The bytes of a token's text. */
function bytesOf(text: string): Buffer {
    return Buffer.concat(
        Array.from(text, (one) => {
            const unit = one.charCodeAt(0);
            return one.length === 1 && unit >= 0xdc80 && unit <= 0xdcff ? Buffer.of(unit & 0xff) : Buffer.from(one);
        }),
    );
}

describe('the parts of one piece of work', () => {
    it('merge to the bytes of the whole, in any division', async () => {
        const layer = join(root, 'layer.gguf');
        await writeFirstLayer(layer);
        const engine = await opened(layer);
        // Several chunks in one language; each text twice, so that the same ones meet in different shards.
        const corpus = await corpusOf('1-6', function* (samples) {
            const times = samples[0]!.language === 'en' ? 80 : 1;
            for (let i = 0; i < times; i++)
                for (const sample of samples) yield { ...sample, response: `${sample.response} ${i % 40}` };
        });
        const whole = join(root, 'whole');
        const analysis = await analysed(engine, corpus, whole);
        const collectShard = (folder: string, number: number, total: number) =>
            collectExamples({ engine, corpus, analysis, folder, shard: { number, total } });
        const { path } = await collectExamples({ engine, corpus, analysis, folder: whole });
        for (const total of [2, 3]) {
            const folder = join(root, `of-${total}`);
            const out = join(root, `merged-${total}`);
            for (let number = total; number > 1; number--) await collectShard(folder, number, total);
            await expect(merge([folder], { folder: out })).rejects.toMatchObject({
                code: 'MISMATCH',
                message: `the shards cannot be merged: shard 1 of ${total} is missing; make it first`,
            });
            await collectShard(folder, 1, total);
            const [merged] = await merge([folder], { folder: out });
            expect(merged).toMatchObject({ wasThere: false, path: examplesPath(out) });
            expect(await readExamplesHead(examplesPath(out))).toEqual(await readExamplesHead(path));
            expect(await allOf(examplesPath(out))).toEqual(await allOf(path));
            expect(readFileSync(examplesPath(out)).equals(readFileSync(path))).toBe(true);
            expect(readdirSync(folder).filter((name) => name === 'parts')).toEqual([]);
        }
        await expect(collectExamples({ engine, corpus, analysis, folder: whole, seed: 2 })).rejects.toMatchObject({
            code: 'MISMATCH',
            message: expect.stringContaining('`force`') as string,
        });
        expect((await collectExamples({ engine, corpus, analysis, folder: whole })).wasThere).toBe(true);
    });
});

describe('the draw', () => {
    it('takes each token as likely as any other', () => {
        const bins = new Array<number>(10).fill(0);
        for (let key = 0; key < 100; key++)
            for (let position = 0; position < 1000; position++) bins[Math.floor(10 * priorityOf(key, position, 1))]!++;
        // Binomial: 10,000 of 100,000 in each, standard deviation 95.
        for (const n of bins) expect(Math.abs(n - 10_000)).toBeLessThan(500);
        expect(priorityOf(5, 6, 1)).not.toBe(priorityOf(5, 6, 2));
    });
});
