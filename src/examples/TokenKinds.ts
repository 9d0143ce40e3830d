import { isUtf8 } from 'node:buffer';
import type { TokenTexts } from '../engine/passes/TokenTexts.js';
import { letterScript, letterScripts } from '../languages/textScript.js';

/** Scripts (ISO 15924) that a token's letters are told by, and kinds of tokens without letters. */
export const tokenKinds: readonly string[] = [
    ...letterScripts,
    ...['other letters', 'digits', 'punctuation', 'blank', 'other'],
];

const inWord = /[\p{L}\p{M}\p{N}]/u;

/** What a token is, as far as its own bytes and those beside it tell. */
export interface KindOfToken {
    /** Index in `tokenKinds`. */
    readonly kind: number;
    /** It begins with a letter or digit, or a blank and one, and none stands right before it. */
    readonly beginsWord: boolean;
}

interface Known {
    readonly kind: number;
    readonly begins: 'word' | 'blank and word' | 'other';
    readonly endsInWord: boolean;
}

/** Tells the kinds of a vocabulary's tokens. A token that is a part of a character is of the whole one's kind. */
export class TokenKinds {
    readonly #texts: Pick<TokenTexts, 'bytesOf'>;
    readonly #known = new Map<number, Known | null>();

    constructor(texts: Pick<TokenTexts, 'bytesOf'>) {
        this.#texts = texts;
    }

    /** @param at index among tokens of which four on either side, or all that there are, stand */
    kindOf(tokens: ArrayLike<number>, at: number): KindOfToken {
        const { kind, begins } = this.#describe(tokens, at);
        const follows = at > 0 && begins === 'word' && this.#describe(tokens, at - 1).endsInWord;
        return { kind, beginsWord: begins === 'blank and word' || (begins === 'word' && !follows) };
    }

    #describe(tokens: ArrayLike<number>, at: number): Known {
        const token = tokens[at]!;
        const known = this.#known.get(token);
        if (known) return known;
        const bytes = this.#texts.bytesOf(token, true);
        if (known === undefined) {
            const whole = isUtf8(bytes) ? describeText(Buffer.from(bytes).toString('utf8')) : null;
            this.#known.set(token, whole);
            if (whole !== null) return whole;
        }
        return describeText(this.#wholeCharacters(tokens, at, bytes));
    }

    /** The characters that a token has a part of. */
    #wholeCharacters(tokens: ArrayLike<number>, at: number, own: Uint8Array): string {
        let before = Buffer.alloc(0);
        for (let i = at - 1; i >= 0 && before.length < 3; i--)
            before = Buffer.concat([this.#texts.bytesOf(tokens[i]!, true), before]);
        let after = Buffer.alloc(0);
        for (let i = at + 1; i < tokens.length && after.length < 3; i++)
            after = Buffer.concat([after, this.#texts.bytesOf(tokens[i]!, true)]);
        const all = Buffer.concat([before, own, after]);
        let [from, to] = [before.length, before.length + own.length];
        while (from > 0 && isInside(all[from])) from--;
        while (to < all.length && isInside(all[to])) to++;
        return all.subarray(from, to).toString('utf8');
    }
}

function isInside(byte: number | undefined): boolean {
    return byte !== undefined && (byte & 0xc0) === 0x80;
}

function describeText(text: string): Known {
    const trimmed = text.trimStart();
    const [first] = trimmed;
    const begins =
        first === undefined || !inWord.test(first) ? 'other' : trimmed.length < text.length ? 'blank and word' : 'word';
    const last = Array.from(text).at(-1);
    return { kind: kindOfText(text), begins, endsInWord: last !== undefined && inWord.test(last) };
}

/** By the first letter's script; without letters by digits, punctuation and symbols, blanks. */
function kindOfText(text: string): number {
    const letter = /\p{L}/u.exec(text)?.[0];
    if (letter !== undefined) return tokenKinds.indexOf(letterScript(letter) ?? 'other letters');
    if (/\p{N}/u.test(text)) return tokenKinds.indexOf('digits');
    if (/[\p{P}\p{S}]/u.test(text.replaceAll('\ufffd', ''))) return tokenKinds.indexOf('punctuation');
    return tokenKinds.indexOf(text !== '' && text.trim() === '' ? 'blank' : 'other');
}
