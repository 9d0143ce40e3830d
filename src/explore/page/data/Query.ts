import type { ClassName } from '../../siteFormat.js';

/** What the table of neurons sorts by: a fixed column, or the probability in the language of an index. */
export type SortColumn = 'place' | 'score' | 'high' | 'most' | number;

/** Where a token is looked for, beside the strongest tokens in the language of an index. */
export const tokenLists = {
    any: 'strongest or raised',
    strongest: 'strongest, any language',
    raised: 'raised',
} as const;

/** A text that a token of a neuron holds. */
export interface TokenSearch {
    readonly text: string;
    readonly among: keyof typeof tokenLists | number;
}

/** Which neurons are wanted, and in which order. Languages are indices. */
export interface Query {
    /** Empty: every neuron, with a class or without. */
    readonly classes: readonly ClassName[];
    /** Languages that a neuron is classified for: one of them is enough, or all are needed. */
    readonly languages: readonly number[];
    readonly everyLanguage: boolean;
    /** First and last layer. */
    readonly layers: readonly [first: number, last: number];
    /** Least and most languages in which the neuron is high. */
    readonly high: readonly [least: number, most: number];
    /** Bounds of the probability in one language. Absent: none. */
    readonly probability?: { readonly language: number; readonly least: number; readonly most: number } | undefined;
    /** Absent: any neuron, whether tokens of it are known or not. */
    readonly token?: TokenSearch | undefined;
    readonly sort: SortColumn;
    readonly descending: boolean;
}

export interface QueryResult {
    /** Flat indices, in order. */
    readonly rows: Uint32Array;
    readonly milliseconds: number;
}

/** What is known of a neuron. */
export interface ExploredNeuron {
    readonly flat: number;
    readonly class: ClassName;
    /** Indices of the languages that it is classified for. */
    readonly languages: readonly number[];
    /** NaN: not assessed. */
    readonly score: number;
    /** Number of languages in which it is high. */
    readonly high: number;
    /** By language. */
    readonly counts: readonly number[];
    /** Tokens that the probabilities divide by, by language. */
    readonly tokens: readonly number[];
    readonly probabilities: readonly number[];
    readonly shown: ShownTokens;
}

/** Tokens of a neuron in the table. */
export interface ShownTokens {
    /** Those that were searched. */
    readonly found: readonly string[];
    /** Others, for which it is most active. */
    readonly strongest: readonly string[];
}

/**
 * Active tokens, in all languages together, from which a neuron has a profile. Of fewer, all may fall on one of two
 * equal neurons by chance (5 of 5 in 1 of 16 cases), so it cannot be told from one that is never active.
 */
export const leastActive = 6;

/** A neuron that is active about as often in each language as another. */
export interface Neighbour {
    readonly flat: number;
    /** Root mean square over the languages of Cohen's h, 0 to π. */
    readonly difference: number;
}
