import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readActivations } from '../../../src/activations/activationsFile.js';
import { writeActivations } from '../../../src/activations/activationsFile.js';
import { collect } from '../../../src/activations/collect.js';
import { importCounts } from '../../../src/activations/import/importCounts.js';
import { openCorpus } from '../../../src/data/openCorpus.js';
import { Engine } from '../../../src/engine/Engine.js';
import { accuracyMetric } from '../../../src/experiments/answerMetrics/accuracy.js';
import { compare } from '../../../src/experiments/comparisons/compare.js';
import { writeComparison } from '../../../src/experiments/resultFiles/comparisonFile.js';
import { deactivate } from '../../../src/experiments/deactivate.js';
import { intervene } from '../../../src/experiments/intervene.js';
import { readMatrices } from '../../../src/experiments/resultFiles/matrixFile.js';
import { perplexityMetric } from '../../../src/experiments/textMetrics/perplexity.js';
import { exportModel } from '../../../src/export/exportModel.js';
import { rankNeurons } from '../../../src/neurons/scores/rankNeurons.js';
import { readNeurons, writeNeurons } from '../../../src/neurons/analysis/neuronsFile.js';
import { identify } from '../../../src/neurons/classes/identify.js';
import { openQuestions } from '../../../src/questions/sources/openQuestions.js';
import { openTemplate } from '../../../src/questions/templates/promptTemplates.js';
import { respond } from '../../../src/questions/respond.js';
import { reportOn } from '../../../src/report/reportOn.js';
import { embeddedAdapter, embeddedModel } from '../../../src/run/embeddedRun.js';
import { clean } from '../../../src/run/clean.js';
import { merge } from '../../../src/run/merge.js';
import { run } from '../../../src/run/run.js';
import { readRunConfig } from '../../../src/run/RunConfig.js';
import { countsFile } from '../../helpers/torchFiles.js';

/** A step of the library, in a folder with its inputs, `run/` its run folder. */
export interface Step {
    readonly name: string;
    /** Steps whose results it starts from. */
    readonly after: readonly string[];
    /** Pieces of work after which the step is stopped once, so that it starts with some finished. */
    readonly stoppedAfter?: number;
    /** What it answers is compared as well. */
    run(folder: string, tools: Tools): Promise<unknown>;
}

export interface Tools {
    /** Its finished pieces of work are counted. */
    readonly engine: Engine;
    readonly signal?: AbortSignal;
}

async function experiment(folder: string): Promise<{
    analysis: Awaited<ReturnType<typeof readNeurons>>;
    sets: ['specific'];
    controls: number;
    folder: string;
}> {
    const run = join(folder, 'run');
    return { analysis: await readNeurons(join(run, 'neurons.json')), sets: ['specific'], controls: 1, folder: run };
}

const collecting = async (folder: string, { engine, signal }: Tools): Promise<unknown> => {
    await collect({
        engine,
        corpus: await openCorpus(join(folder, 'texts')),
        folder: join(folder, 'run'),
        folds: 2,
        signal,
    });
    return undefined;
};
const perplexities = async (folder: string, { engine, signal }: Tools): Promise<unknown> => {
    const { seconds: _, ...matrix } = await deactivate({
        ...(await experiment(folder)),
        engine,
        metric: perplexityMetric(await openCorpus(join(folder, 'evaluate'))),
        signal,
    });
    return matrix;
};
const accuracies = async (folder: string, { engine, signal }: Tools): Promise<unknown> => {
    const [questions, template] = [await openQuestions(join(folder, 'questions')), await openTemplate('chat', engine)];
    const metric = accuracyMetric({ questions, template, limit: 2, maxTokens: 4 });
    await deactivate({ ...(await experiment(folder)), engine, metric, signal });
    return undefined; // answers may be other ones after a stop
};
const responding = async (folder: string, { engine, signal }: Tools): Promise<unknown> => {
    const [questions, template] = [
        await openQuestions(join(folder, 'questions')),
        await openTemplate(join(folder, 'template.txt'), engine),
    ];
    await respond({ engine, questions, template, path: join(folder, 'run', 'answers.json'), maxTokens: 4, signal });
    return undefined;
};

