import type { Engine } from '../../engine/Engine.js';
import { neuronsAt, sameSites, type Site } from '../../engine/types/Site.js';
import { LanguageNeuronsError, wrongUse } from '../../errors.js';
import { isOfModel } from '../../activations/isOfModel.js';
import { analysisSites } from '../../neurons/analysis/NeuronAnalysis.js';
import type { NeuronSetName } from '../../neurons/sets/neuronSets.js';
import type { ExperimentOptions } from './experiment.js';
import type { Metric } from '../metric/Metric.js';

export interface FitOptions extends Pick<ExperimentOptions, 'analysis' | 'sets'> {
    readonly engine: Engine;
    readonly metric: Metric;
    readonly otherModel?: boolean | undefined;
}

/**
 * Checks that model, analysis, sets and metric fit together.
 * @throws LanguageNeuronsError MISMATCH, or WRONG_USE for a set that the model cannot have
 */
export function checkFit({ engine, analysis, metric, sets, otherModel }: FitOptions): void {
    checkModel({ engine, analysis, otherModel });
    const missing = metric.languages.filter((language) => !analysis.languages.includes(language));
    if (missing.length > 0) {
        const among = `the analysed languages (${analysis.languages.join(', ')})`;
        throw mismatch(
            `${metric.source}: ${missing.join(', ')} missing from ${among}; choose languages with \`languages\``,
        );
    }
    checkSets(engine, sets);
}

/** @throws LanguageNeuronsError WRONG_USE for sets that the model cannot have */
export function checkSets({ path, sites }: Engine, sets: readonly NeuronSetName[] | undefined): void {
    if (sets?.includes('experts') !== true || sites.some(({ kind }) => kind === 'routed')) return;
    const mend = 'leave the set experts out';
    throw wrongUse(`${path}: has no experts to route tokens to; ${mend}`);
}

/**
 * Checks that an analysis belongs to the model.
 * @throws LanguageNeuronsError MISMATCH
 */
export function checkModel({
    engine,
    analysis,
    otherModel = false,
}: Pick<FitOptions, 'engine' | 'analysis' | 'otherModel'>): void {
    const [ours, theirs] = [engine.sites, analysisSites(analysis)];
    if (!sameSites(ours, theirs)) {
        const shape = (sites: readonly Site[]): string =>
            `${sites.length} sites of ${[...new Set(sites.map(neuronsAt))].join(' or ')} neurons`;
        const mend = 'give the model that was analysed';
        throw mismatch(`${engine.path}: has ${shape(ours)}, the analysis ${shape(theirs)}; ${mend}`);
    }
    if (!otherModel && !isOfModel(analysis.source, engine.fingerprint)) {
        const mend = 'give that model, or `force` to deactivate its neurons in this one';
        throw mismatch(
            `${engine.path}: is not the analysed model (${analysis.source.model.name}), though of its shape; ${mend}`,
        );
    }
}

function mismatch(what: string): LanguageNeuronsError {
    return new LanguageNeuronsError('MISMATCH', what);
}
