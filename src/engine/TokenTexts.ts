import type { NativeModel, NativePieces } from './addon.js';
import { awaitNative } from './nativeError.js';

/** The bytes of a vocabulary's tokens, looked up without a call of the model. */
export class TokenTexts {
    readonly #plain: NativePieces;
    readonly #special: NativePieces;

    private constructor(plain: NativePieces, special: NativePieces) {
        this.#plain = plain;
        this.#special = special;
    }

    static async of(model: NativeModel): Promise<TokenTexts> {
        const [plain, special] = await Promise.all([false, true].map((one) => awaitNative(() => model.pieces(one))));
        return new TokenTexts(plain!, special!);
    }

    /** Tokens that there are. */
    get size(): number {
        return this.#plain.ends.length;
    }

    /** UTF-8, blanks in front of words kept; of a special token, none unless it is to be written out. */
    bytesOf(token: number, special = false): Uint8Array {
        const { bytes, ends } = special ? this.#special : this.#plain;
        return bytes.subarray(ends[token - 1] ?? 0, ends[token]);
    }

    /** Text of tokens; U+FFFD stands for bytes that are no whole character. */
    textOf(tokens: ArrayLike<number>, special = false): string {
        return Buffer.concat(Array.from(tokens, (token) => this.bytesOf(token, special))).toString('utf8');
    }
}
