import { setImmediate as breathe } from 'node:timers/promises';
import { throwIfStopped } from '../stop.js';
import { readActivationsSource } from '../activations/activationsFile.js';
import { modelSource } from '../activations/modelSource.js';
import { shareWithin } from '../activations/sketch.js';
import { defined } from '../defined.js';
import type { Engine } from '../engine/Engine.js';
import { neuronsAt, sameSites, type Site } from '../engine/Site.js';
import { LanguageNeuronsError } from '../errors.js';
import { withFolder } from '../folderLock.js';
import { analysisSites, type NeuronAnalysis } from '../neurons/NeuronAnalysis.js';
import { neuronsDigest } from '../neurons/neuronsDigest.js';
import { type Progress, silent } from '../progress.js';
import { buildSet, estimates } from './buildSet.js';
import { allConditions, setConditions, type SetConditions, wholeModel } from './conditions.js';
import { countedWords } from './countedTexts.js';
import { type DeactivationMatrix, type DeactivationSet, type NeuronSetName, setsFor } from './DeactivationMatrix.js';
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
    /** Folder that gets the metric's `.matrix.json` and `.matrix.csv`, and keeps each cell as soon as it is measured. */
    readonly folder: string;
    /** Deactivate the neurons in another model than the one that was analysed. Default: refuse. */
    readonly otherModel?: boolean | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly progress?: Progress | undefined;
}

/** The matrix, and the time this call took. */
export interface DeactivateResult extends DeactivationMatrix {
    readonly seconds: number;
}

/**
 * Perplexity or accuracy in every language with the neurons of every language deactivated (figs. 2,
 * 6-13), and with as many random neurons of the same layers. What was measured before of the same model
 * and inputs is taken over; the matrix also holds the sets that are not asked for and all measured already.
 * @throws LanguageNeuronsError MISMATCH where metric, model and analysis do not belong together; BUSY; the
 * corpus's, the questions' and the engine's errors
 */
export async function deactivate(options: DeactivateOptions): Promise<DeactivateResult> {
    const { engine, analysis, metric, folder, otherModel = false } = options;
    checkFit(engine, analysis, metric, otherModel);
    return withFolder(folder, 'deactivate', () => deactivateInto(options));
}

async function deactivateInto(options: DeactivateOptions): Promise<DeactivateResult> {
    const { engine, analysis, metric, folder, signal, progress = silent } = options;
    if (analysis.experts === undefined && options.sets?.includes('experts') === true) {
        throw new LanguageNeuronsError('WRONG_USE', `${engine.path}: has no experts to route tokens to; leave the set experts out`);
    }
    const begin = performance.now();
    const { languages } = metric;
    const sets = experimentSets(options, languages);
    const asked = allConditions([...sets].filter(([name]) => isAsked(options, name)).map(([, set]) => set));
    const askedIds = new Set(asked.map(({ id }) => id));
    const known = allConditions(sets.values()).filter(({ id }) => !askedIds.has(id));
    const measurements = await metric.measure(asked, { engine, folder, known, signal, progress });
    const there = new Set([...asked, ...known.filter((condition) => measurements.has?.(condition) ?? false)].map(({ id }) => id));
    const held = [...sets].filter(([, { own, controls }]) => [own, ...controls].flat().every(({ id }) => there.has(id)));
    const conditions = allConditions(held.map(([, set]) => set));
    const measured = estimates(metric, measurements);
    for (const condition of conditions) {
        for (const language of languages) measured(condition, language);
        await breathe(); // resampling takes a while
        throwIfStopped(signal);
    }
    const matrices: Partial<Record<NeuronSetName, DeactivationSet>> = {};
    for (const [name, set] of held) matrices[name] = buildSet(metric, languages, set, measured);
    const whole = Object.fromEntries(languages.map((language) => {
        const { numerators, weights } = measurements.whole?.(language) ?? measured(wholeModel, language).cell;
        return [language, { numerators: [...numerators], weights: [...weights] }];
    }));
    const { name: model, quantization, fingerprint } = modelSource(engine);
    const counted = await countedShares(folder, measurements.sketches ?? {});
    const matrix: DeactivationMatrix = {
        metric: metric.name, settings: { ...metric.settings, ...measurements.settings, controls: controlsOf(options), seed: options.seed ?? 1 },
        model: { name: model, quantization, fingerprint }, neurons: neuronsDigest(analysis), ...defined({ counted }),
        languages, sets: matrices, whole,
        decodedTokens: conditions.reduce((sum, condition) => sum + measurements.decodedTokens(condition), 0),
    };
    if (counted !== undefined) progress.note(`warning: ${countedWords(counted)}; give other --data, or the effect will look larger than it is`);
    await writeMatrix(folder, matrix);
    progress.done();
    return { ...matrix, seconds: (performance.now() - begin) / 1000 };
}

