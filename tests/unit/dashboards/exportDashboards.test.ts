import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { exportDashboards } from '../../../src/dashboards/exportDashboards.js';
import { neuronpediaBatch } from '../../../src/dashboards/neuronpedia.js';
import { storedToken } from '../../../src/support/storedToken.js';
import { writeEffects } from '../../../src/effects/effectsFile.js';
import { examplesPath, type ExamplesHead, writeExamples } from '../../../src/examples/examplesFile.js';
import { type NeuronExamples, noExamples } from '../../../src/examples/NeuronExamples.js';
import { tokenText } from '../../../src/support/tokenText.js';
import { writeNeurons } from '../../../src/neurons/analysis/neuronsFile.js';
import { someActivations, someAnalysis } from '../../helpers/exploredRun.js';
import { temporaryFolder } from '../../helpers/temporaryFolder.js';

/** A Python with SAEDashboard, without what it depends on: `.ci/run programs` makes it. */
const saeDashboard = ['.cache/sae-dashboard/bin/python'].find(existsSync);
/** Reads batches by the published classes; they must write what they read. The package itself would load PyTorch. */
const readAndWrite = `
import importlib.util, json, sys
from pathlib import Path
package = Path(importlib.util.find_spec('sae_dashboard').origin).parent
path = package / 'neuronpedia' / 'neuronpedia_dashboard.py'
spec = importlib.util.spec_from_file_location('dashboard', path)
dashboard = importlib.util.module_from_spec(spec)
spec.loader.exec_module(dashboard)
for file in sys.argv[1:]:
    given = json.loads(Path(file).read_text())
    assert dashboard.NeuronpediaDashboardBatch(**given).to_dict() == given, file
print(len(sys.argv) - 1)
`;

const numbers = z.array(z.number());
const texts = z.array(z.string());
const whole = z.array(z.int());

/**
 * SAEDashboard's `NeuronpediaDashboardBatch.to_dict`: jbloomAus/SAEDashboard,
 * sae_dashboard/neuronpedia/neuronpedia_dashboard.py (read 2026-11-29, commit of 2026-05-11). Strict: its classes take
 * no other field (`NeuronpediaDashboardFeature(**feature)`).
 */
const saeDashboardShape = z.strictObject({
    model_id: z.string(),
    layer: z.int(),
    sae_set: z.string(),
    sae_id_suffix: z.string().nullable(),
    features: z.array(
        z
            .strictObject({
                feature_index: z.int(),
                ...{ neuron_alignment_indices: whole, neuron_alignment_values: numbers, neuron_alignment_l1: numbers },
                ...{ correlated_neurons_indices: whole, correlated_neurons_l1: numbers },
                ...{ correlated_neurons_pearson: numbers, correlated_features_indices: whole },
                ...{ correlated_features_l1: numbers, correlated_features_pearson: numbers },
                ...{ neg_str: texts, neg_values: numbers, pos_str: texts, pos_values: numbers },
                frac_nonzero: z.number().min(0).max(1),
                ...{ freq_hist_data_bar_values: numbers, freq_hist_data_bar_heights: numbers },
                ...{ logits_hist_data_bar_heights: numbers, logits_hist_data_bar_values: numbers },
                ...{ n_prompts_total: z.int(), n_tokens_in_prompt: z.int(), dataset: z.string() },
                ...{ decoder_weights_dist: numbers, vector: numbers },
                activations: z.array(
                    z
                        .strictObject({
                            ...{ bin_min: z.number(), bin_max: z.number(), bin_contains: z.number() },
                            ...{ tokens: texts.min(1), values: numbers.min(1), qualifying_token_index: z.int() },
                        })
                        .refine(({ tokens, values }) => tokens.length === values.length),
                ),
            })
            .refine(
                (one) =>
                    one.neg_str.length === one.neg_values.length &&
                    one.pos_str.length === one.pos_values.length &&
                    one.freq_hist_data_bar_values.length === one.freq_hist_data_bar_heights.length,
            ),
    ),
});

const logits = z.array(z.strictObject({ token: z.string().min(1), value: z.number() })).max(20);
const bound = z.number().max(99_999_999).optional();
/**
 * Neuronpedia's `uploadBatchSchema` and the checks behind it: hijohnnylin/neuronpedia,
 * apps/webapp/app/api/feature/upload-batch/route.tsx (read 2026-11-29, commit of 2026-08-20). Its
 * `string().required()` refuses empty texts.
 */
const neuronpediaShape = z.strictObject({
    modelId: z.string().min(1).lowercase(),
    source: z.string().min(1).lowercase(),
    features: z
        .array(
            z.strictObject({
                index: z.int().min(0).max(10_000_000),
                density: z.number().min(0).max(1),
                topLogits: logits,
                bottomLogits: logits,
                explanations: z.array(z.strictObject({ text: z.string().min(1).max(512) })),
                activations: z
                    .array(
                        z
                            .strictObject({
                                tokens: z.array(z.string().min(1)).min(1).max(1024),
                                values: numbers.min(1).max(1024),
                                ...{ quantileMax: bound, quantileMin: bound },
                                quantileFraction: z.number().min(0).max(1).optional(),
                            })
                            .refine(({ tokens, values }) => tokens.length === values.length),
                    )
                    .min(1),
            }),
        )
        .min(1)
        .max(128)
        .refine((features) => new Set(features.map(({ index }) => index)).size === features.length),
});

