import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readActivations } from '../../src/activations/activationsFile.js';
import { collect } from '../../src/activations/collect.js';
import type { Shard } from '../../src/activations/Shard.js';
import { openCorpus } from '../../src/data/openCorpus.js';
import { Engine } from '../../src/engine/Engine.js';
import { accuracyMetric } from '../../src/experiments/answerMetrics/accuracy.js';
import { deactivate, type DeactivateOptions } from '../../src/experiments/deactivate.js';
import { intervene, type MeasuredShard } from '../../src/experiments/intervene.js';
import type { Metric } from '../../src/experiments/metric/Metric.js';
import { textMetrics } from '../../src/experiments/registry/metrics.js';
import { perplexityMetric } from '../../src/experiments/textMetrics/perplexity.js';
import { parseOperations } from '../../src/interventions/operationText.js';
import { writeNeurons } from '../../src/neurons/analysis/neuronsFile.js';
import { identify } from '../../src/neurons/classes/identify.js';
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
const questionsEach = 8;
/** The whole model; of two sets, each language's neurons and two controls of them. */
const conditions = 1 + 2 * languages.length * (1 + 2);
let engine: Engine;
let analysis: ReturnType<typeof identify>;
let ppl: Metric;
let accuracy: Metric;

/** A run folder that has been counted and identified, or with `neurons.json` alone, as another machine has it. */
function runFolder(name: string, counted = true): string {
    mkdirSync(at(name));
    const files = ['neurons.json', ...(counted ? ['activations.safetensors'] : [])];
    for (const file of files) copyFileSync(at('run', file), at(name, file));
    return at(name);
}

beforeAll(async () => {
    mkdirSync(at('texts'));
    mkdirSync(at('questions'));
    writeFileSync(at('template.txt'), '{question}');
    const places = 'house garden school river town kitchen boat market'.split(' ');
    const starts = { en: 'The farmer and the', de: 'Der Lehrer und die', fr: 'La fille et le' };
    for (const [language, start] of Object.entries(starts)) {
        const questions = places.map((place, i) => `${start} ${place}\t${i}`).join('\n');
        writeFileSync(at('questions', `mgsm_${language}.tsv`), questions);
        const lines = readFileSync(resolve(`src/embedded/texts/collect/${language}.txt`), 'utf8').split('\n');
        writeFileSync(at('texts', `${language}.txt`), lines.slice(0, 4).join('\n'));
    }
    engine = await Engine.open({ model: embeddedModel, gpu: 'off', contextSize: 4096 });
    const corpus = await openCorpus(at('texts'), { languages });
    const { activations } = await collect({ engine, corpus, folder: at('run') });
    analysis = identify(activations, { topRate: 0.1 });
    await writeNeurons(at('run', 'neurons.json'), analysis);
    ppl = perplexityMetric(corpus);
    const questions = await openQuestions(at('questions'), { languages });
    const template = await openTemplate(at('template.txt'), engine);
    accuracy = accuracyMetric({ questions, template, limit: 6, wholeLimit: questionsEach, maxTokens: 16 });
});
afterAll(() => engine.close());

type Changes = Partial<DeactivateOptions>;
const optionsOf = (metric: Metric, folder: string, changes: Changes): DeactivateOptions => ({
    engine,
    analysis,
    metric,
    folder,
    sets: ['specific', 'specific+related'],
    controls: 2,
    ...changes,
});
const measure = (metric: Metric, folder: string, shard: Shard, changes: Changes = {}): Promise<MeasuredShard> =>
    deactivate({ ...optionsOf(metric, folder, changes), shard });
const whole = (metric: Metric, folder: string, changes: Changes = {}): ReturnType<typeof deactivate> =>
    deactivate(optionsOf(metric, folder, changes));
const bytesOf = (folder: string, metric: string): { readonly json: string; readonly csv: string } => {
    const read = (ending: string): string => readFileSync(join(folder, `${metric}.matrix.${ending}`), 'utf8');
    return { json: read('json'), csv: read('csv') };
};

/** Notes of what goes on, and a stop after some batches. */
function watched(batches = Infinity): { notes: string[]; changes: Changes } {
    const [notes, stop] = [[] as string[], new AbortController()];
    let seen = 0;
    const advance = (): void => {
        if (++seen >= batches) stop.abort();
    };
    const progress = { ...silent, advance, note: (line: string) => notes.push(line) };
    return { notes, changes: { signal: stop.signal, progress } };
}

