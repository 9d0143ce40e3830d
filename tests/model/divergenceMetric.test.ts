import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Activations } from '../../src/activations/Activations.js';
import { collect } from '../../src/activations/collect.js';
import { surveyCorpus } from '../../src/activations/surveyCorpus.js';
import type { Corpus } from '../../src/corpus/Corpus.js';
import { openCorpus } from '../../src/data/openCorpus.js';
import { Engine } from '../../src/engine/Engine.js';
import type { EngineOptions } from '../../src/engine/types/engineTypes.js';
import { quantizeFile } from '../../src/engine/quantize.js';
import { compare } from '../../src/experiments/comparisons/compare.js';
import { deactivate } from '../../src/experiments/deactivate.js';
import type { DeactivationMatrix } from '../../src/experiments/results/DeactivationMatrix.js';
import { kl } from '../../src/experiments/textMetrics/divergence.js';
import { dosePoints } from '../../src/experiments/resultFiles/doseTable.js';
import { intervene } from '../../src/experiments/intervene.js';
import type { TextMetricOptions } from '../../src/experiments/metric/Metric.js';
import { perplexityMetric } from '../../src/experiments/textMetrics/perplexity.js';
import { modelState, wholeModel } from '../../src/interventions/ModelState.js';
import { identify } from '../../src/neurons/classes/identify.js';
import type { NeuronAnalysis } from '../../src/neurons/analysis/NeuronAnalysis.js';
import { writeNeurons } from '../../src/neurons/analysis/neuronsFile.js';
import { neuronsOf } from '../../src/neurons/sets/neuronsOf.js';
import { rankNeurons } from '../../src/neurons/scores/rankNeurons.js';
import { reportOn } from '../../src/report/reportOn.js';
import { merge } from '../../src/run/merge.js';
import { run } from '../../src/run/run.js';
import type { RunConfig } from '../../src/run/RunConfig.js';
import { silent } from '../../src/support/progress.js';
import { commandHere } from '../helpers/commandHere.js';
import { embeddedModel } from '../helpers/models.js';
import { writeWidths } from '../helpers/syntheticModels.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';
import { writeUnquantized } from '../helpers/unquantized.js';

const root = temporaryFolder();
const at = (...names: string[]): string => join(root, ...names);
const languages = ['en', 'de', 'zh'];
const options: EngineOptions = { model: embeddedModel, gpu: 'off', threads: 1 };

let corpus: Corpus;
let activations: Activations;
let analysis: NeuronAnalysis;
let unquantized: string;
beforeAll(async () => {
    corpus = await openCorpus('udhr:3-5', { languages });
    using engine = await Engine.open(options);
    ({ activations } = await collect({ engine, corpus, folder: at('whole') }));
    analysis = identify(activations, { topRate: 0.1 });
    for (const folder of ['whole', 'divided']) {
        mkdirSync(at(folder), { recursive: true });
        await writeNeurons(at(folder, 'neurons.json'), analysis);
    }
    copyFileSync(at('whole', 'activations.safetensors'), at('divided', 'activations.safetensors'));
    unquantized = await writeUnquantized(embeddedModel, at('f32.gguf'));
});

/** A matrix in a folder, and how many cells were found finished. */
async function measured(
    engine: Engine,
    metric: TextMetricOptions = {},
    folder = 'whole',
): Promise<{ readonly matrix: DeactivationMatrix; readonly found: number }> {
    let found = 0;
    const note = (line: string): void => {
        found += Number(/continues after (\d+) finished cells/.exec(line)?.[1] ?? 0);
    };
    const { seconds: _, ...matrix } = await deactivate({
        ...{ engine, analysis, sets: ['specific'], controls: 2, folder: at(folder) },
        metric: kl.on(corpus, metric),
        progress: { ...silent, note },
    });
    return { matrix, found };
}