const activations = someActivations('Some Model 1.5B (Q4)');
const analysis = someAnalysis(activations);
const edges = [0, 0.5, 1, 2];
const example = (value: number, tokens: readonly string[], at: number) => ({
    ...{ text: 0, key: 1, position: at, value, tokens, at },
    values: tokens.map((_, i) => (i === at ? Number(value.toPrecision(2)) : 0)),
});
const active: NeuronExamples = {
    languages: {
        en: { active: 3, histogram: [1, 0, 2, 0], strongest: [example(1.2345, [' the', '\u0000', ''], 0)] },
        zh: {
            active: 1,
            histogram: [1, 0, 0, 0],
            strongest: [example(1.5, ['漢', tokenText(Uint8Array.of(0xe4))], 1)],
        },
    },
    kinds: {},
    wordBeginnings: { active: 0, sum: 0 },
    sample: [
        { ...example(0.3, ['low'], 0), language: 'en', quantile: 1 },
        { ...example(0.1, ['least'], 0), language: 'en', quantile: 1 },
        { ...example(1.1, ['high'], 0), language: 'en', quantile: 5 },
    ],
};

interface Made {
    readonly folder: string;
    readonly out: string;
}

/** A run folder with examples of 140 dense neurons, of which one is never active, and of three others. */
async function made(): Promise<Made> {
    const folder = temporaryFolder();
    const dense = Array.from({ length: 140 }, (_, index): [number, number] => [0, index]);
    const head: ExamplesHead = {
        languages: ['en', 'zh'],
        sites: activations.sites!,
        neurons: [...dense, [2, 125], [3, 7], [4, 154]],
        edges,
        seed: 1,
        tokens: { en: 30, zh: 10 },
        kinds: {},
        wordBeginnings: 0,
        ...{ vocabulary: [], strongest: [] },
        source: activations.source,
        key: 'k',
        done: {},
    };
    const examples = head.neurons.map(([site, index]) => (site === 0 && index === 3 ? noExamples : active));
    await writeExamples(examplesPath(folder), head, examples);
    await writeNeurons(join(folder, 'neurons.json'), analysis);
    const out = join(temporaryFolder(), 'out');
    mkdirSync(out);
    return { folder, out };
}

/** The language that a neuron is specific to, if any. */
function specificTo(site: number, index: number): string[] {
    return Object.entries(analysis.neurons.specific).flatMap(([language, list]) =>
        list.some(([s, i]) => s === site && i === index) ? [language] : [],
    );
}

const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

