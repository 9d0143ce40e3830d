import { sum } from '../../support/averages.js';
import { normalQuantile } from '../../support/normalIntervals.js';
import { normalP } from '../../support/statistics.js';
import { significance } from './tooFewRight.js';
import { greatestCommonDivisor } from '../../support/greatestCommonDivisor.js';
import type { CellInterval } from '../results/DeactivationMatrix.js';
import { pOfDifferences } from './signFlipTest.js';

/** Verdicts on the same questions, place by place: 1 right, 0 wrong. */
export type VerdictPair = readonly [after: ArrayLike<number>, before: ArrayLike<number>];

/** Pairs of verdicts on equally many questions. The differences of several pairs are added up question by question. */
interface PairedGroup {
    /** Of each question the sum of after − before over the pairs: integers from −pairs to pairs. Length questions. */
    readonly sums: readonly number[];
    readonly pairs: number;
}

/**
 * 95 % interval of a difference of accuracies on the same questions, on average over one pair of verdicts or several:
 * several controls, or several languages, which may be parallel. Pairs of as many questions are taken place by place,
 * those of other numbers of questions as independent.
 *
 * The limits are Bonett and Price's (Br J Math Stat Psychol 65, 2012; recommended by Fagerland, Lydersen and Laake,
 * Stat Med 33, 2014): Wald's with one question more that was won and one more that was lost, in all pairs. 0 is left
 * out only where the exact sign test tells the difference from chance too. So no change at all is not "0 to 0", and
 * three answers lost of ten are no sure difference.
 * @param pairs at least one; null where one of them has fewer than two questions
 */
export function accuracyDifferenceInterval(pairs: readonly VerdictPair[]): CellInterval {
    const groups = groupsOf(pairs);
    if (groups.some(({ sums }) => sums.length < 2)) return null;
    const { value, centre, variance } = shiftedDifference(groups, pairs.length);
    const margin = normalQuantile * Math.sqrt(variance);
    const low = Math.max(-1, Math.min(centre - margin, value));
    const high = Math.min(1, Math.max(centre + margin, value));
    if ((low <= 0 && high >= 0) || pOfDifferences(shifts(groups)) < significance) return [low, high];
    return [Math.min(low, 0), Math.max(high, 0)];
}

/**
 * Two-sided p of the same difference, below 5 % exactly where its interval leaves out 0: the greater of the exact
 * sign-flip test's and of that of Bonett and Price's limits.
 * @param pairs at least one; null where one of them has fewer than two questions
 */
export function accuracyDifferenceP(pairs: readonly VerdictPair[]): number | null {
    const groups = groupsOf(pairs);
    if (groups.some(({ sums }) => sums.length < 2)) return null;
    const { centre, variance } = shiftedDifference(groups, pairs.length);
    return Math.max(pOfDifferences(shifts(groups)), normalP(centre / Math.sqrt(variance)));
}

/**
 * Standard deviation of what a question adds to the difference; null of one question, or where the pairs are of
 * different questions.
 */
export function differenceDeviation(pairs: readonly VerdictPair[]): number | null {
    const [group, another] = groupsOf(pairs);
    if (group === undefined || another !== undefined || group.sums.length < 2) return null;
    const each = group.sums.map((sum) => sum / group.pairs);
    const middle = sum(each) / each.length;
    const squares = sum(each, (one) => (one - middle) ** 2);
    return Math.sqrt(squares / (each.length - 1));
}

/** The estimate, and the centre and variance of Bonett and Price's interval. */
function shiftedDifference(
    groups: readonly PairedGroup[],
    pairs: number,
): Readonly<Record<'value' | 'centre' | 'variance', number>> {
    let [value, centre, variance] = [0, 0, 0];
    for (const { sums, pairs: together } of groups) {
        const weight = together / pairs;
        const more = sums.length + 2;
        const total = sum(sums) / together;
        const squares = sum(sums, (one) => one ** 2) / together ** 2;
        value += (weight * total) / sums.length;
        centre += (weight * total) / more;
        variance += (weight ** 2 * ((squares + 2) / more - (total / more) ** 2)) / more;
    }
    return { value, centre, variance };
}

function groupsOf(pairs: readonly VerdictPair[]): PairedGroup[] {
    const byLength = new Map<number, VerdictPair[]>();
    for (const pair of pairs) byLength.set(pair[0].length, [...(byLength.get(pair[0].length) ?? []), pair]);
    return [...byLength].map(([length, alike]) => ({
        sums: Array.from({ length }, (_, i) => alike.reduce((sum, [after, before]) => sum + after[i]! - before[i]!, 0)),
        pairs: alike.length,
    }));
}

/** What each question adds to the difference, as integers on one scale. */
function shifts(groups: readonly PairedGroup[]): number[] {
    const scale = groups.reduce((common, { sums }) => leastCommonMultiple(common, sums.length), 1);
    return groups.flatMap(({ sums }) => sums.map((sum) => sum * (scale / sums.length)));
}

function leastCommonMultiple(a: number, b: number): number {
    return (a / greatestCommonDivisor(a, b)) * b;
}
