import { isUtf8 } from 'node:buffer';
import type { ToldToken } from '../engine/telling.js';
import type { TokenTexts } from '../engine/TokenTexts.js';

/** What `/v1/completions` tells of tokens. */
export interface CompletionLogprobs {
    readonly tokens: string[];
    readonly token_logprobs: (number | null)[];
    readonly top_logprobs: (Record<string, number> | null)[];
    readonly text_offset: number[];
}

/** What `/v1/chat/completions` does. */
export interface ChatLogprobs {
    readonly content: (ChatToken & { readonly top_logprobs: readonly ChatToken[] })[];
}

interface ChatToken {
    readonly token: string;
    readonly logprob: number;
    readonly bytes: number[];
}

/** A token, and what was told of it; nothing of one that nothing precedes. */
export interface TokenOf {
    readonly token: number;
    readonly told: ToldToken | undefined;
}

/**
 * @param offset of the first token in the text
 * @param skipped UTF-16 code units of the tokens that the text leaves out at its beginning, such as a blank
 */
export function completionLogprobs(
    tokens: readonly TokenOf[],
    texts: TokenTexts,
    offset: number,
    skipped = 0,
): CompletionLogprobs {
    const decoder = new TextDecoder();
    let end = offset - skipped;
    const text_offset = tokens.map(({ token }) => {
        const begin = Math.max(offset, end);
        end += decoder.decode(texts.bytesOf(token, true), { stream: true }).length;
        return begin;
    });
    return {
        tokens: tokens.map(({ token }) => tokenText(token, texts)),
        token_logprobs: tokens.map(({ told }) => told?.logProbability ?? null),
        top_logprobs: tokens.map(({ told }) => (told === undefined ? null : topOf(told, texts))),
        text_offset,
    };
}

export function chatLogprobs(told: readonly ToldToken[], texts: TokenTexts): ChatLogprobs {
    const tokenOf = ({ token, logProbability }: Pick<ToldToken, 'token' | 'logProbability'>): ChatToken => ({
        token: tokenText(token, texts),
        logprob: logProbability,
        bytes: [...texts.bytesOf(token, true)],
    });
    return { content: told.map((one) => ({ ...tokenOf(one), top_logprobs: one.likeliest.map(tokenOf) })) };
}

/** The likeliest tokens and the one that is there; of different tokens with the same text, the likeliest. */
function topOf(told: ToldToken, texts: TokenTexts): Record<string, number> {
    const top = new Map<string, number>();
    for (const { token, logProbability } of [...told.likeliest, told]) {
        const text = tokenText(token, texts);
        if (!top.has(text)) top.set(text, logProbability);
    }
    return Object.fromEntries(top);
}

/** A token as text; of bytes that are no whole characters, as OpenAI writes them: `bytes:\xe4\xb8`. */
function tokenText(token: number, texts: TokenTexts): string {
    const bytes = texts.bytesOf(token, true);
    if (isUtf8(bytes)) return Buffer.from(bytes).toString('utf8');
    return `bytes:${Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}`;
}
