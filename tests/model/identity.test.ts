import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CollectOptions } from '../../src/activations/collect.js';
import { collect } from '../../src/activations/collect.js';
import { openCorpus } from '../../src/data/openCorpus.js';
import { Engine } from '../../src/engine/Engine.js';
import type { EngineOptions } from '../../src/engine/types/engineTypes.js';
import { compare } from '../../src/experiments/comparisons/compare.js';
import type { QuestionMetricOptions, TextMetricOptions } from '../../src/experiments/metric/Metric.js';
import { accuracyMetric } from '../../src/experiments/answerMetrics/accuracy.js';
import { deactivate, type DeactivateOptions } from '../../src/experiments/deactivate.js';
import { perplexityMetric } from '../../src/experiments/textMetrics/perplexity.js';
import { writeNeurons } from '../../src/neurons/analysis/neuronsFile.js';
import { identify } from '../../src/neurons/classes/identify.js';
import { silent } from '../../src/support/progress.js';
import { openQuestions } from '../../src/questions/sources/openQuestions.js';
import { promptTemplates } from '../../src/questions/templates/promptTemplates.js';
import { respond } from '../../src/questions/respond.js';
import { reportOn } from '../../src/report/reportOn.js';
import { embeddedAdapter, embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const root = temporaryFolder();
const at = (...names: string[]): string => join(root, ...names);

/** The embedded model with one byte of its last tensor changed: same header, same size. */
const nearlySame = at('nearly.gguf');
const options: EngineOptions = { model: embeddedModel, gpu: 'off', threads: 1, batchSize: 128, windowSize: 256 };

beforeAll(() => {
    const bytes = readFileSync(embeddedModel);
    bytes[bytes.length - 70] = bytes[bytes.length - 70]! ^ 0x55;
    writeFileSync(nearlySame, bytes);
    for (const [folder, texts] of [
        [
            'texts',
            [
                'Everyone has the right to rest.',
                'Jeder hat das Recht auf Erholung.',
                'Toda persona tiene derecho al descanso.',
            ],
        ],
        [
            'others',
            [
                'No one shall be held in slavery.',
                'Niemand darf in Sklaverei gehalten werden.',
                'Nadie estará sometido a esclavitud.',
            ],
        ],
    ] as const) {
        mkdirSync(at(folder));
        for (const [i, language] of ['en', 'de', 'es'].entries())
            writeFileSync(at(folder, `${language}.txt`), `${texts[i]!}\n${texts[i]!} 2\n`);
    }
    mkdirSync(at('questions'));
    for (const language of ['en', 'de', 'es'])
        writeFileSync(at('questions', `mgsm_${language}.tsv`), '1 + 1?\t2\n2 + 3?\t5\n4 + 4?\t8\n');
});

/** What a step decoded, by its notes and results. */
interface Outcome {
    readonly decoded: number;
    readonly bytes: Buffer;
}

async function withEngine<T>(changes: Partial<EngineOptions>, work: (engine: Engine) => Promise<T>): Promise<T> {
    const engine = await Engine.open({ ...options, ...changes });
    try {
        return await work(engine);
    } finally {
        engine.close();
    }
}

async function counted(
    folder: string,
    engineChanges: Partial<EngineOptions>,
    changes: Partial<CollectOptions> = {},
    data = at('texts'),
    languages = ['en', 'de'],
): Promise<Outcome> {
    return withEngine(engineChanges, async (engine) => {
        const corpus = await openCorpus(data, { languages });
        const { decodedTokens } = await collect({ engine, corpus, folder, ...changes });
        return { decoded: decodedTokens, bytes: readFileSync(join(folder, 'activations.safetensors')) };
    });
}

describe('counts', () => {
    it('are those of the model alone that was counted: one of the same header and size is another', async () => {
        await counted(at('base'), {});
        await expect(counted(at('base'), { model: nearlySame })).rejects.toMatchObject({
            code: 'MISMATCH',
            message: expect.stringMatching(
                /holds finished counts that differ in model .* and .*; give another `out`, or `force`/,
            ) as string,
        });
        const notes: string[] = [];
        const forced = await counted(at('forced'), {}).then(() =>
            counted(
                at('forced'),
                { model: nearlySame },
                { force: true, progress: { ...silent, note: (line) => notes.push(line) } },
            ),
        );
        expect(forced.decoded).toBeGreaterThan(0);
        expect(notes.join()).toContain('will be replaced once all is counted');
    });

    it.each<{
        option: string;
        engine?: Partial<EngineOptions>;
        corpus?: [string, string[]];
        collect?: Partial<CollectOptions>;
    }>([
        { option: '--window-size', engine: { windowSize: 200 } },
        { option: '--batch-size', engine: { batchSize: 64 } },
        { option: '--lora', engine: { loras: [{ path: embeddedAdapter }] } },
        { option: '--data', corpus: [at('others'), ['en', 'de']] },
        { option: '--languages', corpus: [at('texts'), ['de', 'en']] },
        { option: '--folds', collect: { folds: 2 } },
    ])(
        '$option is part of what they are',
        async ({ engine = {}, corpus = [at('texts'), ['en', 'de']], collect: changes = {} }) => {
            await counted(at('base'), {});
            await expect(counted(at('base'), engine, changes, ...corpus)).rejects.toMatchObject({ code: 'MISMATCH' });
            expect((await counted(at('base'), {})).decoded).toBe(0); // and nothing was lost
        },
    );

    it('of another adapter scale are others', async () => {
        const folder = at('scaled');
        await counted(folder, { loras: [{ path: embeddedAdapter, scale: 1 }] });
        await expect(counted(folder, { loras: [{ path: embeddedAdapter, scale: 0.5 }] })).rejects.toMatchObject({
            code: 'MISMATCH',
        });
    });

    it.each<{ option: string; engine: Partial<EngineOptions> }>([
        { option: '--threads', engine: { threads: 2 } },
        { option: '--gpu-layers on the CPU', engine: { gpuLayers: 3 } },
        { option: '--split on the CPU', engine: { split: 'none' } },
        { option: '--main-gpu on the CPU', engine: { mainGpu: 1 } },
        { option: '--cpu-experts on the CPU', engine: { cpuExperts: 1 } },
        { option: '--context-size', engine: { contextSize: 4096 } },
    ])('$option cannot change them', async ({ engine }) => {
        const whole = await counted(at('base'), {});
        expect((await counted(at('base'), engine)).decoded).toBe(0);
        const anew = await counted(at(`anew ${Object.keys(engine).join()}`), engine);
        expect(anew.decoded).toBeGreaterThan(0);
        expect(anew.bytes.equals(whole.bytes)).toBe(true);
    });
});

describe('cells and answers', () => {
    type Changes = Partial<Omit<DeactivateOptions, 'engine' | 'metric' | 'folder'>>;
    let analysis: ReturnType<typeof identify>;
    beforeAll(async () => {
        await withEngine({}, async (engine) => {
            const { activations } = await collect({
                engine,
                corpus: await openCorpus(at('texts'), { languages: ['en', 'de', 'es'] }),
                folder: at('run'),
            });
            analysis = identify(activations, { topRate: 0.2, bar: 0.9 });
            for (const kind of ['specific', 'related'] as const)
                expect(Object.values(analysis.neurons[kind]).flat().length, kind).toBeGreaterThan(0);
            await writeNeurons(at('run', 'neurons.json'), analysis);
        });
    });

    /** Passes through the model that a deactivation made. */
    async function passes(
        kind: 'ppl' | 'accuracy',
        engineChanges: Partial<EngineOptions> = {},
        changes: Changes = {},
        metric: TextMetricOptions & Partial<QuestionMetricOptions> & { data?: string; languages?: string[] } = {},
    ): Promise<number> {
        return withEngine({ contextSize: 1024, ...engineChanges }, async (engine) => {
            let made = 0;
            const counting = new Proxy(engine, {
                get: (target, name) => {
                    const value = Reflect.get(target, name, target) as unknown;
                    if (name === 'score')
                        return (...args: Parameters<Engine['score']>) => (made++, target.score(...args));
                    if (name === 'generate')
                        return async function* (...args: Parameters<Engine['generate']>) {
                            for await (const answer of target.generate(...args)) {
                                made++;
                                yield answer;
                            }
                        };
                    return typeof value === 'function'
                        ? (value as (...args: unknown[]) => unknown).bind(target)
                        : value;
                },
            });
            const { data, languages = ['en', 'de', 'es'], ...own } = metric;
            const measured =
                kind === 'ppl'
                    ? perplexityMetric(await openCorpus(data ?? at('others'), { languages }), own)
                    : accuracyMetric({
                          questions: await openQuestions(data ?? at('questions'), { languages }),
                          template: promptTemplates.mathoctopus!,
                          limit: 2,
                          maxTokens: 4,
                          ...own,
                      });
            await deactivate({
                engine: counting,
                analysis,
                metric: measured,
                folder: at('run'),
                sets: ['specific'],
                controls: 1,
                ...changes,
            });
            return made;
        });
    }
    const matrix = (kind: string): { sets: object; settings: Record<string, unknown> } =>
        JSON.parse(readFileSync(at('run', `${kind}.matrix.json`), 'utf8')) as {
            sets: object;
            settings: Record<string, unknown>;
        };

    it.each(['ppl', 'accuracy'] as const)(
        '%s: what is finished is found again, whatever was measured in between',
        async (kind) => {
            expect(await passes(kind)).toBeGreaterThan(0);
            expect(await passes(kind)).toBe(0);
            const more = await passes(kind, {}, { sets: ['specific+related'] });
            expect(Object.keys(matrix(kind).sets)).toEqual(expect.arrayContaining(['specific', 'specific+related']));
            expect(more).toBeGreaterThan(0);
            expect(await passes(kind, {}, { sets: ['specific', 'specific+related'] })).toBe(0);
            // Other settings measure anew and take nothing away.
            const others: [Partial<EngineOptions>, Changes, Parameters<typeof passes>[3]][] = [
                [{ batchSize: 64 }, {}, {}],
                [{}, { seed: 7 }, {}],
                ...(kind === 'ppl'
                    ? ([
                          [{ windowSize: 128 }, {}, {}],
                          [{}, {}, { over: 'text' }],
                      ] as typeof others)
                    : ([
                          [{}, {}, { maxTokens: 5 }],
                          [{ contextSize: 2048 }, {}, {}],
                      ] as typeof others)),
                [{ loras: [{ path: embeddedAdapter }] }, { otherModel: true }, {}],
                [{ model: nearlySame }, { otherModel: true }, {}],
            ];
            for (const [engine, changes, metric] of others) {
                expect(
                    await passes(kind, engine, changes, metric),
                    JSON.stringify([engine, changes, metric]),
                ).toBeGreaterThan(0);
                expect(await passes(kind), JSON.stringify([engine, changes, metric])).toBe(0);
            }
            // One language of them, fewer questions, other ways to judge or average: nothing to measure.
            expect(await passes(kind, {}, {}, { languages: ['de'] })).toBe(0);
            expect(await passes(kind, { threads: 2 })).toBe(0);
            if (kind === 'ppl') expect(await passes(kind, {}, {}, { mean: 'texts' })).toBe(0);
            else expect(await passes(kind, {}, {}, { number: 'mathoctopus', limit: 1 })).toBe(0);
            if (kind === 'accuracy')
                expect(await passes(kind, { windowSize: 300, batchSize: 128, contextSize: 1024 })).toBe(0);
            // A question more costs that question under each condition.
            if (kind === 'accuracy') expect(await passes(kind, {}, {}, { limit: 3 })).toBeGreaterThan(0);
            expect(await passes(kind)).toBe(0);
        },
    );

    it('neurons are not deactivated in another model unasked', async () => {
        await expect(passes('ppl', { model: nearlySame })).rejects.toMatchObject({
            code: 'MISMATCH',
            message: expect.stringContaining('`force`') as string,
        });
    });

    it('a file given elsewhere, or moved, is the same file', async () => {
        cpSync(at('others'), at('moved', 'others'), { recursive: true });
        copyFileSync(embeddedModel, at('copy.gguf'));
        expect(await passes('ppl')).toBe(0);
        expect(await passes('ppl', { model: at('copy.gguf') }, {}, { data: at('moved', 'others') })).toBe(0);
        expect(matrix('ppl').settings.data).toBe('../moved/others');
    });

    it('texts that were counted are told of, in the terminal and the report', async () => {
        const notes: string[] = [];
        await passes('ppl', {}, { progress: { ...silent, note: (line) => notes.push(line) } }, { data: at('texts') });
        expect(notes.join('\n')).toContain(
            'warning: evaluated on texts that were counted (en 100 %, de 100 %, es 100 % of the texts)',
        );
        const { warnings, html } = await reportOn(at('run'));
        expect(warnings.join()).toContain('texts that were counted');
        expect(readFileSync(html, 'utf8')).toContain('texts that were counted');
        notes.length = 0;
        await passes('ppl', {}, { progress: { ...silent, note: (line) => notes.push(line) } });
        expect(notes.join('\n')).not.toContain('warning');
        expect((await reportOn(at('run'))).warnings).toEqual([]);
    });

    it('a matrix of other neurons is left out of the report, which says so, as of a model beside itself', async () => {
        await passes('ppl');
        const later = identify(
            await import('../../src/activations/activationsFile.js').then(({ readActivations }) =>
                readActivations(at('run')),
            ),
            { topRate: 0.01, bar: 0.99 },
        );
        expect(later.perLanguage).not.toEqual(analysis.perLanguage);
        cpSync(at('run'), at('stale'), { recursive: true });
        await writeNeurons(at('stale', 'neurons.json'), later);
        const { warnings, html } = await reportOn(at('stale'));
        expect(warnings.join()).toContain(
            'ppl.matrix.json was made with other neurons than those of neurons.json and is left out; ' +
                'run deactivate again',
        );
        expect(readFileSync(html, 'utf8')).not.toContain('id="deactivation-ppl');
        const { notes } = compare([
            { label: 'before', analysis },
            { label: 'after', analysis },
        ]);
        expect(notes.join()).toContain('before and after are the same model');
        const window = {
            ...analysis,
            source: {
                ...analysis.source!,
                model: { ...analysis.source.model, fingerprint: 'xxh128:0', quantization: 'Q4_0', imatrix: 'x' },
                settings: { ...analysis.source!.settings, window: 99 },
            },
        };
        expect(
            compare([
                { label: 'before', analysis },
                { label: 'after', analysis: window },
            ]).notes.join(),
        ).toMatch(
            /differ in more than the model: file type Q8_0 and Q4_0, importance matrix none and x, window 256 and 99\./,
        );
    });
});

describe('respond', () => {
    it('finds its answers again, by what they are', async () => {
        const answered = async (
            changes: Partial<Parameters<typeof respond>[0]>,
            engineChanges: Partial<EngineOptions> = {},
        ): Promise<number> =>
            withEngine({ contextSize: 1024, ...engineChanges }, async (engine) => {
                const questions = await openQuestions(at('questions'), { languages: ['en', 'de'] });
                const { generatedTokens } = await respond({
                    engine,
                    questions,
                    template: promptTemplates.mathoctopus!,
                    path: at('answers.json'),
                    maxTokens: 4,
                    limit: 2,
                    ...changes,
                });
                return generatedTokens;
            });
        expect(await answered({})).toBeGreaterThan(0);
        const first = readFileSync(at('answers.json'));
        for (const changes of [
            { temperature: 0.8 },
            { temperature: 0.8, seed: 2 },
            { answers: 2 },
            { maxTokens: 3 },
            { limit: 3 },
            { temperature: 0.8, answers: 2, template: promptTemplates['native-cot']! },
        ]) {
            expect(await answered(changes), JSON.stringify(changes)).toBeGreaterThan(0);
            expect(await answered(changes), JSON.stringify(changes)).toBe(0);
        }
        for (const changes of [{}, { seed: 5 }, { limit: 1 }])
            expect(await answered(changes), JSON.stringify(changes)).toBe(0);
        expect(await answered({})).toBe(0);
        expect(readFileSync(at('answers.json')).equals(first)).toBe(true);
        expect(await answered({ fresh: true })).toBeGreaterThan(0);
        expect(readdirSync(root).filter((name) => name.includes('.lock'))).toEqual([]);
        expect(existsSync(at('answers.json.answers.jsonl'))).toBe(true);
    });
});