describe('shards of perplexities', () => {
    it('in two folders, one of them stopped in the middle, merge to the bytes of a run without', async () => {
        await whole(ppl, runFolder('whole'));
        const [here, there] = [runFolder('here'), runFolder('there', false)];
        await measure(ppl, here, { number: 1, total: 3 });
        await measure(ppl, there, { number: 3, total: 3 });
        const stopped = measure(ppl, here, { number: 2, total: 3 }, watched(12).changes);
        await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
        await expect(merge([here, there], { folder: here })).rejects.toMatchObject({
            code: 'MISMATCH',
            message: 'the shards cannot be merged: shard 2 of 3 is missing; deactivate it first',
        });
        const again = watched();
        await measure(ppl, here, { number: 2, total: 3 }, again.changes);
        expect(again.notes.join()).toMatch(/continues after [1-9]\d* finished cells/);
        const finished = watched();
        expect(await measure(ppl, here, { number: 2, total: 3 }, finished.changes)).toMatchObject({ wasThere: true });
        expect(finished.notes.join()).toContain('ppl.matrix.shard-2-of-3.json: this shard is finished');

        // Neither model nor texts are looked at.
        renameSync(at('texts'), at('texts elsewhere'));
        const { code, stdout, stderr } = await commandHere('merge', here, there, '--out', here);
        renameSync(at('texts elsewhere'), at('texts'));
        expect(code, stderr).toBe(0);
        expect(stdout).toContain('specific: perplexity of the own language');
        expect(bytesOf(here, 'ppl')).toEqual(bytesOf(at('whole'), 'ppl'));
        expect(JSON.parse(bytesOf(here, 'ppl').json)).toMatchObject({
            counted: { en: 1, de: 1, fr: 1 },
            settings: { data: '../texts' },
        });
        const cells = (folder: string): Map<string, unknown> =>
            new Map(
                readFileSync(join(folder, 'ppl.cells.jsonl'), 'utf8')
                    .trim()
                    .split('\n')
                    .map((line) => JSON.parse(line) as { key: string })
                    .map((cell) => [cell.key, cell]),
            );
        expect(cells(here)).toEqual(cells(at('whole')));
        // Each its own share of them.
        const ofShards = [here, here, there].map(
            (folder, i) =>
                readFileSync(join(folder, `ppl.cells.shard-${i + 1}-of-3.jsonl`), 'utf8')
                    .trim()
                    .split('\n').length,
        );
        expect(Math.max(...ofShards) - Math.min(...ofShards)).toBeLessThanOrEqual(1);
        expect(ofShards.reduce((sum, n) => sum + n)).toBe(cells(here).size);
    });

    it('divided anew, or not at all, find what is finished', async () => {
        const { notes, changes } = watched();
        await measure(ppl, at('here'), { number: 4, total: 5 }, changes);
        expect(notes.join()).toMatch(/continues after \d+ finished cells/);
        expect(existsSync(at('here', 'ppl.cells.shard-4-of-5.jsonl'))).toBe(false); // nothing was left to measure
        const divided = runFolder('divided');
        for (const number of [1, 2]) await measure(ppl, divided, { number, total: 2 });
        const all = watched();
        await whole(ppl, divided, all.changes);
        expect(all.notes.join()).toContain(`continues after ${conditions * languages.length} finished cells`);
        expect(existsSync(join(divided, 'ppl.cells.jsonl'))).toBe(false);
        expect(bytesOf(divided, 'ppl')).toEqual(bytesOf(at('whole'), 'ppl'));
    });

    it('more of them than there are cells are as good, and further sets come in beside', async () => {
        const [many, folder] = [runFolder('many'), runFolder('in turn')];
        const few = { sets: ['specific'] as const, controls: 1 };
        for (let number = 1; number <= 25; number++) await measure(ppl, many, { number, total: 25 }, few);
        await merge([many], { folder: many });
        await whole(ppl, folder, few);
        expect(bytesOf(many, 'ppl')).toEqual(bytesOf(folder, 'ppl'));
        const other = { ...few, sets: ['specific+related'] as const };
        for (const number of [1, 2]) await measure(ppl, many, { number, total: 2 }, other);
        const files = [1, 2].map((number) => join(many, `ppl.matrix.shard-${number}-of-2.json`));
        await merge(files, { folder: many });
        await whole(ppl, folder, other);
        expect(bytesOf(many, 'ppl')).toEqual(bytesOf(folder, 'ppl'));
        const { sets } = JSON.parse(bytesOf(many, 'ppl').json) as { sets: object };
        expect(Object.keys(sets)).toEqual(['specific', 'specific+related']);
    });

    it('missing, there twice, or of other work, are refused in one line; so are other neurons', async () => {
        const [here, there] = [at('here'), at('there')];
        const one = (folder: string, number: number, of = 3): string =>
            join(folder, `ppl.matrix.shard-${number}-of-${of}.json`);
        const refused = async (paths: string[], message: string | RegExp, folder = here): Promise<void> => {
            const matching = expect.stringMatching(message) as string;
            await expect(merge(paths, { folder })).rejects.toMatchObject({ message: matching });
        };
        mkdirSync(at('twice'));
        copyFileSync(one(there, 3), one(at('twice'), 3));
        await refused(
            [one(here, 1), one(here, 2), there, at('twice')],
            /shard 3 of 3 is given twice, in .*there.* and .*twice.*; leave one out/,
        );
        await refused([one(here, 1), one(here, 4, 5)], /is of 5 shards, .* of 3/);
        await refused([at('whole', 'ppl.matrix.json')], /not a shard of a matrix/);
        await refused([at('whole')], /no shard files; run collect or deactivate with `shard` first/);
        await refused([at('template.txt')], /template.txt: is not named like a shard; .*ppl.matrix.shard-1-of-2.json/);
        const other = runFolder('other');
        await measure(ppl, other, { number: 2, total: 3 }, { controls: 1 });
        await refused([one(here, 1), one(other, 2)], /differ in controls 2 and 1$/);
        const others = perplexityMetric(await openCorpus('udhr:30-30', { languages }));
        await measure(others, other, { number: 2, total: 3 });
        await refused([one(here, 1), one(other, 2)], /differ in texts [0-9a-f]+ and [0-9a-f]+$/);
        await writeNeurons(join(other, 'neurons.json'), identify(await readActivations(at('run')), { topRate: 0.05 }));
        const message = /neurons.json: holds other neurons than the shards;/;
        await refused([one(here, 1), one(here, 2), one(there, 3)], message, other);
    });

    it.each([
        ['another metric of the same measurements', 'bits-per-byte', 'zero'],
        ['another operation', 'ppl', 'scale:0.5'],
    ])('of %s are refused while others write their one journal', async (_, name, operation) => {
        const folder = runFolder(`beside ${name}`);
        const corpus = await openCorpus(at('texts'), { languages });
        const shard = { number: 1, total: 2 };
        const few = { sets: ['specific'] as const, controls: 1 };
        using other = await Engine.open({ model: embeddedModel, gpu: 'off' });
        using third = await Engine.open({ model: embeddedModel, gpu: 'off' });
        const metric = textMetrics.find((one) => one.name === name)!.on(corpus, {});
        const beside = { ...optionsOf(metric, folder, few), engine: other, operations: parseOperations(operation) };
        const both = await Promise.allSettled([
            measure(ppl, folder, shard, few),
            intervene({ ...beside, shard }),
            intervene({ ...beside, engine: third, shard: { number: 2, total: 2 } }), // has a journal of its own
        ]);
        const refused = both.filter(({ status }) => status === 'rejected');
        expect(refused).toMatchObject([
            { reason: { code: 'BUSY', message: expect.stringContaining('ppl.cells.shard-1-of-2.jsonl: ') as string } },
        ]);
        expect(both[2].status).toBe('fulfilled');
    });

    it('whose journals lost a part are refused until they are run again', async () => {
        const folder = runFolder('lost');
        const few = { sets: ['specific'] as const, controls: 1 };
        for (const number of [1, 2]) await measure(ppl, folder, { number, total: 2 }, few);
        const journal = join(folder, 'ppl.cells.shard-2-of-2.jsonl');
        const lines = readFileSync(journal, 'utf8').trim().split('\n');
        writeFileSync(journal, `${lines.slice(1).join('\n')}\n`);
        await expect(merge([folder], { folder })).rejects.toMatchObject({
            code: 'DAMAGED',
            message: expect.stringContaining('lacks results of 1 conditions; run all shards again') as string,
        });
        for (const number of [1, 2]) await measure(ppl, folder, { number, total: 2 }, few);
        await merge([folder], { folder });
        expect(readFileSync(journal, 'utf8').trim().split('\n')).toHaveLength(lines.length);
    });
});

