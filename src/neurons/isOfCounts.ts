import { type Activations, sitesOf } from '../activations/Activations.js';
import { countsDigest } from '../activations/countsDigest.js';
import { sameSites } from '../engine/Site.js';
import { analysisSites, type NeuronAnalysis } from './NeuronAnalysis.js';

/** Whether an analysis is of these counts; where it does not say, whether it has their shape. */
export function isOfCounts(analysis: NeuronAnalysis, activations: Activations): boolean {
    if (analysis.source !== undefined) return analysis.source.counts === countsDigest(activations);
    return (
        analysis.languages.join() === activations.languages.join() &&
        sameSites(analysisSites(analysis), sitesOf(activations))
    );
}
