import type { TokenTexts } from '../engine/passes/TokenTexts.js';
import { charactersOf } from './TokenPlaces.js';

/**
 * The text of an answer as it grows: what may still change, half a character or the beginning of a stop, is held back.
 */
export class StreamedText {
    readonly #texts: TokenTexts;
    readonly #stops: readonly string[];
    readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true }); // U+FEFF is a character as any other
    #tokens = 0;
    #text = '';
    #sent = 0;
    #characters = 0;

    constructor(texts: TokenTexts, stops: readonly string[]) {
        this.#texts = texts;
        this.#stops = stops;
    }

    /** Code points of what has been sent. */
    get characters(): number {
        return this.#characters;
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
        this.#characters += charactersOf(fresh);
        return fresh;
    }

    /** Length of the text that no stop to come can reach back into. */
    #certain(): number {
        return this.#stops.reduce((least, stop) => {
            const found = this.#text.indexOf(stop, Math.max(0, this.#sent - stop.length));
            return Math.min(least, found >= 0 ? found : this.#beginOf(stop));
        }, this.#text.length);
    }

    /** Where the text's end may be the beginning of a stop. */
    #beginOf(stop: string): number {
        let begin = Math.max(0, this.#text.length - stop.length + 1);
        for (;;) {
            begin = this.#text.indexOf(stop[0]!, begin);
            if (begin < 0) return this.#text.length;
            if (stop.startsWith(this.#text.slice(begin))) return begin;
            begin++;
        }
    }
}
