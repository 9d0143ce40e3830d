import type { ToldToken } from '../engine/telling.js';
import { JsonList } from './json.js';
import type { PlacedToken } from './ToldAnswer.js';
import type { TokenNames } from './TokenNames.js';

/** What `/v1/completions` tells of tokens. */
export interface CompletionLogprobs {
    readonly tokens: JsonList;
    readonly token_logprobs: JsonList;
    readonly top_logprobs: JsonList;
    /** In code points. */
    readonly text_offset: JsonList;
}

/** What `/v1/chat/completions` does. */
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
        token_logprobs: column(({ told }) => told?.logProbability ?? null),
        top_logprobs: column(({ told }) => (told === undefined ? null : topOf(told, names))),
        text_offset: column(({ begin }) => begin),
    };
}

export function chatLogprobs(tokens: readonly PlacedToken[], names: TokenNames): ChatLogprobs {
    const tokenOf = ({ token, logProbability }: Pick<ToldToken, 'token' | 'logProbability'>): ChatToken => ({
        token: names.nameOf(token),
        logprob: logProbability,
        bytes: [...names.texts.bytesOf(token, true)],
    });
    const write = ({ told }: PlacedToken): unknown =>
        told && { ...tokenOf(told), top_logprobs: told.likeliest.map(tokenOf) };
    return { content: JsonList.of(tokens, write) };
}

/** The likeliest tokens and the one that is there; of different tokens with the same text, the likeliest. */
function topOf(told: ToldToken, names: TokenNames): Record<string, number> {
    const top = new Map<string, number>();
    for (const { token, logProbability } of [...told.likeliest, told]) {
        const text = names.nameOf(token);
        if (!top.has(text)) top.set(text, logProbability);
    }
    return Object.fromEntries(top);
}
