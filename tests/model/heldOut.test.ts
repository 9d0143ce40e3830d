import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readActivations } from '../../src/activations/activationsFile.js';
import { collect } from '../../src/activations/collect.js';
import { openCorpus } from '../../src/data/openCorpus.js';
import { Engine } from '../../src/engine/Engine.js';
import { deactivate, type DeactivateOptions, type DeactivateResult } from '../../src/experiments/deactivate.js';
import { intervene } from '../../src/experiments/intervene.js';
import { perplexityMetric } from '../../src/experiments/textMetrics/perplexity.js';
import { exportSite } from '../../src/explore/exportSite.js';
import type { NeuronAnalysis } from '../../src/neurons/analysis/NeuronAnalysis.js';
import { neuronsDigest } from '../../src/neurons/analysis/neuronsDigest.js';
import { writeNeurons } from '../../src/neurons/analysis/neuronsFile.js';
import { identify } from '../../src/neurons/classes/identify.js';
import { analysisOfFolds } from '../../src/neurons/classes/repeatAnalysis.js';
import { rankNeurons } from '../../src/neurons/scores/rankNeurons.js';
import { reportOn } from '../../src/report/reportOn.js';
import { embeddedCollectTexts, embeddedEvaluateTexts as texts } from '../../src/run/embeddedRun.js';
import { merge } from '../../src/run/merge.js';
import { silent } from '../../src/support/progress.js';
import { commandHere } from '../helpers/commandHere.js';
import { embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const root = temporaryFolder();
const at = (...names: string[]): string => join(root, ...names);
const languages = ['en', 'de', 'zh'];
/** Of the ten texts of each language, the last fold holds three. */
const folds = 3;
let engine: Engine;
let analysis: NeuronAnalysis;
/** Of the first two folds, found by counting them alone. */
let byHand: NeuronAnalysis;

async function counted(name: string, data: string, inFolds?: number): Promise<NeuronAnalysis> {
    const corpus = await openCorpus(data, { languages });
    const { activations } = await collect({ engine, corpus, folder: at(name), folds: inFolds });
    const found = identify(activations, { topRate: 0.1, bar: 0.98 });
    await writeNeurons(at(name, 'neurons.json'), found);
    return found;
}

/** A folder with the counts and neurons of another. */
function copyOf(name: string, other: string): string {
    mkdirSync(at(name));
    for (const file of ['activations.safetensors', 'neurons.json']) copyFileSync(at(other, file), at(name, file));
    return at(name);
}

type Changes = Partial<DeactivateOptions> & { readonly data?: string };
const notes: string[] = [];
const progress = { ...silent, note: (line: string) => void notes.push(line) };

async function optionsOf(folder: string, { data = texts, ...changes }: Changes = {}): Promise<DeactivateOptions> {
    const metric = perplexityMetric(await openCorpus(data, { languages }));
    const shared = { engine, analysis, metric, folder: at(folder), controls: 1, progress };
    return { ...shared, sets: ['specific+related'], ...changes };
}

async function measured(folder: string, changes?: Changes): Promise<DeactivateResult> {
    notes.length = 0;
    return deactivate(await optionsOf(folder, changes));
}

const bytes = (folder: string, name: string): string => readFileSync(at(folder, name), 'utf8');

beforeAll(async () => {
    engine = await Engine.open({ model: embeddedModel, gpu: 'off', threads: 1 });
    analysis = await counted('run', texts, folds);
    byHand = await counted('hand', `${texts}#1-2of3`);
}, 300_000);
afterAll(() => engine.close());

describe('a matrix on the texts that were counted in folds', () => {
    it('is of neurons found on all folds but the last, on the texts of this one', async () => {
        const matrix = await measured('run');
        expect(matrix.neurons).toBe(neuronsDigest(analysis));
        expect(matrix.heldOut).toEqual({ fold: 3, of: 3, neurons: neuronsDigest(byHand) });
        expect(matrix.heldOut!.neurons).not.toBe(matrix.neurons);
        expect(matrix.counted).toBeUndefined();
        expect(notes.filter((line) => line.includes('held out'))).toEqual([
            'fold 3 of 3 is held out: neurons are found anew in the others, and measured on its texts; ' +
                '`circular` measures on all of them',
        ]);
        expect(notes.join()).not.toContain('warning');

        // The same by hand: counted on two parts, deactivated on the third.
        const same = await measured('hand', { analysis: byHand, data: `${texts}#3of3` });
        expect(same.heldOut).toBeUndefined();
        const [own, other] = [matrix, same].map(({ sets }) => sets['specific+related']!);
        expect(own!.neurons).toEqual(other!.neurons);
        expect(own!.spread.units).toEqual([3, 3, 3]);
        expect(own).toEqual(other);
        expect(matrix.settings.texts).toBe(same.settings.texts);
    }, 300_000);

    it('draws controls that are active as often from the counts of the other folds', async () => {
        const activations = await readActivations(at('run'));
        const matrix = await measured('run', { matched: 'rate', activations });
        // not those of `hand`: in other batches a count may differ by one, and another neuron be the nearest
        const found = analysisOfFolds(activations, analysis, [0, 1]);
        expect(found.analysis.neurons).toEqual(byHand.neurons);
        const change = { ...found, data: `${texts}#3of3`, matched: 'rate' } as const;
        expect(matrix.sets).toEqual((await measured('hand', change)).sets);
    }, 300_000);

    it('is circular where that is asked for, and says so', async () => {
        const matrix = await measured(copyOf('asked', 'run').slice(root.length + 1), { circular: true });
        expect(matrix.heldOut).toBeUndefined();
        expect(matrix.counted).toEqual({ en: 1, de: 1, zh: 1 });
        expect(matrix.sets['specific+related']!.spread.units).toEqual([10, 10, 10]);
        expect(notes.join()).toContain('warning: evaluated on texts that were counted (en 100 %');
    }, 300_000);

    it('is the same in bytes from shards that are merged', async () => {
        copyOf('whole', 'run');
        copyOf('parts', 'run');
        await measured('whole');
        const options = await optionsOf('parts');
        for (const number of [1, 2]) await deactivate({ ...options, shard: { number, total: 2 } });
        await merge([at('parts')], { folder: at('parts') });
        for (const name of ['ppl.matrix.json', 'ppl.matrix.csv'])
            expect(bytes('parts', name)).toBe(bytes('whole', name));
    }, 300_000);

    it('has curves of the ranking that the other folds give', async () => {
        const shares = [0.01, 0.02];
        const curvesOf = async (folder: string, found: NeuronAnalysis, changes: Changes = {}) => {
            const doses = { shares, ranking: rankNeurons(await readActivations(at(folder)), found) };
            const { sets: _, ...options } = await optionsOf(folder, { ...changes, analysis: found });
            return (await intervene({ ...options, doses })).curves[0]!;
        };
        const curves = await curvesOf('run', analysis);
        expect(curves.heldOut).toEqual({ fold: 3, of: 3, neurons: neuronsDigest(byHand) });
        expect(curves.doses).toEqual((await curvesOf('hand', byHand, { data: `${texts}#3of3` })).doses);
    }, 300_000);

    it('is told of in the report, the explorer, the terminal and the plan', async () => {
        await measured('run');
        const words =
            'Held out: the perplexity was measured on the texts of fold 3 of 3, with neurons that were found anew ' +
            'in the other 2 folds; their numbers are not those of the analysis of all texts.';
        await reportOn(at('run'));
        const page = bytes('run', 'report.html');
        expect(page).toContain(words);
        expect(page).not.toContain('made with other neurons');
        await exportSite(at('run'), at('site'));
        expect(bytes('site', 'data/matrix.0.json')).toContain(words);
        const args = ['deactivate', at('run'), '--model', embeddedModel, '--gpu', 'off', '--data', texts];
        const chosen = ['--languages', languages.join(), '--sets', 'specific+related', '--controls', '1'];
        const { stdout } = await commandHere(...args, ...chosen);
        expect(stdout.replaceAll('\n', ' ')).toContain(words);
        const plan = await commandHere(...args, ...chosen, '--plan', '--json');
        expect(JSON.parse(plan.stdout)).toMatchObject({
            heldOut: { fold: 3, of: 3 },
            languages: [{ units: 3 }, {}, {}],
        });
        expect(JSON.parse(plan.stdout)).not.toHaveProperty('counted');
        const circular = await commandHere(...args, ...chosen, '--plan', '--json', '--circular');
        expect(JSON.parse(circular.stdout)).toMatchObject({ counted: { en: 1 }, languages: [{ units: 10 }, {}, {}] });
    }, 300_000);
});

describe('nothing is held out', () => {
    it('of other texts, without folds, or of some of the counted texts', async () => {
        const others = await measured('run', { data: `${embeddedCollectTexts}#1of8` });
        expect([others.heldOut, others.counted]).toEqual([undefined, undefined]);
        const some = await measured('run', { data: `${texts}#1of2` });
        expect([some.heldOut, some.counted]).toEqual([undefined, { en: 1, de: 1, zh: 1 }]);
        const whole = await measured('hand', { analysis: byHand, data: `${texts}#1-2of3` });
        expect([whole.heldOut, whole.counted]).toEqual([undefined, { en: 1, de: 1, zh: 1 }]);
        expect(notes.join()).not.toContain('held out:');
    }, 300_000);

    it('where a fold has too few texts to measure on, which is said', async () => {
        const found = await counted('few', texts, 4);
        const matrix = await measured('few', { analysis: found });
        expect([matrix.heldOut, matrix.counted]).toEqual([undefined, { en: 1, de: 1, zh: 1 }]);
        expect(notes).toContain('no texts are held out: a fold has fewer than 3 texts in en, de and zh');
    }, 300_000);
});
