import { z } from 'zod';
import { LanguageNeuronsError } from '../errors.js';
import { nameProblem, shownName } from '../support/names.js';
import type { Corpus, CorpusOptions, Sample, Turn } from './Corpus.js';
import { readLines } from './readLines.js';
import { spooledCorpus } from './spooledCorpus.js';

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
const conversationShape = z.union([
    z.object({ messages: z.array(turn) }).transform(({ messages }) => messages),
    z.object({ conversations: z.array(turn) }).transform(({ conversations }) => conversations),
]);

/** A name of a language without the characters that separate languages on the command line. */
const language = z.string().regex(/^[^,]+$/);
const record = z.union([
    z.object({ language, prompt: z.string(), response: z.string() }),
    z
        .object({ language, text: z.string() })
        .transform(({ language, text }) => ({ language, prompt: '', response: text })),
    z
        .intersection(
            z.object({ language }),
            conversationShape.transform((turns) => ({ turns })),
        )
        .transform(({ language, turns }) => ({ language, conversation: turns })),
]);

/**
 * Opens a JSONL file of `{language, text}`, `{language, prompt, response}`, or conversations: `{language, messages}`
 * of `{role, content}`, or `{language, conversations}` of `{from, value}`. Of these the last answer is the response.
 * @throws LanguageNeuronsError NOT_FOUND, WRONG_USE, ENCODING, EMPTY, DAMAGED naming the line, UNWRITABLE, ABORTED
 */
export function jsonlCorpus(path: string, options: CorpusOptions): Promise<Corpus> {
    return spooledCorpus(path, allSamples(path, options.signal), 'text; put one JSON object a line in it', options);
}

async function* allSamples(path: string, signal: AbortSignal | undefined): AsyncGenerator<Sample> {
    for await (const { text, number } of readLines(path, signal)) {
        if (text.trim() === '') continue;
        let value: z.output<typeof record>;
        try {
            value = record.parse(JSON.parse(text));
        } catch (cause) {
            throw new LanguageNeuronsError(
                'DAMAGED',
                `${path}: line ${number} is not {"language", "text"}, {"language", "prompt", "response"} or ` +
                    '{"language", "messages": [{"role", "content"}]} with a language such as en; correct the line',
                { cause },
            );
        }
        const problem = nameProblem(value.language);
        if (problem !== undefined) {
            throw new LanguageNeuronsError(
                'DAMAGED',
                `${path}: line ${number} cannot be used: its language ${shownName(value.language)} ${problem}; ` +
                    'name a language such as en',
            );
        }
        if (!('conversation' in value)) {
            yield value;
            continue;
        }
        const answer = lastAnswer(value.conversation);
        if (answer === undefined) {
            throw new LanguageNeuronsError(
                'DAMAGED',
                `${path}: line ${number} has no message of the assistant, the last of which is counted; ` +
                    'add one, or remove the line',
            );
        }
        yield { language: value.language, prompt: '', response: answer.response, turns: answer.before };
    }
}

/** The assistant's last message, and the messages before it; undefined where the assistant says nothing. */
function lastAnswer(
    turns: readonly Turn[],
): { readonly before: readonly Turn[]; readonly response: string } | undefined {
    const last = turns.findLastIndex(({ role }) => role === 'assistant');
    return last < 0 ? undefined : { before: turns.slice(0, last), response: turns[last]!.content };
}