describe("neurons as others' dashboards take them", () => {
    it('Neuronpedia: at most 128 of a source a file, by its own checks', async () => {
        const { folder, out } = await made();
        const written = await exportDashboards(folder, out);
        expect(written).toMatchObject({ neurons: 142, never: 1, effects: false });
        expect(written.files.map((path) => relative(out, path).replaceAll('\\', '/'))).toEqual([
            '0-language-neurons/batch-0.json',
            '0-language-neurons/batch-1.json',
            '2-language-neurons__routed/batch-0.json',
            '2-language-neurons__shared/batch-0.json',
            '3-language-neurons/batch-0.json',
        ]);
        const batches = written.files.map((path) => neuronpediaShape.parse(read(path)));
        expect(batches.map(({ features }) => features.length)).toEqual([128, 11, 1, 1, 1]);
        expect(batches[0]).toMatchObject({ modelId: 'some-model-1.5b-q4', source: '0-language-neurons' });
        expect(batches[2]!.features[0]!.index).toBe(125); // neuron 5 of expert 3
        const [first] = batches[0]!.features;
        expect(first).toMatchObject({ index: 0, density: 0.1 });
        const described = new Set<string>();
        for (const { index, explanations } of batches.slice(0, 2).flatMap(({ features }) => features)) {
            const specific = specificTo(0, index);
            const isGeneral = analysis.neurons.general.some(([site, other]) => site === 0 && other === index);
            const words = isGeneral ? 'general: high in every language' : `specific to ${specific.join()}`;
            const isNone = specific.length === 0 && !isGeneral;
            expect(explanations).toEqual(isNone ? [] : [{ text: words }]);
            described.add(isNone ? 'none' : isGeneral ? 'general' : 'specific');
        }
        expect([...described].sort()).toEqual(['general', 'none', 'specific']);
        expect(batches[4]!.features[0]!.explanations).toEqual([{ text: 'related to zh, ar' }]);
        expect(first!.activations).toEqual([
            { tokens: ['漢', '<0xE4>'], values: [0, 1.5] },
            { tokens: [' the', '<0x00>', '<empty>'], values: [1.234, 0, 0] },
            { tokens: ['high'], values: [1.1], quantileMin: 1.1, quantileMax: 1.1, quantileFraction: 0.2 },
            { tokens: ['low'], values: [0.3], quantileMin: 0.1, quantileMax: 0.3, quantileFraction: 0.2 },
            { tokens: ['least'], values: [0.1], quantileMin: 0.1, quantileMax: 0.3, quantileFraction: 0.2 },
        ]);
    });

    it('SAEDashboard: the fields of its batch, with the tokens that neurons raise and lower', async () => {
        const { folder, out } = await made();
        await writeEffects(folder, {
            model: 'f',
            tokens: { 5: ' house', 6: '\udce4\udcb8' },
            neurons: [{ neuron: [0, 0], raised: [[5, 2.5]], lowered: [[6, -1.5]] }],
        });
        const options = { form: 'saedashboard', modelId: 'm', sourceSet: 'set' } as const;
        const { files, effects } = await exportDashboards(folder, out, options);
        expect(effects).toBe(true);
        const [batch] = files.map((path) => saeDashboardShape.parse(read(path)));
        expect(batch).toMatchObject({ model_id: 'm', layer: 0, sae_set: 'set', sae_id_suffix: null });
        const [first, second] = batch!.features;
        expect(first).toMatchObject({
            ...{ pos_str: [' house'], pos_values: [2.5], neg_str: ['<0xE4><0xB8>'], neg_values: [-1.5] },
            ...{ frac_nonzero: 0.1, freq_hist_data_bar_values: [0.25, 0.75, 1.5] },
            ...{ freq_hist_data_bar_heights: [2, 0, 2], n_tokens_in_prompt: 25 },
        });
        expect(
            first!.activations.map(({ bin_min, bin_max, bin_contains }) => [bin_min, bin_max, bin_contains]),
        ).toEqual([
            ...[
                [-1, 1.5, -1],
                [-1, 1.5, -1],
            ],
            ...[
                [1.1, 1.1, 0.2],
                [0.1, 0.3, 0.2],
                [0.1, 0.3, 0.2],
            ],
        ]);
        expect(first!.activations[0]!.qualifying_token_index).toBe(1);
        expect(second!.pos_str).toEqual([]);
    });

    it.skipIf(saeDashboard === undefined)(
        "SAEDashboard's own classes read it and write the same (skipped without .cache/sae-dashboard)",
        async () => {
            const { folder, out } = await made();
            const { files } = await exportDashboards(folder, out, { form: 'saedashboard' });
            expect(files.length).toBe(5);
            expect(execFileSync(saeDashboard!, ['-c', readAndWrite, ...files], { encoding: 'utf8' })).toBe('5\n');
        },
    );

    it('a neuron of very many languages has an explanation as long as Neuronpedia takes', () => {
        const described = `related to ${Array.from({ length: 204 }, (_, i) => `l${i}_Latn`).join(', ')}`;
        const neuron = { index: 0, density: 0.5, raised: [], lowered: [], histogram: [1], edges: [0], described };
        const site = { layer: 0, kind: 'dense' as const };
        const excerpts = [{ tokens: ['a'], values: [1], at: 0, quantile: undefined }];
        const names = { modelId: 'm', sourceSet: 's', suffix: undefined, source: '0-s', dataset: 'd' };
        const made = neuronpediaBatch({ ...names, site, neurons: [{ ...neuron, excerpts }] });
        const [text] = neuronpediaShape.parse(made).features[0]!.explanations.map((one) => one.text);
        expect(text).toMatch(/^related to l0_Latn, .*…$/);
        expect(text).toHaveLength(512);
    });

    it.each([{ modelId: 'Gemma' }, { sourceSet: 'my set' }, { sourceSet: 'set__routed' }, { sourceSet: '' }])(
        'a name that they would take for another is refused: %j',
        async (options) => {
            const { folder, out } = await made();
            await expect(exportDashboards(folder, out, options)).rejects.toMatchObject({ code: 'WRONG_USE' });
        },
    );

    it('says what is missing or of another model', async () => {
        const { folder, out } = await made();
        await writeEffects(folder, { model: 'another', tokens: {}, neurons: [] });
        await expect(exportDashboards(folder, out)).rejects.toMatchObject({ code: 'MISMATCH' });
        const bare = temporaryFolder();
        await writeNeurons(join(bare, 'neurons.json'), analysis);
        await expect(exportDashboards(bare, out)).rejects.toThrow('run examples first');
    });

    it('every byte and unpaired unit has a name, so that databases of text take it', () => {
        for (let byte = 0; byte < 256; byte++) {
            const shown = storedToken(tokenText(Uint8Array.of(byte)));
            expect(Buffer.from(shown).toString()).toBe(shown); // no lone surrogate
            expect(shown).not.toContain('\u0000');
            expect(shown.length).toBeGreaterThan(0);
        }
    });
});
