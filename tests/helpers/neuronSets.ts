import { neuronsAt, type Site } from '../../src/engine/types/Site.js';
import type { NeuronIndex } from '../../src/neurons/analysis/NeuronAnalysis.js';

/** Every n-th neuron of every site, beginning elsewhere in each. */
export function everyNth(sites: readonly Site[], n: number): NeuronIndex[] {
    return sites.flatMap((site, number) =>
        Array.from({ length: Math.floor(neuronsAt(site) / n) }, (_, j): NeuronIndex => [number, n * j + (number % n)]),
    );
}
