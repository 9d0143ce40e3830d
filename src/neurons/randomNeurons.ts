import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { randomOf } from '../random.js';
import type { NeuronIndex } from './NeuronAnalysis.js';

/**
 * As many random neurons in the same layers as the set given, and none of it while a layer has
 * others; the same seeds give the same neurons. The control of a deactivation experiment.
 */
export function randomNeurons(set: readonly NeuronIndex[], widths: readonly number[], ...seeds: readonly number[]): NeuronIndex[] {
    const generator = randomOf(...seeds);
    const draw = (pool: number[], count: number): number[] => {
        for (let i = 0; i < count; i++) {
            const swap = uniformInt(generator, i, pool.length - 1);
            [pool[i], pool[swap]] = [pool[swap]!, pool[i]!];
        }
        return pool.slice(0, count);
    };
    const chosen: NeuronIndex[] = [];
    for (const [layer, width] of widths.entries()) {
        const taken = new Set(set.filter(([of]) => of === layer).map(([, neuron]) => neuron));
        const others = Array.from({ length: width }, (_, j) => j).filter((j) => !taken.has(j));
        const fromOthers = Math.min(taken.size, others.length);
        const neurons = [...draw(others, fromOthers), ...draw([...taken], taken.size - fromOthers)];
        chosen.push(...neurons.sort((a, b) => a - b).map((neuron): NeuronIndex => [layer, neuron]));
    }
    return chosen;
}
