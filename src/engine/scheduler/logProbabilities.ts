import type { NativeLogProbabilities } from '../addon.js';

/** Which tokens' log-probabilities a request asks for, and how many of the likeliest tokens beside each. */
export interface LogProbabilityChoice {
    readonly prompt: boolean;
    readonly answer: boolean;
    readonly likeliest: number;
}

/** A token's log-probability, and those of the likeliest tokens in its place, the most likely first. */
export interface TokenLogProbability {
    readonly token: number;
    /** Natural logarithm, at temperature 1. */
    readonly logProbability: number;
    readonly likeliest: readonly { readonly token: number; readonly logProbability: number }[];
}

/**
 * One row of the native side's log-probabilities.
 * @param likeliest how many to keep: other requests of the batch may have asked for more
 */
export function tokenLogProbability(
    native: NativeLogProbabilities,
    row: number,
    token: number,
    likeliest: number,
): TokenLogProbability {
    const each = native.likeliest.length / Math.max(1, native.targets.length);
    return {
        token,
        logProbability: native.targets[row]!,
        likeliest: Array.from({ length: Math.min(likeliest, each) }, (_, place) => ({
            token: native.likeliest[row * each + place]!,
            logProbability: native.ofLikeliest[row * each + place]!,
        })),
    };
}

/** Whether it was read from logits that are NaN or infinite. */
export function isNonfinite({ logProbability }: TokenLogProbability): boolean {
    return Number.isNaN(logProbability);
}
