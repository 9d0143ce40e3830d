import { isUtf8 } from 'node:buffer';
import type { TokenTexts } from '../engine/passes/TokenTexts.js';

/** Tokens as answers write them, each made once. */
export class TokenNames {
    readonly texts: TokenTexts;
    readonly #names: string[] = [];

    constructor(texts: TokenTexts) {
        this.texts = texts;
    }

    /** The text of a token; of bytes that are no whole characters, as OpenAI writes them: `bytes:\xe4\xb8`. */
    nameOf(token: number): string {
        return (this.#names[token] ??= nameOf(this.texts.bytesOf(token, true)));
    }
}

function nameOf(bytes: Uint8Array): string {
    if (isUtf8(bytes)) return Buffer.from(bytes).toString('utf8');
    return `bytes:${Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}`;
}
