import type { TokenTexts } from '../engine/TokenTexts.js';

/**
 * The text of an answer as it grows: what may still change, half a character or the beginning of a stop, is held back.
 */
export class StreamedText {
    readonly #texts: TokenTexts;
    readonly #stops: readonly string[];
    readonly #decoder = new TextDecoder();
    #tokens = 0;
    #text = '';
    #sent = 0;

    constructor(texts: TokenTexts, stops: readonly string[]) {
        this.#texts = texts;
        this.#stops = stops;
    }

    /** @param tokens all of the answer so far @returns what is new of its text */
    grow(tokens: readonly number[]): string {
        for (const token of tokens.slice(this.#tokens))
            this.#text += this.#decoder.decode(this.#texts.bytesOf(token), { stream: true });
        this.#tokens = tokens.length;
        return this.#send(this.#certain());
    }

    /** @param text the whole answer, up to its stop @returns what has not been sent of it */
    end(text: string): string {
        this.#text = text;
        return this.#send(text.length);
    }

    #send(length: number): string {
        const fresh = this.#text.slice(this.#sent, length);
        this.#sent += fresh.length;
        return fresh;
    }

    /** Length of the text that no stop to come can reach back into. */
    #certain(): number {
        return this.#stops.reduce((least, stop) => {
            const found = this.#text.indexOf(stop, Math.max(0, this.#sent - stop.length));
            if (found >= 0) return Math.min(least, found);
            let begun = Math.min(stop.length - 1, this.#text.length);
            while (begun > 0 && !this.#text.endsWith(stop.slice(0, begun))) begun--;
            return Math.min(least, this.#text.length - begun);
        }, this.#text.length);
    }
}
