import type { Activations } from '../../activations/Activations.js';
import { classKeys } from '../analysis/classKeys.js';
import { type NeuronAnalysis, type NeuronClass, neuronClasses } from '../analysis/NeuronAnalysis.js';
import { analysesWithoutFolds } from './withoutFolds.js';

/**
 * For each neuron in a class, by its key of `classKeys`, the share of the folds without which it keeps the class (a
 * specific one its language too), in [0, 1]. λ stays that of the analysis, so that a class's mean can differ from its
 * `kept` where λ was `auto` and moves. Undefined where the counts have no folds.
 */
export function neuronStability(
    activations: Activations,
    analysis: NeuronAnalysis,
): Readonly<Record<NeuronClass, ReadonlyMap<string, number>>> | undefined {
    const { folds } = activations;
    if (folds === undefined) return undefined;
    const whole = classKeys(analysis);
    const kept = Object.fromEntries(
        neuronClasses.map((kind) => [kind, new Map(Array.from(whole[kind], (key) => [key, 0]))]),
    ) as Record<NeuronClass, Map<string, number>>;
    for (const part of analysesWithoutFolds(activations, analysis)) {
        const again = classKeys(part);
        for (const kind of neuronClasses) {
            for (const [key, share] of kept[kind])
                if (again[kind].has(key)) kept[kind].set(key, share + 1 / folds.length);
        }
    }
    return kept;
}
