import { setImmediate } from 'node:timers/promises';
import { type Activations } from '../activations/Activations.js';
import { activationProbabilities, assessable, type Probabilities } from '../neurons/activationProbabilities.js';
import { type Choice, choose, type Criteria } from '../neurons/choose.js';
import type { NeuronAnalysis } from '../neurons/NeuronAnalysis.js';
import { throwIfStopped } from '../support/stop.js';

/** Specific neurons: the language's number by the neuron's row. */
export type SpecificRows = ReadonlyMap<number, number>;

/** The probabilities that an analysis was made of, or those of other counts of the same neurons. */
export function probabilitiesOf(
    activations: Activations,
    { experts }: NeuronAnalysis,
    counts = activations,
): Probabilities {
    const assessed = experts === undefined ? undefined : assessable(activations, experts.minRouted);
    return activationProbabilities(counts, experts, assessed);
}

/** The criteria of an analysis; λ as it came out. */
export function criteriaOf({ method, topRate, bar, lambda }: NeuronAnalysis): Criteria {
    return { method, topRate, bar, lambda: lambda ?? 'auto' };
}

/** Whether λ is the one that the sweep finds, rather than one that was given. */
export function isSwept(probabilities: Probabilities, analysis: NeuronAnalysis): boolean {
    return choose(probabilities, { ...criteriaOf(analysis), lambda: 'auto' }).lambda === analysis.lambda;
}

/** The neurons among those chosen that are high in one language. */
export function specificRows({ p, l }: Probabilities, { selected, high, threshold }: Choice): SpecificRows {
    const rows = new Map<number, number>();
    for (const row of selected) {
        if (high[row] !== 1) continue;
        rows.set(
            row,
            p.subarray(row * l, (row + 1) * l).findIndex((value) => value > threshold),
        );
    }
    return rows;
}

/** The share of the smaller set's neurons that are in the other, of the same language; null where one is empty. */
export function overlapOf(a: SpecificRows, b: SpecificRows): number | null {
    const [fewer, more] = a.size <= b.size ? [a, b] : [b, a];
    if (fewer.size === 0) return null;
    let both = 0;
    for (const [row, language] of fewer) if (more.get(row) === language) both++;
    return both / fewer.size;
}

/** Lets other work of the thread go on, such as Ctrl-C. */
export async function breathe(signal: AbortSignal | undefined): Promise<void> {
    await setImmediate();
    throwIfStopped(signal);
}
