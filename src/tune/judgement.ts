import {
    accuracyDifferenceInterval,
    accuracyDifferenceP,
    type VerdictPair,
} from '../experiments/statistics/accuracyDifference.js';
import type { CellInterval } from '../experiments/results/DeactivationMatrix.js';
import { mean } from '../support/averages.js';

/** Answers to the held-out prompts: by language, then prompt, 1 for one that passes. */
export type Passes = readonly ArrayLike<number>[];

/** What is known of an intervention by prompts and texts that its search never saw. */
export interface HeldOut {
    readonly tuned: Passes;
    /** Of the whole model. */
    readonly whole: Passes;
    /** Of the whole model that a system prompt tells to answer in the language. */
    readonly prompted: Passes;
    /** Of each draw of random neurons; at least one. */
    readonly random: readonly Passes[];
    /** Right answers, where questions have them. */
    readonly right: Readonly<Record<'tuned' | 'whole' | 'prompted', Passes>> | undefined;
    /** Nats a token on other texts, with its 95 % interval. */
    readonly kl: { readonly value: number; readonly interval: CellInterval };
}

/** What a claim must keep within. */
export interface Bounds {
    /** Nats a token. */
    readonly maxKl: number;
    /** Of accuracy, from 0 to 1. */
    readonly maxLoss: number;
}

/** A paired difference of two shares of the same prompts. */
export interface PairedChange {
    readonly value: number;
    readonly interval: CellInterval;
    readonly p: number | null;
}

/** Reasons for which nothing is claimed. */
export const refusals = ['whole', 'prompted', 'random', 'kl', 'accuracy'] as const;
export type Refusal = (typeof refusals)[number];

export interface Judgement {
    /** Pass rates. */
    readonly rates: Readonly<Record<'tuned' | 'whole' | 'prompted' | 'random', number>>;
    /** The intervention's pass rate less the baseline's. */
    readonly over: Readonly<Record<'whole' | 'prompted' | 'random', PairedChange>>;
    /** Change of accuracy from the whole model's, and the baselines'; undefined where no question has an answer. */
    readonly accuracy: (PairedChange & Readonly<Record<'whole' | 'prompted', number>>) | undefined;
    readonly kl: HeldOut['kl'];
    /** Why nothing is claimed; empty: the gain is claimed. */
    readonly refused: readonly Refusal[];
}

const level = 0.05;

/**
 * Judges an intervention on held-out prompts: a gain is claimed where it passes more often than the whole model, than a
 * system prompt and than random neurons, each told from chance at 5 %, and its cost is within bounds. All must hold at
 * once, so each test keeps its level without a correction (intersection-union test: Berger, Technometrics 24, 1982);
 * what was searched needs none either, since the search saw none of these prompts. Prompts of the same place in several
 * languages count as one unit.
 */
export function judgeHeldOut({ tuned, whole, prompted, random, right, kl }: HeldOut, bounds: Bounds): Judgement {
    const over = {
        whole: changeOf([[tuned, whole]]),
        prompted: changeOf([[tuned, prompted]]),
        random: changeOf(random.map((one) => [tuned, one] as const)),
    };
    const accuracy = right && {
        ...changeOf([[right.tuned, right.whole]]),
        ...{ whole: rateOf(right.whole), prompted: rateOf(right.prompted) },
    };
    const gains = ({ value, p }: PairedChange): boolean => value > 0 && p !== null && p < level;
    const isRefused: Readonly<Record<Refusal, boolean>> = {
        whole: !gains(over.whole),
        prompted: !gains(over.prompted),
        random: !gains(over.random),
        kl: kl.interval === null || !(upperEnd(kl) < bounds.maxKl), // of too few texts nothing is shown
        accuracy: accuracy !== undefined && (accuracy.value < -bounds.maxLoss || isLoss(accuracy)),
    };
    return {
        rates: {
            tuned: rateOf(tuned),
            whole: rateOf(whole),
            prompted: rateOf(prompted),
            random: mean(random.map(rateOf))!,
        },
        over,
        accuracy,
        kl,
        refused: refusals.filter((reason) => isRefused[reason]),
    };
}

/** The upper end of a divergence: of its interval, where it has one. */
export function upperEnd({ value, interval }: HeldOut['kl']): number {
    return interval?.[1] ?? value;
}

/** Whether a fall is told from chance. */
export function isLoss({ value, p }: PairedChange): boolean {
    return value < 0 && p !== null && p < level;
}

/** The share of prompts that pass: the mean over the languages. */
export function rateOf(passes: Passes): number {
    return mean(passes.map((ofLanguage) => mean(Array.from(ofLanguage))!))!;
}

/** The mean difference of some sides, paired prompt by prompt. */
export function changeOf(sides: readonly (readonly [after: Passes, before: Passes])[]): PairedChange {
    const pairs = sides.flatMap(([after, before]) =>
        after.map((ofLanguage, i): VerdictPair => [ofLanguage, before[i]!]),
    );
    return {
        value: mean(sides.map(([after, before]) => rateOf(after) - rateOf(before)))!,
        interval: accuracyDifferenceInterval(pairs),
        p: accuracyDifferenceP(pairs),
    };
}
