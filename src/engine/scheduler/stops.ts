/** Code units that a text may still change by at its ends: parts of characters, blanks that are cleaned up. */
const slack = 8;

/**
 * Tells, token by token, whether an answer holds a stop text. It reads the text of the answer's last tokens
 * together, as characters may be cut over tokens and a token's own text may lack the blank in front of it.
 */
export class StopMatcher {
    readonly #stops: readonly string[];
    /** Code units of text behind a mark that suffice for what lies before it to be forgotten. */
    readonly #enough: number;
    #tokens: number[] = [];
    /** A place in the window: tokens before it, and the length of their text. */
    #mark: { readonly tokens: number; readonly length: number } | undefined;

    /** @param stops at least one */
    constructor(stops: readonly string[]) {
        this.#stops = stops;
        this.#enough = Math.max(...stops.map(({ length }) => length)) + slack;
    }

    /** Takes the next token of the answer; returns the tokens whose text `isOver` wants to see. */
    add(token: number): Int32Array {
        this.#tokens.push(token);
        return Int32Array.from(this.#tokens);
    }

    /** @param text of the tokens that `add` returned */
    isOver(text: string): boolean {
        if (this.#stops.some((stop) => text.includes(stop))) return true;
        // A stop to come ends behind this text, so it begins in the last of it.
        if (this.#mark === undefined) {
            if (text.length >= this.#enough) this.#mark = { tokens: this.#tokens.length, length: text.length };
        } else if (text.length - this.#mark.length >= this.#enough) {
            this.#tokens.splice(0, this.#mark.tokens - 1); // one token more: the first of a text may lose its blank
            this.#mark = undefined;
        }
        return false;
    }
}

/** A text up to the first of its stops. */
export function textBefore(text: string, stops: readonly string[]): string {
    const ends = stops.map((stop) => text.indexOf(stop)).filter((index) => index >= 0);
    return text.slice(0, Math.min(text.length, ...ends));
}

/** A text without the character at its end that its last token began and did not finish. */
export function wholeCharacters(text: string): string {
    return text.replace(/\ufffd$/, '');
}
