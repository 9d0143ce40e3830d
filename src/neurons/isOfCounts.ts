import type { Activations } from '../activations/Activations.js';
import { countsDigest } from '../activations/countsDigest.js';
import type { NeuronAnalysis } from './NeuronAnalysis.js';

/** Whether an analysis is of these counts. */
export function isOfCounts({ source }: NeuronAnalysis, activations: Activations): boolean {
    return source.counts === countsDigest(activations);
}
