import { wrongUse } from '../../errors.js';
import type { NativeModel, NativePieces } from '../native/addon.js';
import { awaitNative } from '../native/nativeError.js';

/** The bytes of a vocabulary's tokens, looked up without a call of the model. */
export class TokenTexts {
    readonly #plain: NativePieces;
    readonly #special: NativePieces;
    /** Bytes of the longest token, special ones written out. */
    readonly longest: number;

    private constructor(plain: NativePieces, special: NativePieces) {
        this.#plain = plain;
        this.#special = special;
        const { ends } = special;
        this.longest = ends.reduce((most, end, token) => Math.max(most, end - (ends[token - 1] ?? 0)), 0);
    }

    /** @internal */
    static async of(model: NativeModel): Promise<TokenTexts> {
        const [plain, special] = await Promise.all([false, true].map((one) => awaitNative(() => model.pieces(one))));
        return new TokenTexts(plain!, special!);
    }

    /** Number of tokens. */
    get size(): number {
        return this.#plain.ends.length;
    }

    /** Whether a token has this number. */
    has(token: number): boolean {
        return Number.isInteger(token) && token >= 0 && token < this.size;
    }

    /**
     * UTF-8, blanks in front of words kept; of a special token, none unless it is to be written out.
     * @throws LanguageNeuronsError WRONG_USE for a token that there is not
     */
    bytesOf(token: number, special = false): Uint8Array {
        const { bytes, ends } = special ? this.#special : this.#plain;
        return bytes.subarray(this.#beginOf(token, ends), ends[token]);
    }

    /** The first token that another vocabulary of the same size has otherwise; undefined: they are the same. */
    firstDifference(other: TokenTexts): number | undefined {
        for (let token = 0; token < this.size; token++) {
            if (Buffer.compare(this.bytesOf(token, true), other.bytesOf(token, true)) !== 0) return token;
        }
        return undefined;
    }

    /**
     * Text of tokens; U+FFFD stands for bytes that are no whole character.
     * @throws LanguageNeuronsError WRONG_USE for a token that there is not
     */
    textOf(tokens: ArrayLike<number>, special = false): string {
        return this.allBytesOf(tokens, special).toString('utf8');
    }

    /** Bytes of tokens, one behind another. @throws as `textOf` */
    allBytesOf(tokens: ArrayLike<number>, special = false): Buffer {
        const { bytes, ends } = special ? this.#special : this.#plain;
        let length = 0;
        for (let i = 0; i < tokens.length; i++) length += ends[tokens[i]!]! - this.#beginOf(tokens[i]!, ends);
        const all = Buffer.alloc(length);
        let at = 0;
        for (let i = 0; i < tokens.length; i++) {
            const end = ends[tokens[i]!]!;
            for (let from = this.#beginOf(tokens[i]!, ends); from < end; from++) all[at++] = bytes[from]!;
        }
        return all;
    }

    #beginOf(token: number, ends: Int32Array): number {
        if (!this.has(token))
            throw wrongUse(`the model has no token ${token}; its tokens are whole numbers from 0 to ${this.size - 1}`);
        return token === 0 ? 0 : ends[token - 1]!;
    }
}
