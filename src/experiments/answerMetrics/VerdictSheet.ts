import type { Cell } from '../statistics/estimates.js';

/** Bits of a verdict, which is kept for each answer beside the number of its tokens; a sheet has others of its own. */
export const verdictBits = { answered: 1, cutOff: 2 } as const;
/** The lowest bit that a sheet may use for itself. */
export const firstOwnBit = 4;

/** An answer's tokens that the model computed, prompt included, and what ended it. */
export interface AnswerFacts {
    readonly tokens: number;
    readonly end: 'stop' | 'length';
}

/**
 * Verdicts on answers, a few bytes each, by question and condition. The texts of the answers stay in the journal.
 */
export abstract class VerdictSheet {
    readonly #questions: number;
    readonly #verdicts: Uint8Array;
    readonly #tokens: Uint32Array;

    constructor(conditions: number, questions: number) {
        this.#questions = questions;
        this.#verdicts = new Uint8Array(conditions * questions);
        this.#tokens = new Uint32Array(conditions * questions);
    }

    /** Judges an answer and keeps the verdict. */
    abstract mark(condition: number, question: number, text: string, facts: AnswerFacts): void;

    /** A condition on some of the questions, all of them answered. */
    abstract cell(condition: number, questions: readonly number[]): Cell;

    has(condition: number, question: number): boolean {
        return (this.verdict(this.place(condition, question)) & verdictBits.answered) !== 0;
    }

    tokens(condition: number, question: number): number {
        return this.#tokens[this.place(condition, question)]!;
    }

    /** Where the answer to a question under a condition is among all. */
    protected place(condition: number, question: number): number {
        return condition * this.#questions + question;
    }

    protected verdict(place: number): number {
        return this.#verdicts[place]!;
    }

    /** @param own bits of the sheet */
    protected keep(place: number, own: number, { tokens, end }: AnswerFacts): void {
        this.#verdicts[place] = own | verdictBits.answered | (end === 'length' ? verdictBits.cutOff : 0);
        this.#tokens[place] = tokens;
    }

    /** The share of verdicts with all of some bits. */
    protected shareOf(places: readonly number[], bits: number): number {
        return places.filter((place) => (this.verdict(place) & bits) === bits).length / places.length;
    }
}
