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

/** A token to tell of, after a row of the batch. */
export interface TokenToTell {
    row: number;
    readonly token: number;
    readonly likeliest: number;
    readonly take: (told: ToldToken) => void;
}

/** Asks for all of a batch at once. */
export async function tellTokens(
    tokens: readonly TokenToTell[],
    tell: (asked: NativeAsked) => Promise<NativeTold>,
): Promise<void> {
    if (tokens.length === 0) return;
    const told = await tell({
        rows: Int32Array.from(tokens, ({ row }) => row),
        targets: Int32Array.from(tokens, ({ token }) => token),
        likeliest: tokens.reduce((most, { likeliest }) => Math.max(most, likeliest), 0),
    });
    const each = told.likeliest.length / tokens.length;
    for (const [i, { token, likeliest, take }] of tokens.entries()) {
        take({
            token,
            logProbability: told.targets[i]!,
            likeliest: Array.from({ length: Math.min(likeliest, each) }, (_, place) => ({
                token: told.likeliest[i * each + place]!,
                logProbability: told.ofLikeliest[i * each + place]!,
            })),
        });
    }
}
