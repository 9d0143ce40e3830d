import type { Activations, Counts } from '../../activations/Activations.js';
import { addCounts } from '../../activations/addCounts.js';
import { mean, sum } from '../../support/averages.js';
import { defined } from '../../support/defined.js';
import { studentQuantile } from '../../support/statistics.js';
import {
    type ClassStability,
    type Interval,
    type NeuronClass,
    neuronClasses,
    type Stability,
    type Unsourced,
} from '../analysis/NeuronAnalysis.js';
import { classKeys } from '../analysis/classKeys.js';

/** The most divisions into halves that are analysed; more would take longer and change little. */
const mostHalves = 3;

/**
 * Estimates how much of an analysis other texts would confirm. Each fold is left out once and the
 * whole analysis repeated: the neurons that keep their class (specific ones their language too), and
 * the delete-one-fold jackknife interval of each number, T ± t(0.975, K - 1) · sqrt((K - 1) / K ·
 * Σ (T_f - mean)²), cut at 0. The folds are also divided into halves: the overlap of the classes of
 * two analyses of different texts.
 * @param again repeats the analysis on other counts
 */
export function stability(
    activations: Activations,
    folds: readonly Counts[],
    analysis: Unsourced,
    again: (part: Activations) => Unsourced,
): Stability {
    const part = (chosen: readonly number[]): Activations => ofFolds(activations, folds, chosen);
    const all = Array.from(folds.keys());
    const without = Array.from(withoutEachFold(activations, folds), again);
    const halves = halvesOf(all).map(([a, b]) => [again(part(a)), again(part(b))] as const);

    const whole = classKeys(analysis);
    const left = without.map(classKeys);
    const pairs = halves.map(([a, b]) => [classKeys(a), classKeys(b)] as const);
    const of = (kind: NeuronClass): ClassStability => ({
        kept: meanOfNumbers(left.map((keys) => share(common(whole[kind], keys[kind]), whole[kind].size))),
        overlap: meanOfNumbers(pairs.map(([a, b]) => share(2 * common(a[kind], b[kind]), a[kind].size + b[kind].size))),
    });
    const interval = (number: (analysis: Unsourced) => number): Interval =>
        jackknife(number(analysis), without.map(number));
    return {
        folds: folds.length,
        halves: halves.length,
        classes: Object.fromEntries(neuronClasses.map((kind) => [kind, of(kind)])) as Stability['classes'],
        intervals: {
            general: interval(({ general }) => general),
            perLanguage: Object.fromEntries(
                analysis.languages.map((language) => [
                    language,
                    {
                        specific: interval(({ perLanguage }) => perLanguage[language]!.specific),
                        related: interval(({ perLanguage }) => perLanguage[language]!.related),
                        total: interval(({ perLanguage }) => perLanguage[language]!.total),
                    },
                ]),
            ),
        },
    };
}

/** The counts with each fold left out once, one after another. */
export function* withoutEachFold(activations: Activations, folds: readonly Counts[]): Generator<Activations> {
    const all = Array.from(folds.keys());
    for (const left of all) {
        const others = all.filter((f) => f !== left);
        yield ofFolds(activations, folds, others);
    }
}

function ofFolds(
    { languages, sites, source }: Activations,
    folds: readonly Counts[],
    chosen: readonly number[],
): Activations {
    return { languages, ...defined({ sites }), source, ...addCounts(chosen.map((f) => folds[f]!)) };
}

/**
 * The delete-one jackknife's 95 % interval of a number, from its values with one part left out.
 * @param least that the number can be
 */
export function jackknife(whole: number, without: readonly number[], least = 0): Interval {
    const n = without.length;
    const centre = sum(without) / n;
    const variance = ((n - 1) / n) * sum(without, (value) => (value - centre) ** 2);
    const half = studentQuantile(n - 1) * Math.sqrt(variance);
    return [Math.max(least, whole - half), whole + half];
}

/** Divisions of the folds into floor(K / 2) and the rest, each once, in lexicographic order. */
function halvesOf(all: readonly number[]): [number[], number[]][] {
    const size = Math.floor(all.length / 2);
    const halves: [number[], number[]][] = [];
    const choose = (from: number, chosen: number[]): void => {
        if (halves.length === mostHalves) return;
        if (chosen.length === size) {
            // Of two equal halves, the one that holds the first fold names the division.
            if (2 * size === all.length && chosen[0] !== 0) return;
            halves.push([chosen, all.filter((f) => !chosen.includes(f))]);
            return;
        }
        for (let f = from; f < all.length; f++) choose(f + 1, [...chosen, f]);
    };
    choose(0, []);
    return halves;
}

function common(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
    let both = 0;
    for (const key of a) if (b.has(key)) both++;
    return both;
}

/** NaN for a share of nothing. */
function share(part: number, whole: number): number {
    return whole === 0 ? Number.NaN : part / whole;
}

/** Mean of what is a number; null where nothing is. */
function meanOfNumbers(values: readonly number[]): number | null {
    return mean(values.filter((value) => !Number.isNaN(value)));
}
