import { join } from 'node:path';
import { collect } from '../activations/collect.js';
import { openCorpus } from '../corpus/openCorpus.js';
import { defined } from '../defined.js';
import { Engine, generationContextSize } from '../engine/Engine.js';
import { accuracyMetric } from '../experiments/accuracy.js';
import { countConditions, deactivate } from '../experiments/deactivate.js';
import type { DeactivationMatrix } from '../experiments/DeactivationMatrix.js';
import { perplexityMetric } from '../experiments/perplexity.js';
import { ensureWritableFolder, writeFileAtomic } from '../files.js';
import { writeNeurons } from '../neurons/file.js';
import { identify } from '../neurons/identify.js';
import type { NeuronAnalysis } from '../neurons/NeuronAnalysis.js';
import { type Progress, silent } from '../progress.js';
import { openQuestions } from '../questions/openQuestions.js';
import { openTemplate } from '../questions/promptTemplates.js';
import type { ReportFiles } from '../report/Report.js';
import { reportOn } from '../report/reportOn.js';
import { toolVersions } from '../versions.js';
import type { RunConfig } from './RunConfig.js';

export interface RunResult {
    readonly folder: string;
    readonly analysis: NeuronAnalysis;
    /** Of perplexity, and of accuracy where questions were given. */
    readonly matrices: readonly DeactivationMatrix[];
    readonly report: ReportFiles;
    readonly seconds: number;
}

/**
 * The whole way: collect, identify, deactivate, report, into one run folder with `run.json` saying
 * what made it. Stopped, it continues where it was.
 * @throws LanguageNeuronsError as its steps
 */
export async function run(
    config: RunConfig, options: { readonly signal?: AbortSignal | undefined; readonly progress?: Progress | undefined } = {},
): Promise<RunResult> {
    const { signal, progress = silent } = options;
    const begin = performance.now();
    await ensureWritableFolder(config.out);
    const texts = await openCorpus(config.data, { ...defined({ languages: config.languages }), signal, progress });
    // Opened now, so that a language without texts to evaluate on is told before hours of counting.
    const evaluation = await openCorpus(config.evaluation ?? config.data, { languages: texts.languages, signal, progress });
    const { accuracy } = config;
    const questions = accuracy === undefined ? undefined : await openQuestions(accuracy.questions, { languages: texts.languages, signal, progress });

    const engine = await Engine.open(engineOptionsOf(config));
    for (const note of engine.notes) progress.note(note);
    try {
        const template = accuracy === undefined ? undefined : await openTemplate(accuracy.template ?? 'mathoctopus', engine);
        const { activations } = await collect({ engine, corpus: texts, folder: config.out, folds: config.folds, signal, progress });
        const { method, topRate, bar, lambda } = config;
        const analysis = identify(activations, defined({ method, topRate, bar, lambda }));
        await writeNeurons(join(config.out, 'neurons.json'), analysis);
        const experiment = { analysis, sets: config.sets, seed: config.seed, controls: config.controls, folder: config.out, signal, progress };
        const matrices = [await deactivate({ ...experiment, engine, metric: perplexityMetric(evaluation) })];
        if (accuracy !== undefined) {
            const { limit, maxTokens, number } = accuracy;
            const metric = accuracyMetric({ questions: questions!, template: template!, limit, maxTokens, rule: number });
            engine.close(); // one model in memory at a time
            // One that holds a mask for every condition.
            const many = await Engine.open({ ...engineOptionsOf(config), contextSize: accuracy.contextSize ?? generationContextSize, masks: countConditions(experiment, metric.languages) });
            try {
                matrices.push(await deactivate({ ...experiment, engine: many, metric }));
            } finally {
                many.close();
            }
        }
        const report = await reportOn(config.out, { title: config.title, notes: config.notes });
        const made = { format: 'language-neurons/run', version: 1, config, versions: { ...toolVersions(), node: process.version, 'llama.cpp': engine.backends.release }, finished: new Date().toISOString() };
        await writeFileAtomic(join(config.out, 'run.json'), `${JSON.stringify(made, null, 1)}\n`);
        return { folder: config.out, analysis, matrices, report, seconds: (performance.now() - begin) / 1000 };
    } finally {
        engine.close();
    }
}

function engineOptionsOf(config: RunConfig): Parameters<typeof Engine.open>[0] {
    const { model, loras, gpu, gpuLayers, split, batchSize, windowSize, threads } = config;
    return {
        model, loras: (loras ?? []).map(({ path, scale }) => ({ path, scale: scale ?? 1 })),
        ...defined({ gpu, gpuLayers, split, batchSize, windowSize, threads }),
    };
}
