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

/** Whether it was read from logits that are NaN or infinite. */
export function isNonfinite({ logProbability }: TokenLogProbability): boolean {
    return Number.isNaN(logProbability);
}
