/**
 * What the live pages ask the server of `explore --model`, and what they are answered: JSON, one object a line. Shared
 * by the server and the page, so it imports nothing of Node.
 */

import type { TextPiece } from '../../support/textPieces.js';

/** Paths of the questions, relative to the page. */
export const livePaths = { sentence: 'live/sentence', ask: 'live/ask', removal: 'live/removal' } as const;

/** Which of a language's neurons change, and which are looked at. */
export const liveSets = ['specific', 'specific+related'] as const;
export type LiveSet = (typeof liveSets)[number];

/** What the page knows of the model before it asks. */
export interface LiveFacts {
    /** Most tokens of a text, or of a question as the model reads it. */
    readonly mostTokens: number;
    /** Most tokens of an answer. */
    readonly mostAnswer: number;
    /** Whether the model has a chat template. */
    readonly chat: boolean;
    /** Of each language, in the order of the analysis. */
    readonly shares: Readonly<Record<LiveSet, readonly LanguageShares[]>>;
}

/** A language's neurons of a set, and the share of them that is active at a token of the run's texts. */
export interface LanguageShares {
    readonly neurons: number;
    /** Mean over all counted tokens, whatever their language; null: no neurons. */
    readonly mean: number | null;
    /** Mean over the counted tokens of its own texts; null: no neurons. */
    readonly own: number | null;
}

/** What fires at each token of a text. */
export interface TokenTrace {
    readonly pieces: readonly TextPiece[];
    /** `[languages][tokens]`: share of the language's neurons of a set that is active; null: it has none. */
    readonly shares: Readonly<Record<LiveSet, readonly (readonly (number | null)[])[]>>;
    /** `[tokens]`: the neurons with the largest activations, the largest first; only active ones. */
    readonly strongest: readonly (readonly StrongNeuron[])[];
}

/** A neuron by its flat index, and its activation at a token. */
export type StrongNeuron = readonly [flat: number, activation: number];

/** One text, whose tokens are looked at. */
export interface SentenceQuestion {
    readonly text: string;
}

/** A question that the whole model answers, and where anything is changed, the changed one beside it. */
export interface AskQuestion {
    readonly text: string;
    /** By the model's chat template; otherwise the answer continues the text. */
    readonly chat: boolean;
    readonly maxTokens: number;
    /** Languages whose neurons change. */
    readonly languages: readonly string[];
    readonly set: LiveSet;
    /** Of each language's neurons the share that changes, 0 to 1: the first of its ranking, as for a dose. */
    readonly share: number;
    /** Single neurons that change too, by their flat index. */
    readonly neurons: readonly number[];
    /** What their activations are multiplied by: 0 removes them. */
    readonly factor: number;
}

/** 0: the whole model, 1: the changed one. */
export type Side = 0 | 1;

/** Tokens of an answer in one language, `from` up to but not including `to`; null: it cannot be told. */
export interface LanguageSpan {
    readonly language: string | null;
    readonly from: number;
    readonly to: number;
}

export type AskEvent =
    | { readonly kind: 'grew'; readonly side: Side; readonly text: string }
    | {
          readonly kind: 'ended';
          readonly side: Side;
          readonly end: 'stop' | 'length';
          readonly trace: TokenTrace;
          readonly spans: readonly LanguageSpan[];
          /** First token of the first span that is in another language than the first; null: there is none. */
          readonly changedAt: number | null;
      };

/** The neuron that is removed, by its flat index. */
export interface RemovalQuestion {
    readonly neuron: number;
}

/** What removing it does to the texts of a language. */
export interface RemovalEvent {
    readonly kind: 'removed';
    readonly language: string;
    readonly tokens: number;
    /** Perplexity of the whole model and without the neuron. */
    readonly whole: number;
    readonly without: number;
    /** Change of the mean log-probability of a token, and its 95 % interval; null: a single text has none. */
    readonly change: number;
    readonly interval: readonly [low: number, high: number] | null;
}

/** The answer to a question that cannot be answered, or not to its end. */
export interface LiveFailure {
    readonly kind: 'failed';
    readonly message: string;
}

export interface SentenceEvent {
    readonly kind: 'traced';
    readonly trace: TokenTrace;
}
