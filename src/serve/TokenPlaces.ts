import type { TokenTexts } from '../engine/passes/TokenTexts.js';

/** Characters of a text: code points, as Python, and so OpenAI's own client, counts them. */
export function charactersOf(text: string): number {
    let count = text.length;
    for (let i = 1; i < text.length; i++) if (isLow(text, i) && isHigh(text, i - 1)) count--;
    return count;
}

/** Where tokens begin in a text, one after another; one that begins within a character, where that one does. */
export class TokenPlaces {
    readonly #texts: TokenTexts;
    readonly #special: boolean;
    readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true }); // U+FEFF is a character as any other
    #end: number;

    /**
     * @param offset of the first, in code points
     * @param special whether the text writes special tokens out; else they take no room in it
     */
    constructor(texts: TokenTexts, offset = 0, special = false) {
        this.#texts = texts;
        this.#special = special;
        this.#end = offset;
    }

    /** Takes the next token. @returns where it begins, in code points */
    next(token: number): number {
        const begin = this.#end;
        this.#end += charactersOf(this.#decoder.decode(this.#texts.bytesOf(token, this.#special), { stream: true }));
        return begin;
    }
}

function isHigh(text: string, place: number): boolean {
    return (text.charCodeAt(place) & 0xfc00) === 0xd800;
}

function isLow(text: string, place: number): boolean {
    return (text.charCodeAt(place) & 0xfc00) === 0xdc00;
}
