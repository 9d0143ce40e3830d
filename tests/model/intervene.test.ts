import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Activations } from '../../src/activations/Activations.js';
import { readValues } from '../../src/activations/ActivationValues.js';
import { collect } from '../../src/activations/collect.js';
import type { Corpus } from '../../src/corpus/Corpus.js';
import { openCorpus } from '../../src/data/openCorpus.js';
import { Engine } from '../../src/engine/Engine.js';
import { neuronsAt } from '../../src/engine/types/Site.js';
import { accuracyMetric } from '../../src/experiments/answerMetrics/accuracy.js';
import { deactivate } from '../../src/experiments/deactivate.js';
import { intervene, type InterveneOptions, type InterveneResult } from '../../src/experiments/intervene.js';
import type { Metric } from '../../src/experiments/metric/Metric.js';
import { perplexityMetric } from '../../src/experiments/textMetrics/perplexity.js';
import { perplexity } from '../../src/experiments/textMetrics/perplexity.js';
import { compileInterventions } from '../../src/interventions/compile.js';
import { parseOperations } from '../../src/interventions/operationText.js';
import { identify } from '../../src/neurons/classes/identify.js';
import type { NeuronAnalysis } from '../../src/neurons/analysis/NeuronAnalysis.js';
import { writeNeurons } from '../../src/neurons/analysis/neuronsFile.js';
import { neuronsOf } from '../../src/neurons/sets/neuronsOf.js';
import { firstRanked, rankNeurons } from '../../src/neurons/scores/rankNeurons.js';
import { silent } from '../../src/support/progress.js';
import { openQuestions } from '../../src/questions/sources/openQuestions.js';
import { openTemplate } from '../../src/questions/templates/promptTemplates.js';
import { merge } from '../../src/run/merge.js';
import { commandHere } from '../helpers/commandHere.js';
import { embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const root = temporaryFolder();
const at = (...names: string[]): string => join(root, ...names);
const languages = ['en', 'de', 'fr'];
let engine: Engine;
let corpus: Corpus;
let activations: Activations;
let analysis: NeuronAnalysis;
let ppl: Metric;

/** A run folder that has been counted and identified. */
function runFolder(name: string): string {
    mkdirSync(at(name));
    for (const file of ['neurons.json', 'activations.safetensors']) copyFileSync(at('run', file), at(name, file));
    return at(name);
}

beforeAll(async () => {
    mkdirSync(at('texts'));
    mkdirSync(at('questions'));
    writeFileSync(at('template.txt'), '{question}');
    const starts = { en: 'The farmer and the', de: 'Der Lehrer und die', fr: 'La fille et le' };
    for (const [language, start] of Object.entries(starts)) {
        const questions = ['house', 'river', 'town'].map((place, i) => `${start} ${place}\t${i}`).join('\n');
        writeFileSync(at('questions', `mgsm_${language}.tsv`), questions);
        const lines = readFileSync(resolve(`src/embedded/texts/collect/${language}.txt`), 'utf8').split('\n');
        writeFileSync(at('texts', `${language}.txt`), lines.slice(0, 3).join('\n'));
    }
    engine = await Engine.open({ model: embeddedModel, gpu: 'off', contextSize: 2048 });
    corpus = await openCorpus(at('texts'), { languages });
    ({ activations } = await collect({ engine, corpus, folder: at('run') }));
    analysis = identify(activations, { topRate: 0.05 });
    await writeNeurons(at('run', 'neurons.json'), analysis);
    ppl = perplexityMetric(corpus);
});
afterAll(() => engine.close());

const optionsOf = (folder: string, changes: Partial<InterveneOptions>): InterveneOptions => ({
    engine,
    analysis,
    metric: ppl,
    folder,
    sets: ['specific+related'],
    controls: 1,
    ...changes,
});
const measure = (folder: string, changes: Partial<InterveneOptions> = {}): Promise<InterveneResult> =>
    intervene(optionsOf(folder, changes));
const resultsIn = (folder: string): Record<string, string> =>
    Object.fromEntries(
        readdirSync(folder)
            .filter((name) => /\.(matrix|dose)\.(json|csv)$/.test(name))
            .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
    );
/** Keeps the notes of what goes on. */
function noted(): { readonly notes: string[]; readonly progress: typeof silent } {
    const notes: string[] = [];
    return { notes, progress: { ...silent, note: (line: string) => notes.push(line) } };
}

describe('operations by values of activations', () => {
    const operations = parseOperations('mean,mean:fr,add:p90:en,diffmean');

    it('score as the engine does under interventions of the same values, and need them', async () => {
        const folder = runFolder('valued');
        await expect(measure(folder, { operations })).rejects.toThrow('was not collected; collect with `values` first');
        const counting = await Engine.open({ model: embeddedModel, gpu: 'off', countOnly: true, values: true });
        await collect({ engine: counting, corpus, folder });
        counting.close();
        const values = await readValues(folder);
        const { matrices } = await measure(folder, { operations, values });
        for (const [i, operation] of operations.entries()) {
            const set = matrices[i]!.sets['specific+related']!;
            for (const [r, language] of languages.entries()) {
                const intervention = { ...operation, neurons: { language } };
                const edit = compileInterventions([intervention], { sites: engine.sites, values, analysis });
                const samples = [];
                for await (const sample of corpus.samples('de')) samples.push(sample);
                const { logProbability, tokens } = await engine.score(samples, { edit });
                const wanted = Math.exp(-logProbability / tokens);
                expect(Math.abs(set.values[r]![1]! / wanted - 1)).toBeLessThan(1e-4);
            }
        }
        const names = Object.keys(resultsIn(folder)).filter((name) => name.endsWith('.json'));
        expect(names).toEqual(
            ['add-p90-en', 'diffmean', 'replace-mean-fr', 'replace-mean'].map((name) => `ppl.${name}.matrix.json`),
        );
    });

    it('in shards, merged, give the bytes of a run without', async () => {
        const whole = at('valued');
        const folder = runFolder('valued-shards');
        copyFileSync(join(whole, 'activations.safetensors'), join(folder, 'activations.safetensors'));
        const options = optionsOf(folder, { operations, values: await readValues(folder) });
        for (const number of [2, 1]) await intervene({ ...options, shard: { number, total: 2 } });
        await merge([folder], { folder });
        expect(resultsIn(folder)).toEqual(resultsIn(whole));
    });
});

describe('controls that are active as often', () => {
    it('are other neurons than those of the same layers alone; shards, merged, give the same bytes', async () => {
        const folder = runFolder('rate');
        const plain = await measure(folder, {});
        await expect(measure(folder, { matched: 'rate' })).rejects.toThrow('give `activations`');
        const matched = { matched: 'rate', activations } as const;
        const { matrices } = await measure(folder, matched);
        const [random, rate] = [plain.matrices[0]!, matrices[0]!].map(({ sets }) => sets['specific+related']!);
        expect(matrices[0]!.settings).toEqual({ ...plain.matrices[0]!.settings, matched: 'rate' });
        expect(rate!.values).toEqual(random!.values);
        for (const [r, row] of rate!.control.entries()) expect(row).not.toEqual(random!.control[r]);
        const divided = runFolder('rate-shards');
        for (const number of [2, 1]) await intervene({ ...optionsOf(divided, matched), shard: { number, total: 2 } });
        await merge([divided], { folder: divided });
        expect(resultsIn(divided)).toEqual(resultsIn(folder));
    });
});

describe('matrices of several operations', () => {
    const operations = parseOperations('zero,scale:0.5,add:0.25,replace:0.1');

    it('hold what the engine scores under the same edit, and zero is deactivation, byte for byte', async () => {
        const folder = runFolder('together');
        const { matrices } = await measure(folder, { operations });
        expect(Object.keys(resultsIn(folder)).filter((name) => name.endsWith('.json'))).toEqual([
            'ppl.add-0.25.matrix.json',
            'ppl.matrix.json',
            'ppl.replace-0.1.matrix.json',
            'ppl.scale-0.5.matrix.json',
        ]);
        for (const [i, operation] of operations.entries()) {
            const set = matrices[i]!.sets['specific+related']!;
            for (const [r, row] of languages.entries()) {
                const neurons = neuronsOf(analysis, row, 'specific+related');
                const edit = compileInterventions([{ ...operation, neurons }], engine);
                for (const [c, column] of languages.entries()) {
                    const score = await engine.score(corpus.samples(column), { edit });
                    expect(set.values[r]![c]! / perplexity(score)).toBeCloseTo(1, 12); // sums in another order
                }
            }
        }
        const values = matrices.map(({ sets }) => sets['specific+related']!.values[0]![0]!);
        expect(new Set(values).size).toBe(operations.length);

        const alone = runFolder('alone');
        await deactivate(optionsOf(alone, {}));
        for (const [name, text] of Object.entries(resultsIn(alone))) expect(resultsIn(folder)[name]).toBe(text);
        await measure(alone, { operations: operations.slice(2) });
        await measure(alone, { operations: operations.slice(1, 2) });
        expect(resultsIn(alone)).toEqual(resultsIn(folder));
    });

    it('that do what was done before find it', async () => {
        const { notes, progress } = noted();
        const folder = at('together');
        await measure(folder, { operations: parseOperations('scale:0,replace:0'), progress });
        const cells = (1 + languages.length * 2) * languages.length;
        expect(notes.join()).toContain(`continues after ${cells} finished cells`);
        const setsOf = (name: string): unknown => (JSON.parse(resultsIn(folder)[name]!) as { sets: unknown }).sets;
        expect(setsOf('ppl.scale-0.matrix.json')).toEqual(setsOf('ppl.matrix.json'));
    });

    it('in the prompt, in the response and in both are three things', async () => {
        const text = { language: 'de', prompt: 'Der Lehrer', response: ' liest am Abend das Buch.' };
        const oneText: Corpus = {
            ...corpus,
            languages: ['de'],
            async *samples() {
                yield await Promise.resolve(text);
            },
        };
        const metric = perplexityMetric(oneText, { over: 'response' });
        const values: number[] = [];
        for (const where of ['prompt', 'response', 'both'] as const) {
            const operations = parseOperations('scale:0.2', { where });
            const { matrices } = await measure(at('together'), { operations, metric });
            const { baseline, values: cells } = matrices[0]!.sets['specific+related']!;
            values.push(cells[0]![0]! / baseline[0]!);
        }
        expect(new Set(values).size).toBe(3);
        expect(values[2]).toBeGreaterThan(1);
    });

    it('of answers run side by side, those that tell tokens apart too', async () => {
        const questions = await openQuestions(at('questions'), { languages });
        const template = await openTemplate(at('template.txt'), engine);
        const metric = accuracyMetric({ questions, template, maxTokens: 8 });
        const asked = parseOperations('zero,add:0.25', { where: 'response' });
        const folder = runFolder('answers');
        const { matrices } = await measure(folder, { operations: asked, metric });
        const lines = readFileSync(join(folder, 'accuracy.answers.jsonl'), 'utf8').trim().split('\n');
        const conditions = 1 + asked.length * languages.length * 2;
        expect(lines).toHaveLength(conditions * languages.length * 3);
        for (const { sets } of matrices) {
            expect(sets['specific+related']!.samples.flat().every((n) => n === 3)).toBe(true);
        }
        // The prompt is read by the whole model: a condition's answer is that of its own edit.
        const edit = compileInterventions([{ ...asked[1]!, neurons: neuronsOf(analysis, 'en', 'specific+related') }], {
            sites: engine.sites,
        });
        const answers: string[] = [];
        for await (const { text } of engine.generate([{ id: 0, text: 'The farmer and the house' }], {
            edits: [edit],
            maxTokens: 8,
        }))
            answers.push(text);
        const texts = lines.map((line) => (JSON.parse(line) as { text: string }).text);
        expect(texts).toContain(answers[0]);
    });

    it('that change nothing, are there twice or none are refused', async () => {
        for (const [text, why] of [
            ['scale:1', 'scale:1 changes nothing'],
            ['add:0', 'add:0 changes nothing'],
            ['zero,scale:2,zero', 'the operation zero is given twice'],
        ] as const) {
            await expect(measure(at('together'), { operations: parseOperations(text) })).rejects.toMatchObject({
                code: 'WRONG_USE',
                message: expect.stringContaining(why) as string,
            });
        }
        await expect(measure(at('together'), { operations: [] })).rejects.toMatchObject({ code: 'WRONG_USE' });
    });
});

describe('dose curves', () => {
    /** With the neurons of the set, one of a hundred, and more than any language has. */
    const shares = [0.01, 0.004, 0.5];
    const dosesOf = (): NonNullable<InterveneOptions['doses']> => ({
        shares,
        ranking: rankNeurons(activations, analysis),
    });
    const asked = (): Partial<InterveneOptions> => ({ sets: undefined, doses: dosesOf(), controls: 2 });

    it('are of the first neurons of each ranking, more at each dose, up to all that a language has', async () => {
        const folder = runFolder('doses');
        const { matrices, curves } = await measure(folder, asked());
        expect(matrices).toEqual([]);
        const [{ total, doses }] = curves as [(typeof curves)[number]];
        expect(total).toBe(engine.sites.reduce((sum, site) => sum + neuronsAt(site), 0));
        expect(doses.map(({ share }) => share)).toEqual([0.004, 0.01, 0.5]);
        const { ranking } = dosesOf();
        for (const { share, set } of doses) {
            expect(set.neurons).toEqual(
                languages.map((language) => Math.min(Math.round(total * share), ranking.perLanguage[language]!.length)),
            );
            const neurons = firstRanked(ranking, 'de', share);
            const edit = compileInterventions([{ op: 'zero', neurons }], engine);
            const score = await engine.score(corpus.samples('fr'), { edit });
            expect(set.values[1]![2]! / perplexity(score)).toBeCloseTo(1, 12);
            expect(set.controls).toHaveLength(2);
        }
    });

    it('at as many neurons as a set has, are its matrix', async () => {
        const share = analysis.perLanguage.de!.total / widthsOf(analysis);
        const folder = at('doses');
        const { curves } = await measure(folder, { ...asked(), doses: { ...dosesOf(), shares: [share] } });
        const { notes, progress } = noted();
        const { matrices } = await measure(folder, { controls: 2, progress });
        expect(notes.join()).toMatch(/continues after \d+ finished cells/); // German's own and random ones among them
        const [dose, set] = [curves[0]!.doses[0]!.set, matrices[0]!.sets['specific+related']!];
        for (const part of ['values', 'change', 'control', 'beyondControl'] as const)
            expect(dose[part][1]).toEqual(set[part][1]);
    });

    it('of several operations are measured in shards as without them', async () => {
        const [whole, divided] = [runFolder('whole doses'), runFolder('divided doses')];
        const operations = parseOperations('zero,scale:2');
        await measure(whole, { ...asked(), operations });
        for (const number of [1, 2]) {
            const shard = { number, total: 2 };
            const { shards } = await intervene({ ...optionsOf(divided, asked()), operations, shard });
            expect(shards.map(({ path }) => path)).toEqual(
                ['ppl.dose', 'ppl.scale-2.dose'].map((name) => join(divided, `${name}.shard-${number}-of-2.json`)),
            );
        }
        const other = parseOperations('scale:3');
        await intervene({ ...optionsOf(divided, {}), operations: other, shard: { number: 1, total: 1 } });
        const merged = await merge([divided], { folder: divided });
        expect(merged.map(({ path }) => path)).toEqual(
            ['ppl.dose', 'ppl.scale-2.dose', 'ppl.scale-3.matrix'].map((name) => join(divided, `${name}.json`)),
        );
        const found = resultsIn(divided);
        expect(resultsIn(whole)).not.toEqual({});
        for (const [name, text] of Object.entries(resultsIn(whole))) expect(found[name], name).toBe(text);
        const file = join(divided, 'ppl.scale-2.dose.shard-2-of-2.json');
        copyFileSync(join(divided, 'ppl.dose.shard-2-of-2.json'), file);
        await expect(merge([divided], { folder: divided })).rejects.toMatchObject({
            code: 'MISMATCH',
            message: expect.stringContaining('differ in operation scale:2 and zero') as string,
        });
    });

    it('of sets, of no share or of more than all are refused', async () => {
        for (const changes of [
            { sets: ['specific'] as const },
            { doses: { ...dosesOf(), shares: [] } },
            { doses: { ...dosesOf(), shares: [1] } },
            { doses: { ...dosesOf(), shares: [0.1, NaN] } },
        ]) {
            await expect(measure(at('doses'), { ...asked(), ...changes })).rejects.toMatchObject({ code: 'WRONG_USE' });
        }
    });
});

describe('by the command line', () => {
    const model = ['--model', embeddedModel, '--gpu', 'off'];
    const refused = async (words: RegExp, ...args: string[]): Promise<void> => {
        const { code, stderr } = await commandHere('intervene', at('run'), ...model, '--data', at('texts'), ...args);
        expect(code, stderr).toBe(2);
        expect(stderr).toMatch(words);
    };

    it('a matrix of each operation, or curves; clean and --fresh know them', async () => {
        const folder = runFolder('cli');
        const run = async (...args: string[]): Promise<string> => {
            const data = ['--data', at('texts'), '--controls', '1'];
            const { code, stdout, stderr } = await commandHere('intervene', folder, ...model, ...data, ...args);
            expect(code, stderr).toBe(0);
            return stdout;
        };
        const text = await run('--op', 'zero,scale:0.5', '--sets', 'specific');
        expect(text).toMatch(/^specific: .*, neurons deactivated$[^]*^specific: .*, neurons scaled by 0.5$/m);
        const json = JSON.parse(await run('--op', 'zero,scale:0.5', '--sets', 'specific', '--json')) as InterveneResult;
        expect(json.matrices.map(({ operation }) => operation)).toEqual([{ op: 'zero' }, { op: 'scale', value: 0.5 }]);
        const options = ['--strength', '0.5', '--where', 'prompt', '--dose', '0.1%,0.02'];
        expect(await run('--op', 'add:1', ...options)).toMatch(
            /^change of perplexity \(%\), .* raised by 1 at strength 0.5 in the prompt$[^]*^fr +2 % +\d+/m,
        );
        const file = 'ppl.add-1.strength-0.5.prompt.dose.json';
        expect(Object.keys(resultsIn(folder))).toContain(file);
        const fresh = await commandHere(
            'intervene',
            folder,
            ...model,
            '--data',
            at('texts'),
            '--op',
            'scale:2',
            '--fresh',
        );
        expect(fresh.stderr).toMatch(
            /--fresh removed .*ppl\.add-1\.strength-0\.5\.prompt\.dose\.json .*ppl\.matrix\.json/,
        );
        expect(Object.keys(resultsIn(folder)).sort()).toEqual(['ppl.scale-2.matrix.csv', 'ppl.scale-2.matrix.json']);
    });

    it('refuses in one line what is no operation, no dose, or both a dose and sets', async () => {
        await refused(/--op "half": there is no operation half; give for example zero, scale:0.5/, '--op', 'half');
        await refused(/--dose takes a number between 0 and 1, not "5"/, '--op', 'zero', '--dose', '1%,5');
        await refused(/--dose: .*leave --sets out/, '--op', 'zero', '--dose', '1%', '--sets', 'specific');
        await refused(/op/); // must be given
    });
});

function widthsOf({ widths }: NeuronAnalysis): number {
    return widths.reduce((sum, width) => sum + width, 0);
}
