import type { Activations } from '../../activations/Activations.js';
import { countsDigest } from '../../activations/countsDigest.js';
import { LanguageNeuronsError } from '../../errors.js';
import type { NeuronAnalysis } from './NeuronAnalysis.js';

/** Whether an analysis was made from these counts. */
export function isOfCounts({ source }: NeuronAnalysis, activations: Activations): boolean {
    return source.counts === countsDigest(activations);
}

/** @throws LanguageNeuronsError MISMATCH for an analysis of other counts */
export function checkOfCounts(analysis: NeuronAnalysis, activations: Activations): void {
    if (isOfCounts(analysis, activations)) return;
    throw new LanguageNeuronsError(
        'MISMATCH',
        'neurons.json was made from other counts than those in activations.safetensors; run identify again',
    );
}
