import type { NativeModel } from './addon.js';
import { awaitNative } from './nativeError.js';

/** Texts of single tokens, for as long as the model lives. */
const pieces = new WeakMap<NativeModel, Map<number, string>>();

/**
 * Tells, after each token, whether an answer holds a stop text already. By the tokens' own texts, so that
 * one of part characters may be noticed late; `before` cuts exactly.
 */
export function stopsAt(model: NativeModel, stops: readonly string[]): (tokens: readonly number[]) => Promise<boolean> {
    const longest = Math.max(...stops.map(({ length }) => length));
    let known = pieces.get(model);
    if (known === undefined) pieces.set(model, (known = new Map()));
    const piece = async (token: number): Promise<string> => {
        const found = known.get(token) ?? await awaitNative(() => model.detokenize(Int32Array.of(token)));
        known.set(token, found);
        return found;
    };
    return async (tokens) => {
        // A stop that ends with the last token is at most its length behind it.
        let tail = '';
        for (let i = tokens.length - 1; i >= 0; i--) {
            const text = await piece(tokens[i]!);
            tail = text + tail;
            if (i < tokens.length - 1 && tail.length >= longest + (await piece(tokens.at(-1)!)).length) break;
        }
        return stops.some((stop) => tail.includes(stop));
    };
}

/** A text up to the first of its stops. */
export function before(text: string, stops: readonly string[]): string {
    const ends = stops.map((stop) => text.indexOf(stop)).filter((index) => index >= 0);
    return text.slice(0, Math.min(text.length, ...ends));
}
