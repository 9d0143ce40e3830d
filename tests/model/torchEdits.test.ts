import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ActivationValues } from '../../src/activations/ActivationValues.js';
import type { Activations } from '../../src/activations/Activations.js';
import type { TextEdit } from '../../src/engine/types/edits.js';
import type { Engine } from '../../src/engine/Engine.js';
import type { CountResult } from '../../src/engine/types/engineTypes.js';
import { MeasuredEngine } from '../helpers/MeasuredEngine.js';
import { compileInterventions } from '../../src/interventions/compile.js';
import type { Intervention } from '../../src/interventions/Intervention.js';
import type { NeuronIndex } from '../../src/neurons/analysis/NeuronAnalysis.js';
import { embeddedModel } from '../helpers/models.js';
import { writeUnquantized } from '../helpers/unquantized.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const python = process.env['LANGUAGE_NEURONS_PYTHON'] ?? 'python3';
const hasTorch = spawnSync(python, ['-c', 'import torch, transformers, accelerate, gguf']).status === 0;
const script = fileURLToPath(new URL('../helpers/torch_edits.py', import.meta.url));

/** PyTorch's answers to requests, one after another. */
function torchEdits(model: string): { ask(request: unknown): Promise<TorchAnswer>; close(): void } {
    const child = spawn(python, [script, model], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const loaded = lines.next();
    return {
        async ask(request) {
            await loaded;
            child.stdin.write(`${JSON.stringify(request)}\n`);
            return JSON.parse(String((await lines.next()).value)) as TorchAnswer;
        },
        close: () => void child.kill(),
    };
}
interface TorchAnswer {
    readonly means: readonly (readonly number[])[];
    readonly percentiles: readonly (readonly (readonly number[])[])[];
    readonly logProbabilities: readonly number[];
    readonly greedy: readonly number[];
}

/** What PyTorch does at tokens from <= position < to, [layers][neurons]. */
interface TorchEdit {
    readonly from: number;
    readonly to: number | null;
    readonly factors: readonly (readonly number[])[];
    readonly offsets: readonly (readonly number[])[];
}

/** What PyTorch is to do to each layer, beside the interventions of ours that should do the same. */
interface Case {
    readonly interventions: readonly Intervention[];
    readonly torch: readonly { from: number; to: number | null; factor: number; offset: number }[];
}

const [layers, width] = [6, 1024];
const neurons = Array.from({ length: layers }, (_, layer) =>
    Array.from({ length: 60 }, (_, j): NeuronIndex => [layer, 17 * j + layer]),
).flat();
const promptLength = 8;
const all = { from: 0, to: null };
const cases: Record<string, Case> = {
    'the whole model': { interventions: [], torch: [] },
    zero: { interventions: [{ neurons, op: 'zero' }], torch: [{ ...all, factor: 0, offset: 0 }] },
    'zero, half of the way': {
        interventions: [{ neurons, op: 'zero', strength: 0.5 }],
        torch: [{ ...all, factor: 0.5, offset: 0 }],
    },
    scale: { interventions: [{ neurons, op: 'scale', value: 2 }], torch: [{ ...all, factor: 2, offset: 0 }] },
    add: { interventions: [{ neurons, op: 'add', value: 0.4 }], torch: [{ ...all, factor: 1, offset: 0.4 }] },
    'replace, 0.8 of the way': {
        interventions: [{ neurons, op: 'replace', value: 0.25, strength: 0.8 }],
        torch: [{ ...all, factor: 1 - 0.8, offset: 0.8 * 0.25 }],
    },
    'one after another, in the prompt and behind it': {
        interventions: [
            { neurons, op: 'scale', value: 1.5, where: 'prompt' },
            { neurons, op: 'add', value: -0.3, where: 'response' },
            { neurons, op: 'scale', value: 2, where: { from: -3, to: 30 } },
        ],
        torch: [
            { from: 0, to: promptLength, factor: 1.5, offset: 0 },
            { from: promptLength, to: null, factor: 1, offset: -0.3 },
            { from: promptLength - 3, to: 30, factor: 2, offset: 0 },
        ],
    },
};

describe.skipIf(!hasTorch)(`interventions against PyTorch's hooks (skipped without torch in ${python})`, () => {
    const folder = temporaryFolder();
    let model: string;
    let engine: Engine;
    let torch: ReturnType<typeof torchEdits>;
    let tokens: Int32Array;
    beforeAll(async () => {
        model = await writeUnquantized(embeddedModel, join(folder, 'unquantized.gguf'));
        torch = torchEdits(model);
        engine = await MeasuredEngine.open({ model, gpu: 'off', f32Cache: true });
        const text = 'The farmer reads a long book in the old house, and the teacher writes to her friends.';
        const { bos } = engine.info;
        tokens = Int32Array.from([...(bos >= 0 ? [bos] : []), ...(await engine.tokenize(text))]);
    });
    afterAll(() => {
        torch.close();
        engine.close();
    });

    /** Values of several texts, each as a language of its own. */
    async function valuesOf(texts: Readonly<Record<string, readonly number[]>>): Promise<ActivationValues> {
        const valued = await MeasuredEngine.open({ model, gpu: 'off', values: true, f32Cache: true });
        const found: CountResult[] = [];
        for (const text of Object.values(texts))
            found.push(await valued.count([{ tokens: Int32Array.from(text), promptLength: 0, characters: 0 }]));
        const { binEdges: edges, sites } = valued;
        valued.close();
        const join = (lists: readonly BigInt64Array[]): BigInt64Array =>
            BigInt64Array.from({ length: lists.length * lists[0]!.length }, (_, i) => {
                return lists[i % lists.length]![Math.floor(i / lists.length)]!;
            });
        const histograms = sites.map((site, i) => {
            const bins = new Uint32Array(site.width * found.length * edges.length);
            for (const [k, { histograms: of }] of found.entries()) {
                for (let j = 0; j < site.width; j++) {
                    const column = of[i]!.subarray(j * edges.length, (j + 1) * edges.length);
                    bins.set(column, (j * found.length + k) * edges.length);
                }
            }
            return bins;
        });
        return new ActivationValues({
            languages: Object.keys(texts),
            sites,
            counts: sites.map((_, i) => join(found.map(({ counts }) => counts[i]!))),
            tokens: BigInt64Array.from(found, ({ tokens: counted }) => counted),
            values: { sums: sites.map((_, i) => join(found.map(({ sums }) => sums[i]!))), histograms, edges },
            source: { model: {}, dataset: {}, versions: {} } as Activations['source'],
        });
    }

    /** Scores and greedy tokens under an edit are PyTorch's under its own. */
    async function expectSame(edit: TextEdit, edits: readonly TorchEdit[]): Promise<void> {
        const theirs = await torch.ask({ tokens: [...tokens], prompt: promptLength, edits, greedy: 40 });
        const lead = leadOf();
        const sample = { tokens: tokens.subarray(lead), promptLength: promptLength - lead, characters: 0 };
        const { logProbability } = await engine.score([sample], { edit });
        const expected = theirs.logProbabilities.slice(promptLength - 1).reduce((sum, one) => sum + one, 0);
        expect(Math.abs(logProbability - expected)).toBeLessThan(1e-4 * (tokens.length - promptLength));

        const vocabulary = engine.info.vocabulary;
        const logits = await engine.logits(tokens.subarray(lead, promptLength), { edit });
        const last = logits.subarray((promptLength - 1) * vocabulary);
        expect(last.indexOf(Math.max(...last))).toBe(theirs.greedy[0]);

        const prompt = { id: 0, text: tokens.subarray(0, promptLength) };
        for await (const answer of engine.generate([prompt], { edits: [edit], maxTokens: 40 })) {
            const said = await engine.tokenize(answer.text);
            expect(answer.tokens).toBeGreaterThan(4);
            const same = await detokenized(engine, theirs.greedy.slice(0, answer.tokens));
            expect(answer.text).toBe(same);
            expect(said.length).toBeGreaterThan(0);
        }
    }

    /** BOS is put before where it is not there, and belongs to the prompt. */
    const leadOf = (): number => (tokens[0] === engine.info.bos ? 1 : 0);

    it('finds the same means and percentiles of activations', async () => {
        const text = Array.from({ length: 12 }, () => [...tokens]).flat();
        const lead = leadOf();
        const percents = [50, 90];
        const theirs = await torch.ask({ tokens: text, from: lead, percents });
        const found = await valuesOf({ en: text.slice(lead) });
        let between = 0;
        for (let site = 0; site < layers; site++) {
            for (let index = 0; index < width; index++) {
                expect(Math.abs(found.mean(site, index, 0) - theirs.means[site]![index]!)).toBeLessThan(1e-5);
                for (const [i, percent] of percents.entries()) {
                    const [ours, exact] = [
                        found.percentile(site, index, percent, 0),
                        theirs.percentiles[i]![site]![index]!,
                    ];
                    // A bin is a quarter of its value wide at most, half of a negative one, and 2^-6 around 0.
                    if (Math.abs(ours - exact) < 0.016 + 0.5 * Math.abs(exact)) between++;
                }
            }
        }
        // An exact percentile between two far activations lies in neither's bin.
        expect(between / (layers * width * percents.length)).toBeGreaterThan(0.98);
    });

    it('diffmean and mean, by the means of two texts', async () => {
        const lead = leadOf();
        const [en, de] = [[...tokens], [...tokens].reverse()];
        if (lead === 1) de.unshift(de.pop()!); // BOS first again
        const values = await valuesOf({ en: en.slice(lead), de: de.slice(lead) });
        const [ofEn, ofDe] = [
            (await torch.ask({ tokens: en, from: lead, percents: [50] })).means,
            (await torch.ask({ tokens: de, from: lead, percents: [50] })).means,
        ];
        const sizes = engine.sites.map((site) => site.width);
        const rows = (of: (site: number, index: number) => number, otherwise: number): number[][] => {
            const all = sizes.map((size) => Array<number>(size).fill(otherwise));
            for (const [site, index] of neurons) all[site]![index] = of(site, index);
            return all;
        };
        const ones = rows(() => 1, 1);
        const difference = rows((site, index) => 2 * (ofDe[site]![index]! - ofEn[site]![index]!), 0);
        const diffmean: Intervention = { neurons, op: 'diffmean', value: 'mean:de', strength: 2 };
        await expectSame(compileInterventions([diffmean], { sites: engine.sites, values }), [
            { ...all, factors: ones, offsets: difference },
        ]);
        await expectSame(
            compileInterventions([{ neurons, op: 'replace', value: 'mean:de' }], { sites: engine.sites, values }),
            [{ ...all, factors: rows(() => 0, 1), offsets: rows((site, index) => ofDe[site]![index]!, 0) }],
        );
    });

    it.each(Object.entries(cases))('%s', async (_name, { interventions, torch: wanted }) => {
        const sizes = engine.sites.map((site) => site.width);
        expect(sizes).toEqual(Array(layers).fill(width));
        const rows = (of: number, otherwise: number): number[][] => {
            const all = sizes.map((size) => Array<number>(size).fill(otherwise));
            for (const [layer, neuron] of neurons) all[layer]![neuron] = of;
            return all;
        };
        await expectSame(
            compileInterventions(interventions, engine),
            wanted.map(({ from, to, factor, offset }) => ({
                from,
                to,
                factors: rows(factor, 1),
                offsets: rows(offset, 0),
            })),
        );
    });
});

/** PyTorch's tokens as our engine writes them. */
async function detokenized(engine: Engine, tokens: readonly number[]): Promise<string> {
    const { passes } = engine as unknown as {
        passes: { model: { detokenize(lists: readonly Int32Array[]): Promise<string[]> } };
    };
    return (await passes.model.detokenize([Int32Array.from(tokens)]))[0]!;
}