export const steps: readonly Step[] = [
    {
        name: 'open a model',
        after: [],
        run: async (folder) => {
            const engine = await Engine.open({
                model: join(folder, 'model.gguf'),
                loras: [{ path: join(folder, 'adapter.gguf') }],
                gpu: 'off',
                threads: 1,
                batchSize: 64,
                windowSize: 64,
            });
            engine.close();
            return engine.fingerprint;
        },
    },
    { name: 'collect', after: [], run: collecting },
    { name: 'collect, continued', after: [], stoppedAfter: 3, run: collecting },
    { name: 'collect, finished', after: ['collect'], run: collecting },
    {
        name: 'identify',
        after: ['collect'],
        run: async (folder) => {
            const analysis = identify(await readActivations(join(folder, 'run')), { topRate: 0.2, bar: 0.98 });
            await writeNeurons(join(folder, 'run', 'neurons.json'), analysis);
            return undefined;
        },
    },
    { name: 'perplexity', after: ['collect', 'identify'], run: perplexities },
    { name: 'perplexity, continued', after: ['collect', 'identify'], stoppedAfter: 5, run: perplexities },
    { name: 'accuracy', after: ['collect', 'identify'], run: accuracies },
    { name: 'accuracy, continued', after: ['collect', 'identify'], stoppedAfter: 9, run: accuracies },
    { name: 'respond', after: ['collect'], run: responding },
    { name: 'respond, continued', after: ['collect'], stoppedAfter: 2, run: responding },
    {
        name: 'report',
        after: ['collect', 'identify', 'perplexity'],
        run: (folder) => reportOn(join(folder, 'run')).then(() => undefined),
    },
    {
        name: 'compare',
        after: ['collect', 'identify', 'perplexity'],
        run: async (folder) => {
            const analysis = await readNeurons(join(folder, 'run', 'neurons.json'));
            const matrices = await readMatrices(join(folder, 'run'));
            const labelled = ['before', 'after'].map((label) => ({ label, analysis, matrices }));
            await writeComparison(join(folder, 'run'), compare(labelled, []));
            await reportOn(join(folder, 'run'));
            return undefined;
        },
    },
    {
        name: 'intervene, and by doses',
        after: ['collect', 'identify'],
        run: async (folder, { engine, signal }) => {
            const { sets: _, ...common } = await experiment(folder);
            const metric = perplexityMetric(await openCorpus(join(folder, 'evaluate')));
            const ranking = rankNeurons(await readActivations(common.folder), common.analysis);
            const operations = [{ op: 'scale', value: 0.5 }] as const;
            await intervene({ ...common, sets: ['specific'], engine, metric, operations, signal });
            await intervene({ ...common, doses: { ranking, shares: [0.01] }, engine, metric, signal });
            return undefined;
        },
    },
    {
        name: 'shards and merge',
        after: ['collect', 'identify'],
        run: async (folder, { engine, signal }) => {
            const corpus = await openCorpus(join(folder, 'texts'));
            const shards = [1, 2].map((number) => ({ number, total: 2 }));
            const out = join(folder, 'run');
            for (const shard of shards) {
                await collect({ engine, corpus, folder: join(folder, 'parted'), shard, signal });
                const metric = perplexityMetric(await openCorpus(join(folder, 'evaluate')));
                await deactivate({ ...(await experiment(folder)), engine, metric, shard, signal });
            }
            await merge([join(folder, 'parted')], { folder: join(folder, 'parted') });
            await merge([out], { folder: out, signal });
            return undefined;
        },
    },
    {
        name: 'export',
        after: ['collect', 'identify'],
        run: async (folder, { engine, signal }) => {
            const out = join(folder, 'run', 'edited.gguf');
            const analysis = await readNeurons(join(folder, 'run', 'neurons.json'));
            const edits = [{ label: 'en', scale: 0, neurons: analysis.neurons.specific.en! }];
            await rm(out, { force: true }).catch(() => undefined); // of the call before
            await exportModel({ model: engine.path, analysis, edits, out, signal });
            return undefined;
        },
    },
    {
        name: 'clean',
        after: ['collect', 'identify', 'perplexity', 'report'],
        run: async (folder) => {
            await clean(join(folder, 'run'), ['ppl', 'report']);
            return undefined;
        },
    },
    {
        name: 'run',
        after: [],
        run: async (folder, { signal }) => {
            const config = await readRunConfig(join(folder, 'run.yaml'));
            await run({ ...config, gpu: 'off', out: join(folder, 'run', 'whole') }, { signal });
            return undefined;
        },
    },
    {
        name: 'import',
        after: [],
        run: async (folder) =>
            writeActivations(
                join(folder, 'run', 'activations.safetensors'),
                await importCounts(join(folder, 'published')),
            ),
    },
    {
        name: 'readers',
        after: ['collect', 'identify', 'perplexity', 'respond'],
        run: async (folder, { engine }) => {
            const texts: unknown[] = [];
            for (const name of ['texts', 'data.jsonl', 'run/answers.json']) {
                const corpus = await openCorpus(join(folder, name));
                for (const language of corpus.languages)
                    for await (const sample of corpus.samples(language)) texts.push(sample);
            }
            const questions = await openQuestions(join(folder, 'questions'));
            for (const language of questions.languages) texts.push(await questions.inLanguage(language));
            texts.push((await openTemplate(join(folder, 'template.txt'), engine)).write({ language: 'en', text: 'a' }));
            return {
                texts,
                config: await readRunConfig(join(folder, 'run.yaml')),
                matrices: await readMatrices(join(folder, 'run')),
            };
        },
    },
];

/** Inputs of the steps beside those of `writeInputs`. */
export function writeMore(folder: string): void {
    mkdirSync(join(folder, 'published'));
    for (const [language, counts] of [
        ['en', [1, 2, 3, 4]],
        ['de', [4, 3, 2, 1]],
    ] as const) {
        writeFileSync(join(folder, 'published', `activation.${language}.pt`), countsFile([2, 2], counts, 9));
    }
    cpSync(embeddedModel, join(folder, 'model.gguf'));
    cpSync(embeddedAdapter, join(folder, 'adapter.gguf'));
    writeFileSync(
        join(folder, 'data.jsonl'),
        '{"language":"en","text":"The farmer eats bread."}\n{"language":"de","text":"Der Bauer isst das Brot."}\n',
    );
    writeFileSync(join(folder, 'template.txt'), '{question} {Language}:\n');
    mkdirSync(join(folder, 'run'));
}