describe('an experiment of KL divergence', () => {
    /** The whole model, and own neurons and two controls of each language. */
    const cells = 3 * (1 + 3 * 3);

    it('is 0 for the whole model, and beside it the divergence that the engine gives', async () => {
        using engine = await Engine.open(options);
        const { matrix } = await measured(engine);
        const set = matrix.sets.specific!;
        expect(matrix.settings.reference).toBe(engine.fingerprint);
        expect(set.baseline).toEqual([0, 0, 0]);
        expect(set.intervals.baseline).toEqual(languages.map(() => [0, 0]));
        expect(set.shares!.sameTop!.baseline).toEqual([1, 1, 1]);
        for (const [r, language] of languages.entries()) {
            const state = modelState(
                { name: 'own', interventions: [{ op: 'zero', neurons: neuronsOf(analysis, language, 'specific') }] },
                { sites: engine.sites },
            );
            for (const [c, evaluated] of languages.entries()) {
                const samples = corpus.samples(evaluated);
                const score = await engine.score(samples, { edit: state.edit, reference: engine });
                expect(set.values[r]![c]).toBeCloseTo(score.divergence! / score.tokens, 12);
                expect(set.change[r]![c]).toBe(set.values[r]![c]);
                expect(set.shares!.sameTop!.values[r]![c]).toBeCloseTo(score.agreed! / score.tokens, 12);
                expect(set.samples[r]![c]).toBe(score.tokens);
                const [low, high] = set.intervals.beyondControl[r]![c]!;
                expect(low).toBeLessThanOrEqual(set.beyondControl[r]![c]!);
                expect(high).toBeGreaterThanOrEqual(set.beyondControl[r]![c]!);
            }
            // What removes a language's neurons moves its own predictions most.
            expect(set.values[r]![r]).toBe(Math.max(...set.values[r]!));
            expect(set.change[r]![r]).toBeGreaterThan(set.control[r]![r]!);
        }
        const csv = readFileSync(at('whole', 'kl.matrix.csv'), 'utf8').trim().split('\n');
        const [header, first] = csv.map((line) => line.split(','));
        expect(header).toContain('sameTop');
        expect(first![header!.indexOf('relative')]).toBe(''); // no fraction of 0
        expect(csv).toHaveLength(1 + 9);
    });

    it('reads texts that were surveyed before only to score them', async () => {
        using engine = await Engine.open(options);
        let read = 0;
        const counted: Corpus = {
            ...corpus,
            samples(language) {
                read++;
                return corpus.samples(language);
            },
        };
        const survey = await surveyCorpus(counted);
        expect(read).toBe(languages.length);
        const context = { engine, folder: at('surveyed'), known: [], progress: silent };
        mkdirSync(at('surveyed'));
        const found = await kl.on(counted, {}).measure([wholeModel], { ...context, survey });
        expect(read).toBe(2 * languages.length);
        // and finds its cells again where it surveys the texts itself
        const again = await kl.on(counted, {}).measure([wholeModel], context);
        expect(read).toBe(3 * languages.length);
        expect(again.plan).toEqual(found.plan);
        for (const language of languages)
            expect(again.cell(wholeModel, language)).toEqual(found.cell(wholeModel, language));
    });

    it('takes up finished cells of the same reference alone', async () => {
        using engine = await Engine.open(options);
        expect((await measured(engine)).found).toBe(cells);
        using twin = await Engine.open(options); // the same file
        expect((await measured(engine, { reference: twin })).found).toBe(cells);
        using reference = await Engine.open({ ...options, model: unquantized });
        const { matrix, found } = await measured(engine, { reference });
        expect(found).toBe(0);
        expect(matrix.settings.reference).toBe(reference.fingerprint);
        for (const value of matrix.sets.specific!.baseline) {
            expect(value).toBeGreaterThan(1e-6);
            expect(value).toBeLessThan(0.05);
        }
        expect((await measured(engine, { reference })).found).toBe(cells);
        using exact = await Engine.open({ ...options, model: unquantized, exact: true });
        expect((await measured(engine, { reference: exact })).found).toBe(0);
        // Perplexity is measured without a reference, and neither takes the other's cells.
        const notes: string[] = [];
        const progress = { ...silent, note: (line: string) => notes.push(line) };
        const experiment = { engine, analysis, sets: ['specific'] as const, controls: 2, folder: at('whole') };
        await deactivate({ ...experiment, metric: perplexityMetric(corpus), progress });
        expect(notes.join()).not.toContain('finished cells');
        expect((await measured(engine)).found).toBe(cells);
        await expect(
            deactivate({ ...experiment, metric: kl.on(corpus, { over: 'text' }), shard: { number: 1, total: 99 } }),
        ).resolves.toMatchObject({ wasThere: false });
        expect(() => perplexityMetric(corpus, { reference })).toThrow('it takes no `reference`');
    });

    it('is the same in shards, and has dose curves in nats', async () => {
        using engine = await Engine.open(options);
        await measured(engine);
        const experiment = { engine, analysis, sets: ['specific'] as const, controls: 2, folder: at('divided') };
        const metric = kl.on(corpus, {});
        for (const number of [2, 1]) await deactivate({ ...experiment, metric, shard: { number, total: 2 } });
        await merge([at('divided')], { folder: at('divided') });
        for (const ending of ['json', 'csv'])
            expect(readFileSync(at('divided', `kl.matrix.${ending}`), 'utf8')).toBe(
                readFileSync(at('whole', `kl.matrix.${ending}`), 'utf8'),
            );
        const doses = { shares: [0.01, 0.05], ranking: rankNeurons(activations, analysis) };
        const { curves } = await intervene({ engine, analysis, metric, controls: 1, doses, folder: at('whole') });
        const points = dosePoints(curves[0]!);
        for (const { language, share, inOwn } of points) {
            const { set } = curves[0]!.doses.find((dose) => dose.share === share)!;
            const [r, c] = [set.rows.indexOf(language), set.columns.indexOf(language)];
            expect(inOwn.own).toBe(set.values[r]![c]);
            expect(inOwn.own).toBeGreaterThan(0);
        }
    });

    it('is reported, and compared where both models have the same reference', async () => {
        using engine = await Engine.open(options);
        using reference = await Engine.open({ ...options, model: unquantized });
        const coarse = at('coarse.gguf');
        await quantizeFile({ input: unquantized, output: coarse, type: 'Q2_K' });
        using other = await Engine.open({ ...options, model: coarse });
        const shared = { analysis, sets: ['specific'] as const, controls: 1, otherModel: true };
        const of = async (model: Engine, beside?: Engine): Promise<DeactivationMatrix> => {
            const metric = kl.on(corpus, { reference: beside });
            return deactivate({ ...shared, engine: model, metric, folder: at(model === other ? 'coarse' : 'fine') });
        };
        const matricesOf = async (beside?: Engine): Promise<DeactivationMatrix[][]> => [
            [await of(engine, beside)],
            [await of(other, beside)],
        ];
        const changesOf = ([a, b]: DeactivationMatrix[][]) =>
            compare([
                { label: 'a', analysis, matrices: a! },
                { label: 'b', analysis, matrices: b! },
            ]).changes[0]!.metrics;
        expect(changesOf(await matricesOf())).toEqual([]); // each is 0 from itself, which says nothing of the other
        const [change] = changesOf(await matricesOf(reference));
        expect(change!.metric).toBe('kl');
        expect(change!.groups.all!.change).toBeGreaterThan(0.1);
        expect(change!.groups.all!.interval![0]).toBeGreaterThan(0);

        await measured(engine);
        const { html } = await reportOn(at('whole'));
        const page = readFileSync(html, 'utf8');
        expect(page).toContain('id="kl.specific"');
        expect(page).toMatch(/the language’s own KL divergence changes by \+\d+\.\d+\u00a0nats/);
        expect(page).toContain('change of KL divergence in nats a token');
        expect(page).toContain('proportional up to ±1\u00a0% or 0.01\u00a0nats');
        expect(page).toContain('Tokens: the same likeliest next token as the reference');
        expect(existsSync(at('whole', 'figures', 'kl.specific.svg'))).toBe(true);
        expect(readFileSync(at('whole', 'tables', 'kl.specific.tex'), 'utf8')).toContain('change in nats');
    });

    it('is measured by the command line, which refuses another vocabulary by name', async () => {
        using engine = await Engine.open(options);
        const { matrix } = await measured(engine);
        const command = [
            ...['deactivate', at('whole'), '--model', embeddedModel, '--gpu', 'off', '--data', 'udhr:3-5'],
            ...['--languages', 'en,de,zh', '--metric', 'kl', '--sets', 'specific', '--controls', '2'],
        ];
        const { code, stdout, stderr } = await commandHere(...command);
        expect(code, stderr).toBe(0);
        expect(stderr).toContain(`continues after ${cells} finished cells`);
        expect(stdout).toContain('specific: KL divergence of the own language');
        expect(stdout).toContain('beyond random, nats');
        expect(stdout).toContain('of these tokens, whole → without');
        const [value, beyond] = [matrix.sets.specific!.values[0]![0]!, matrix.sets.specific!.beyondControl[0]![0]!];
        expect(stdout).toMatch(
            new RegExp(`^en +\\d+ +0\\.0000 +${value.toFixed(4)} +0\\.\\d+ +\\+${beyond.toFixed(4)} `, 'm'),
        );
        const stranger = at('stranger.gguf');
        writeWidths(stranger, [64, 96]);
        const refused = await commandHere(...command, '--reference', stranger);
        expect(refused.code).toBe(1);
        expect(refused.stderr).toMatch(/its vocabulary is not that of the reference .*stranger\.gguf/);
        const misplaced = await commandHere(
            ...command.map((word) => (word === 'kl' ? 'ppl' : word)),
            '--reference',
            stranger,
        );
        expect(misplaced.code).toBe(2);
        expect(misplaced.stderr).toContain('--reference means nothing with --metric ppl');
    });

    it('is a metric of run, which finds a wrong reference before it counts', async () => {
        const config: Omit<RunConfig, 'out'> = {
            ...{ model: embeddedModel, gpu: 'off', threads: 1, data: ['udhr:1-3'], evaluation: ['udhr:28-28'] },
            ...{ languages: ['en', 'de'], topRate: 0.1, sets: ['specific'], controls: 1, metric: 'kl' },
        };
        const { matrices } = await run({ ...config, reference: unquantized, out: at('run') });
        using reference = await Engine.open({ ...options, model: unquantized });
        expect(matrices[0]).toMatchObject({ metric: 'kl', settings: { reference: reference.fingerprint } });
        const stranger = at('other.gguf');
        writeWidths(stranger, [64, 96]);
        await expect(run({ ...config, reference: stranger, out: at('refused') })).rejects.toMatchObject({
            code: 'MISMATCH',
        });
        expect(existsSync(at('refused', 'activations.safetensors'))).toBe(false);
        await expect(run({ ...config, metric: 'ppl', reference: stranger, out: at('no') })).rejects.toThrow(
            '`reference` means nothing with `metric: ppl`',
        );
    });
});
