import { join } from 'node:path';
import { collect } from '../activations/collect.js';
import { openCorpus } from '../corpus/openCorpus.js';
import { defined } from '../defined.js';
import { Engine } from '../engine/Engine.js';
import { deactivate } from '../experiments/deactivate.js';
import type { DeactivationMatrix } from '../experiments/DeactivationMatrix.js';
import { ensureWritableFolder, writeFileAtomic } from '../files.js';
import { writeNeurons } from '../neurons/file.js';
import { identify } from '../neurons/identify.js';
import type { NeuronAnalysis } from '../neurons/NeuronAnalysis.js';
import { type Progress, silent } from '../progress.js';
import type { ReportFiles } from '../report/Report.js';
import { reportOn } from '../report/reportOn.js';
import { toolVersions } from '../versions.js';
import type { RunConfig } from './RunConfig.js';

export interface RunResult {
    readonly folder: string;
    readonly analysis: NeuronAnalysis;
    readonly matrix: DeactivationMatrix;
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
    const texts = await openCorpus(config.data, defined({ languages: config.languages }));
    // Opened now, so that a language without texts to evaluate on is told before hours of counting.
    const evaluation = await openCorpus(config.evaluation ?? config.data, { languages: texts.languages });

    const engine = await Engine.open(engineOptionsOf(config));
    try {
        const { activations } = await collect({ engine, corpus: texts, folder: config.out, folds: config.folds, signal, progress });
        const { method, topRate, bar, lambda } = config;
        const analysis = identify(activations, defined({ method, topRate, bar, lambda }));
        await writeNeurons(join(config.out, 'neurons.json'), analysis);
        const matrix = await deactivate({
            engine, analysis, corpus: evaluation, sets: config.sets, seed: config.seed, folder: config.out, signal, progress,
        });
        const report = await reportOn(config.out, { title: config.title, notes: config.notes });
        const made = { format: 'language-neurons/run', version: 1, config, versions: { ...toolVersions(), node: process.version, 'llama.cpp': engine.backends.release }, finished: new Date().toISOString() };
        await writeFileAtomic(join(config.out, 'run.json'), `${JSON.stringify(made, null, 1)}\n`);
        return { folder: config.out, analysis, matrix, report, seconds: (performance.now() - begin) / 1000 };
    } finally {
        engine.close();
    }
}

function engineOptionsOf(config: RunConfig): Parameters<typeof Engine.open>[0] {
    const { model, loras, gpu, gpuLayers, batchSize, windowSize, threads } = config;
    return {
        model, loras: (loras ?? []).map(({ path, scale }) => ({ path, scale: scale ?? 1 })),
        ...defined({ gpu, gpuLayers, batchSize, windowSize, threads }),
    };
}
