import { setImmediate } from 'node:timers/promises';
import type { Probabilities } from '../../neurons/scores/activationProbabilities.js';
import type { Choice, Criteria } from '../../neurons/classes/choose.js';
import { analysisSites, type NeuronAnalysis, type NeuronClass } from '../../neurons/analysis/NeuronAnalysis.js';
import { throwIfStopped } from '../../support/stop.js';

/** Specific neurons: the language's number by the neuron's row. */
export type SpecificRows = ReadonlyMap<number, number>;

/** Shares of found neurons that another way of finding them has to find too: enough, and too few. */
export const enough = 0.8;
export const tooFew = 0.5;

/** Numbers of neurons: of those selected by class, `none` high in no language; general ones among all. */
export interface ClassSizes extends Readonly<Record<NeuronClass, number>> {
    readonly none: number;
}

/** Sizes of the classes as `identify` makes them, without their neurons. */
export function classSizes(
    { high, selected }: Pick<Choice, 'high' | 'selected'>,
    { l }: Pick<Probabilities, 'l'>,
    method: Criteria['method'],
): ClassSizes {
    const sizes = { specific: 0, related: 0, general: 0, none: 0 };
    for (const row of selected) {
        const N = high[row]!;
        if (N === 0) sizes.none++;
        else if (N === 1) sizes.specific++;
        else if (N < l || method === 'lape') sizes.related++;
    }
    for (const N of high) if (N === l) sizes.general++;
    return sizes;
}

/** Numbers of neurons by layer. */
export function sizesByLayer(
    rows: SpecificRows,
    { locate }: Pick<Probabilities, 'locate'>,
    analysis: NeuronAnalysis,
): number[] {
    const sites = analysisSites(analysis);
    const sizes = analysis.layers.map(() => 0);
    for (const row of rows.keys()) sizes[sites[locate(row)[0]]!.layer]!++;
    return sizes;
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