interface Answer {
    readonly key: string;
    readonly text: string;
    readonly tokens: number;
}

describe('shards of answers', () => {
    const answersIn = (folder: string, name = 'accuracy.answers'): Answer[] =>
        readFileSync(join(folder, `${name}.jsonl`), 'utf8')
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as Answer);

    it('merge to what a run without gives that finds these answers; few of them are others than its own', async () => {
        const [folder, found] = [runFolder('asked'), runFolder('found')];
        await measure(accuracy, folder, { number: 1, total: 2 });
        const stopped = measure(accuracy, folder, { number: 2, total: 2 }, watched(40).changes);
        await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
        const before = answersIn(folder, 'accuracy.answers.shard-2-of-2');
        await measure(accuracy, folder, { number: 2, total: 2 });
        expect(answersIn(folder, 'accuracy.answers.shard-2-of-2').slice(0, before.length)).toEqual(before);
        await merge([folder], { folder });
        copyFileSync(join(folder, 'accuracy.answers.jsonl'), join(found, 'accuracy.answers.jsonl'));
        const { notes, changes } = watched();
        await whole(accuracy, found, changes);
        const answers = answersIn(folder);
        expect(notes.join()).toContain(`continues after ${answers.length} of ${answers.length} answers`);
        expect(answers).toHaveLength(languages.length * ((conditions - 1) * 6 + questionsEach));
        expect(bytesOf(folder, 'accuracy')).toEqual(bytesOf(found, 'accuracy'));
        // Every question is one shard's, under all conditions.
        const promptsOf = (number: number): Set<string> =>
            new Set(answersIn(folder, `accuracy.answers.shard-${number}-of-2`).map(({ key }) => key.split('/')[0]!));
        const [first, second] = [promptsOf(1), promptsOf(2)];
        expect([first.size, second.size, new Set([...first, ...second]).size]).toEqual([12, 12, 24]);

        await whole(accuracy, runFolder('alone'));
        const alone = new Map(answersIn(at('alone')).map(({ key, text }) => [key, text]));
        const same = answers.filter(({ key, text }) => alone.get(key) === text).length / answers.length;
        console.log(`shards of answers: ${(100 * same).toFixed(1)} % of ${answers.length} are those of a run without`);
        // Batches of other shapes round differently, and now and then a last bit decides.
        expect(same).toBeGreaterThan(0.8);
    });
});

