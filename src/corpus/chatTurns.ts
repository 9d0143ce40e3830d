import { z } from 'zod';
import type { Turn } from './Corpus.js';

/** A text, or a list of parts that are all texts. */
const content = z.union([
    z.string(),
    z
        .array(z.object({ type: z.literal('text').optional(), text: z.string() }))
        .min(1)
        .transform((parts) => parts.map(({ text }) => text).join('')),
]);

/** ShareGPT's names of roles. */
const speakers: Readonly<Record<string, string>> = { human: 'user', gpt: 'assistant' };

const turn = z.union([
    z.object({ role: z.string().min(1), content }),
    z
        .object({ from: z.string().min(1), value: z.string() })
        .transform(({ from, value }) => ({ role: speakers[from] ?? from, content: value })),
]);

/** A conversation in one of the two forms in use. */
export const conversationShape = z.union([
    z.object({ messages: z.array(turn) }).transform(({ messages }) => messages),
    z.object({ conversations: z.array(turn) }).transform(({ conversations }) => conversations),
]);

/** The assistant's last message, and the messages before it; undefined where the assistant says nothing. */
export function lastAnswer(
    turns: readonly Turn[],
): { readonly before: readonly Turn[]; readonly response: string } | undefined {
    const last = turns.findLastIndex(({ role }) => role === 'assistant');
    return last < 0 ? undefined : { before: turns.slice(0, last), response: turns[last]!.content };
}
