import type { TokenAnswer } from '../engine/Answering.js';
import type { ToldToken } from '../engine/telling.js';
import type { TokenTexts } from '../engine/TokenTexts.js';
import { charactersOf, TokenPlaces } from './TokenPlaces.js';

/** A token as it is told: where it begins, in code points. Nothing is told of one that nothing precedes. */
export interface PlacedToken {
    readonly token: number;
    readonly told: ToldToken | undefined;
    readonly begin: number;
}

/**
 * Which tokens of an answer log-probabilities are told of, for every kind of request, at once or in pieces: of those
 * that begin in its text, which ends before a stop; where no stop cut it, of all. The one with which the model ended
 * it, which has no text, is told where that is asked for.
 */
export class ToldAnswer {
    readonly #texts: TokenTexts;
    readonly #places: TokenPlaces;
    readonly #ending: boolean;
    /** The next token to be told. */
    #next: PlacedToken | undefined;
    #count = 0;

    /**
     * @param offset of the answer in the text that is told, in code points
     * @param ending whether the token with which the model ended it is told
     */
    constructor(texts: TokenTexts, { offset = 0, ending }: { readonly offset?: number; readonly ending: boolean }) {
        this.#texts = texts;
        this.#places = new TokenPlaces(texts, offset);
        this.#ending = ending;
    }

    /**
     * What is new of an answer that grows.
     * @param told of all its tokens so far
     * @param end of its text that has been sent, in code points, counted as the offset is
     */
    grow(told: readonly ToldToken[], end: number): PlacedToken[] {
        const fresh: PlacedToken[] = [];
        for (let next = this.#peek(told); next !== undefined && next.begin < end; next = this.#peek(told)) {
            fresh.push(next);
            this.#next = undefined;
            this.#count++;
        }
        return fresh;
    }

    /**
     * What is left of an answer that has ended.
     * @param text its own, up to a stop
     * @param end of its text, in code points, counted as the offset is
     */
    rest({ tokens, told, end: why }: TokenAnswer, text: string, end: number): PlacedToken[] {
        // Where the length cut a character in two, the text ends before it, and its tokens are told all the same.
        const stopped = why === 'stop' && text.length < this.#texts.textOf(tokens).length;
        return this.grow(told.slice(0, tokens.length + (this.#ending ? 1 : 0)), stopped ? end : Infinity);
    }

    /** All of an answer that has ended. @param offset where its text begins */
    static whole(texts: TokenTexts, answer: TokenAnswer, text: string, ending: boolean, offset = 0): PlacedToken[] {
        return new ToldAnswer(texts, { offset, ending }).rest(answer, text, offset + charactersOf(text));
    }

    #peek(told: readonly ToldToken[]): PlacedToken | undefined {
        const one = told[this.#count];
        if (one === undefined) return undefined;
        return (this.#next ??= { token: one.token, told: one, begin: this.#places.next(one.token) });
    }
}
