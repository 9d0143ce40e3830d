import type { TokenLogProbability } from '../engine/scheduler/logProbabilities.js';
import { JsonList } from './json.js';
import type { PlacedToken } from './PlacedTokens.js';
import type { TokenNames } from './TokenNames.js';

/** Log-probabilities as `/v1/completions` sends them. */
export interface CompletionLogprobs {
    readonly tokens: JsonList;
    readonly token_logprobs: JsonList;
    readonly top_logprobs: JsonList;
    /** In code points. */
    readonly text_offset: JsonList;
}

/** As `/v1/chat/completions` does. */
export interface ChatLogprobs {
    readonly content: JsonList;
}

interface ChatToken {
    readonly token: string;
    readonly logprob: number;
    readonly bytes: number[];
}

export function completionLogprobs(tokens: readonly PlacedToken[], names: TokenNames): CompletionLogprobs {
    const column = (write: (one: PlacedToken) => unknown): JsonList => JsonList.of(tokens, write);
    return {
        tokens: column(({ token }) => names.nameOf(token)),
        token_logprobs: column(({ logProbabilities }) => logProbabilities?.logProbability ?? null),
        top_logprobs: column(({ logProbabilities: of }) => (of === undefined ? null : topOf(of, names))),
        text_offset: column(({ begin }) => begin),
    };
}

export function chatLogprobs(tokens: readonly PlacedToken[], names: TokenNames): ChatLogprobs {
    const tokenOf = ({ token, logProbability }: Pick<TokenLogProbability, 'token' | 'logProbability'>): ChatToken => ({
        token: names.nameOf(token),
        logprob: logProbability,
        bytes: [...names.texts.bytesOf(token, true)],
    });
    const write = ({ logProbabilities: of }: PlacedToken): unknown =>
        of && { ...tokenOf(of), top_logprobs: of.likeliest.map(tokenOf) };
    return { content: JsonList.of(tokens, write) };
}

/** The likeliest tokens and the one that is there; of different tokens with the same text, the likeliest. */
function topOf(one: TokenLogProbability, names: TokenNames): Record<string, number> {
    const top = new Map<string, number>();
    for (const { token, logProbability } of [...one.likeliest, one]) {
        const text = names.nameOf(token);
        if (!top.has(text)) top.set(text, logProbability);
    }
    return Object.fromEntries(top);
}