describe('by the command line', () => {
    it('each shard takes its place from the environment, and both metrics merge at once', async () => {
        const folder = runFolder('cli');
        const model = ['--model', embeddedModel, '--gpu', 'off', '--sets', 'specific', '--controls', '1'];
        const run = async (...args: string[]): Promise<string> => {
            const { code, stdout, stderr } = await commandHere('deactivate', folder, ...model, ...args);
            expect(code, stderr).toBe(0);
            return stdout;
        };
        for (const number of [1, 2]) {
            const shard = `${number}/2`;
            expect(await run('--data', at('texts'), '--shard', shard)).toContain(`shard ${shard} is finished`);
            const asked = ['--data', at('questions'), '--metric', 'accuracy', '--template', at('template.txt')];
            await run(...asked, '--max-tokens', '4', '--limit', '2', '--shard', `${number}/2`);
        }
        const again = await run('--data', at('texts'), '--shard', '2/2');
        expect(again).toContain('shard 2/2 was finished; merge when all are');
        const { code, stdout, stderr } = await commandHere('merge', folder, '--out', folder, '--json');
        expect(code, stderr).toBe(0);
        expect(JSON.parse(stdout)).toMatchObject({ ppl: { metric: 'ppl' }, accuracy: { metric: 'accuracy' } });
        const fresh = await commandHere(
            'deactivate',
            folder,
            ...model,
            '--data',
            at('texts'),
            '--shard',
            '1/2',
            '--fresh',
        );
        expect(fresh.code).toBe(2);
        const cleaned = await commandHere('clean', folder, '--only', 'ppl', '--json');
        expect(cleaned.stdout).toContain('ppl.cells.shard-2-of-2.jsonl');
        expect(existsSync(join(folder, 'ppl.matrix.shard-1-of-2.json'))).toBe(false);
        expect(existsSync(join(folder, 'accuracy.matrix.shard-1-of-2.json'))).toBe(true);
    });
});
