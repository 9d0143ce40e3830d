import type { TokenAnswer } from '../engine/scheduler/AnswerRequest.js';
import type { TokenLogProbability } from '../engine/scheduler/logProbabilities.js';
import type { TokenTexts } from '../engine/passes/TokenTexts.js';
import { charactersOf, TokenPlaces } from './TokenPlaces.js';

/**
 * A token, where it begins in its text, in code points, and its log-probabilities; there are none of one that nothing
 * precedes.
 */
export interface PlacedToken {
    readonly token: number;
    readonly logProbabilities: TokenLogProbability | undefined;
    readonly begin: number;
}

/**
 * The tokens of an answer whose log-probabilities are sent, for every kind of request, at once or in pieces: those
 * that begin in its text, which ends before a stop; where no stop cut it, all. The one with which the model ended it,
 * which has no text, is among them where that is asked for.
 */
export class PlacedTokens {
    readonly #texts: TokenTexts;
    readonly #places: TokenPlaces;
    readonly #ending: boolean;
    /** The next one to send. */
    #next: PlacedToken | undefined;
    #count = 0;

    /**
     * @param offset of the answer in the text that is sent, in code points
     * @param ending whether the token with which the model ended it is among them
     */
    constructor(texts: TokenTexts, { offset = 0, ending }: { readonly offset?: number; readonly ending: boolean }) {
        this.#texts = texts;
        this.#places = new TokenPlaces(texts, offset);
        this.#ending = ending;
    }

    /**
     * What is new of an answer that grows.
     * @param logProbabilities of all its tokens so far
     * @param end of its text that has been sent, in code points, counted as the offset is
     */
    grow(logProbabilities: readonly TokenLogProbability[], end: number): PlacedToken[] {
        const fresh: PlacedToken[] = [];
        for (;;) {
            const next = this.#peek(logProbabilities);
            if (next === undefined || next.begin >= end) return fresh;
            fresh.push(next);
            this.#next = undefined;
            this.#count++;
        }
    }

    /**
     * What is left of an answer that has ended.
     * @param text its own, up to a stop
     * @param end of its text, in code points, counted as the offset is
     */
    rest({ tokens, logProbabilities, end: why }: TokenAnswer, text: string, end: number): PlacedToken[] {
        // Where the length cut a character in two, the text ends before it, and its tokens are sent all the same.
        const stopped = why === 'stop' && text.length < this.#texts.textOf(tokens).length;
        const all = logProbabilities.slice(0, tokens.length + (this.#ending ? 1 : 0));
        return this.grow(all, stopped ? end : Infinity);
    }

    /** All of an answer that has ended. @param offset where its text begins */
    static whole(texts: TokenTexts, answer: TokenAnswer, text: string, ending: boolean, offset = 0): PlacedToken[] {
        return new PlacedTokens(texts, { offset, ending }).rest(answer, text, offset + charactersOf(text));
    }

    #peek(logProbabilities: readonly TokenLogProbability[]): PlacedToken | undefined {
        const one = logProbabilities[this.#count];
        if (one === undefined) return undefined;
        return (this.#next ??= { token: one.token, logProbabilities: one, begin: this.#places.next(one.token) });
    }
}
