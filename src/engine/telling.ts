import type { NativeAsked, NativeTold } from './addon.js';

/** Of which tokens of a request log-probabilities are told, and of how many of the likeliest ones beside each. */
export interface Telling {
    readonly prompt: boolean;
    readonly answer: boolean;
    readonly likeliest: number;
}

/** What the model held of a token, and of the likeliest ones in its place, the most likely first. */
export interface ToldToken {
    readonly token: number;
    /** Natural logarithm, at temperature 1. */
    readonly logProbability: number;
    readonly likeliest: readonly { readonly token: number; readonly logProbability: number }[];
}

/** A token of a prompt to tell of, after a row of the batch. */
export interface TokenToTell {
    row: number;
    readonly token: number;
    readonly likeliest: number;
    readonly take: (told: ToldToken) => void;
}

/**
 * All that is asked for along with a batch.
 * @param entries of each draw: how many likeliest tokens beside what is drawn; undefined: nothing is asked of it
 * @returns undefined where nothing is asked for at all
 */
export function askedOf(
    tokens: readonly TokenToTell[],
    entries: readonly (number | undefined)[],
): NativeAsked | undefined {
    const wanted = [...tokens.map(({ likeliest }) => likeliest), ...entries.filter((most) => most !== undefined)];
    if (wanted.length === 0) return undefined;
    return {
        rows: Int32Array.from(tokens, ({ row }) => row),
        targets: Int32Array.from(tokens, ({ token }) => token),
        entries: Uint8Array.from(entries, (most) => (most === undefined ? 0 : 1)),
        likeliest: wanted.reduce((a, b) => Math.max(a, b)),
    };
}

/**
 * One row of what the native side told.
 * @param likeliest how many to keep: others may have asked for more
 */
export function toldToken(told: NativeTold, row: number, token: number, likeliest: number): ToldToken {
    const each = told.likeliest.length / Math.max(1, told.targets.length);
    return {
        token,
        logProbability: told.targets[row]!,
        likeliest: Array.from({ length: Math.min(likeliest, each) }, (_, place) => ({
            token: told.likeliest[row * each + place]!,
            logProbability: told.ofLikeliest[row * each + place]!,
        })),
    };
}