/**
 * The share of each language's texts that the folder's counts were made of too; undefined where none was, or it is
 * not known.
 */
async function countedShares(folder: string, sketches: Readonly<Record<string, string>>): Promise<Record<string, number> | undefined> {
    const texts = (await readActivationsSource(folder))?.source.dataset.texts ?? {};
    const shares = Object.entries(sketches).map(([language, sketch]) => [language, shareWithin(sketch, texts[language]?.sketch ?? '')] as const);
    const found = shares.filter(([, share]) => share > 0);
    return found.length === 0 ? undefined : Object.fromEntries(found);
}

/** How many different conditions an experiment has: an engine that holds as many masks runs all of them in one batch. */
export function countConditions(options: ExperimentOptions, languages: readonly string[]): number {
    return allConditions([...experimentSets(options, languages)].filter(([name]) => isAsked(options, name)).map(([, set]) => set)).length;
}

/** The conditions of all sets, asked for or not. */
function experimentSets(options: ExperimentOptions, languages: readonly string[]): Map<NeuronSetName, SetConditions> {
    const { analysis, seed = 1 } = options;
    return new Map(setsFor(analysis).map((set) => [set, setConditions(analysis, languages, set, seed, controlsOf(options))]));
}

function isAsked({ sets, analysis }: ExperimentOptions, name: NeuronSetName): boolean {
    return (sets ?? setsFor(analysis)).includes(name);
}

function controlsOf({ controls = 3 }: ExperimentOptions): number {
    if (!Number.isInteger(controls) || controls < 1) throw new LanguageNeuronsError('WRONG_USE', `the number of controls must be a whole number of at least 1, not ${controls}`);
    return controls;
}

function checkFit(engine: Engine, analysis: NeuronAnalysis, metric: Metric, otherModel: boolean): void {
    const [ours, theirs] = [engine.sites, analysisSites(analysis)];
    if (!sameSites(ours, theirs)) {
        const shape = (sites: readonly Site[]): string => `${sites.length} sites of ${[...new Set(sites.map(neuronsAt))].join(' or ')} neurons`;
        throw new LanguageNeuronsError('MISMATCH', `${engine.path}: has ${shape(ours)}, the analysis ${shape(theirs)}; give the model that was analysed`);
    }
    const analysed = analysis.source?.model;
    if (!otherModel && analysed !== undefined && analysed.fingerprint.startsWith('xxh128:') && analysed.fingerprint !== engine.fingerprint) {
        throw new LanguageNeuronsError(
            'MISMATCH', `${engine.path}: is not ${analysed.name} that was analysed, though of its shape; give that model, or --force to deactivate its neurons in this one`,
        );
    }
    const missing = metric.languages.filter((language) => !analysis.languages.includes(language));
    if (missing.length > 0) {
        throw new LanguageNeuronsError(
            'MISMATCH', `${metric.source}: ${missing.join(', ')} not among the analysed languages (${analysis.languages.join(', ')}); choose languages with --languages`,
        );
    }
}
