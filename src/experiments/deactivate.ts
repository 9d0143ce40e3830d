import { setImmediate as breathe } from 'node:timers/promises';
import type { Engine } from '../engine/Engine.js';
import { LanguageNeuronsError } from '../errors.js';
import { ensureWritableFolder } from '../files.js';
import type { NeuronAnalysis } from '../neurons/NeuronAnalysis.js';
import { type Progress, silent } from '../progress.js';
import { buildSet, estimates } from './buildSet.js';
import { allConditions, setConditions, type SetConditions, wholeModel } from './conditions.js';
import { type DeactivationMatrix, type DeactivationSet, type NeuronSetName, neuronSetNames } from './DeactivationMatrix.js';
import { writeMatrix } from './matrixFile.js';
import type { Metric } from './Metric.js';

/** The conditions of an experiment. */
export interface ExperimentOptions {
    readonly analysis: NeuronAnalysis;
    /** Default: all three. */
    readonly sets?: readonly NeuronSetName[] | undefined;
    /** Seed of the first random control. Default 1. */
    readonly seed?: number | undefined;
    /** Random controls of each cell, each with a seed of its own. Default 3. */
    readonly controls?: number | undefined;
}

export interface DeactivateOptions extends ExperimentOptions {
    readonly engine: Engine;
    /** What is measured, on what; its languages must be those of the analysis, or some of them. */
    readonly metric: Metric;
    /** Folder that gets the metric's `.matrix.json` and `.matrix.csv` and, while the work lasts, its finished parts. */
    readonly folder: string;
    readonly signal?: AbortSignal | undefined;
    readonly progress?: Progress | undefined;
}

/** The matrix, and the time this call took. */
export interface DeactivateResult extends DeactivationMatrix {
    readonly seconds: number;
}

/**
 * Perplexity or accuracy in every language with the neurons of every language deactivated (figs. 2,
 * 6-13), and with as many random neurons of the same layers. What an earlier, stopped run over the same
 * model and inputs finished is taken over.
 * @throws LanguageNeuronsError MISMATCH where metric, model and analysis do not belong together; the
 * corpus's, the questions' and the engine's errors
 */
export async function deactivate(options: DeactivateOptions): Promise<DeactivateResult> {
    const { engine, analysis, metric, folder, signal, progress = silent } = options;
    const begin = performance.now();
    checkFit(engine, analysis, metric);
    await ensureWritableFolder(folder);
    const { languages } = metric;
    const sets = experimentSets(options, languages);
    const conditions = allConditions(sets.values());
    const measurements = await metric.measure(conditions, { engine, folder, signal, progress });
    const measured = estimates(metric, measurements);
    for (const condition of conditions) {
        for (const language of languages) measured(condition, language);
        await breathe(); // judging answers and resampling take a while
    }
    const matrices: Partial<Record<NeuronSetName, DeactivationSet>> = {};
    for (const [name, set] of sets) matrices[name] = buildSet(metric, languages, set, measured);
    const whole = Object.fromEntries(languages.map((language) => {
        const { numerators, weights } = measurements.whole?.(language) ?? measured(wholeModel, language).cell;
        return [language, { numerators: [...numerators], weights: [...weights] }];
    }));
    const matrix: DeactivationMatrix = {
        metric: metric.name, settings: { ...metric.settings, controls: controlsOf(options), seed: options.seed ?? 1 }, languages, sets: matrices, whole, decodedTokens: measurements.decodedTokens,
    };
    await writeMatrix(folder, matrix);
    await measurements.finish();
    progress.done();
    return { ...matrix, seconds: (performance.now() - begin) / 1000 };
}

/** How many different conditions an experiment has: an engine that holds as many masks runs all of them in one batch. */
export function countConditions(options: ExperimentOptions, languages: readonly string[]): number {
    return allConditions(experimentSets(options, languages).values()).length;
}

function experimentSets(options: ExperimentOptions, languages: readonly string[]): Map<NeuronSetName, SetConditions> {
    const { analysis, sets = neuronSetNames, seed = 1 } = options;
    return new Map(sets.map((set) => [set, setConditions(analysis, languages, set, seed, controlsOf(options))]));
}

function controlsOf({ controls = 3 }: ExperimentOptions): number {
    if (!Number.isInteger(controls) || controls < 1) throw new LanguageNeuronsError('WRONG_USE', `the number of controls must be a whole number of at least 1, not ${controls}`);
    return controls;
}

function checkFit(engine: Engine, analysis: NeuronAnalysis, metric: Metric): void {
    const widths = engine.layers.map(({ width }) => width);
    if (widths.join() !== analysis.widths.join()) {
        throw new LanguageNeuronsError(
            'MISMATCH',
            `${engine.path}: has ${widths.length} layers of ${widths[0] ?? 0} neurons, the analysis ${analysis.widths.length} of ${analysis.widths[0] ?? 0}; give the model that was analysed`,
        );
    }
    const missing = metric.languages.filter((language) => !analysis.languages.includes(language));
    if (missing.length > 0) {
        throw new LanguageNeuronsError(
            'MISMATCH', `${metric.source}: ${missing.join(', ')} not among the analysed languages (${analysis.languages.join(', ')}); choose languages with --languages`,
        );
    }
}
