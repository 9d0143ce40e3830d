import { pipeline } from 'node:stream';
import { z } from 'zod';
import { LanguageNeuronsError } from '../errors.js';
import type { Corpus, CorpusOptions, Sample } from './Corpus.js';
import { languageTag } from '../languages/languageTag.js';
import { readBytes } from '../files/readBytes.js';
import { defined } from '../support/defined.js';
import { spooledCorpus } from './spooledCorpus.js';

/** A longer question is a mistake, and it would be in memory whole. */
const maxElementBytes = 64 * 1024 * 1024;

/** One question with its answers, in the paper authors' form. */
const question = z.object({
    lang: z.string(),
    instruction: z.string(),
    answers: z.array(z.object({ generated: z.string() })),
    special: z.boolean().optional(),
    question: z.string().optional(),
});
const shape = '{"lang", "instruction", "answers": [{"generated"}]}';

/**
 * The authors' JSON: an array of `{lang: "German", instruction: "<whole prompt>", answers: [{generated}]}`.
 * Each answer is a sample with its instruction as the prompt. The answers to one question follow each other.
 * @throws LanguageNeuronsError NOT_FOUND, WRONG_USE, ENCODING, EMPTY, DAMAGED naming the element, UNWRITABLE, ABORTED
 */
export function answersCorpus(path: string, options: CorpusOptions): Promise<Corpus> {
    return spooledCorpus(path, allSamples(path, options.signal), `answer; put ${shape} in it`, options);
}

async function* allSamples(path: string, signal: AbortSignal | undefined): AsyncGenerator<Sample> {
    let element = 0;
    let bytesSince = 0;
    const onBytes = (bytes: number): void => {
        bytesSince += bytes;
        if (bytesSince <= maxElementBytes) return;
        throw new LanguageNeuronsError(
            'DAMAGED',
            `${path}: element ${element + 1} is longer than ${maxElementBytes >> 20} MiB; split it`,
        );
    };
    try {
        for await (const { value } of await elements(path, onBytes, signal)) {
            element++;
            bytesSince = 0;
            const { lang, instruction, answers, special = false, question: asked } = question.parse(value);
            const language = languageTag(lang);
            if (language === undefined)
                throw new LanguageNeuronsError(
                    'DAMAGED',
                    `${path}: element ${element}: ${JSON.stringify(lang.slice(0, 40))} is not a language; ` +
                        'name it in English, such as German',
                );
            for (const { generated } of answers) {
                if (generated === '') continue;
                const own = { ...(special ? { special } : {}), ...defined({ question: asked }) };
                yield { language, prompt: instruction, response: generated, ...own };
            }
        }
    } catch (cause) {
        if (cause instanceof LanguageNeuronsError) throw cause;
        const { code, message } = cause as NodeJS.ErrnoException;
        if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
            throw new LanguageNeuronsError('ENCODING', `${path}: is not valid UTF-8; convert the file to UTF-8`, {
                cause,
            });
        const what =
            cause instanceof z.ZodError
                ? `element ${element} is not ${shape}`
                : `not a JSON array (after element ${element}: ${message.split('\n')[0]!.slice(0, 100)})`;
        throw new LanguageNeuronsError('DAMAGED', `${path}: ${what}; correct the file`, { cause });
    }
}

/** Streams the elements of the array, however large the file. */
async function elements(
    path: string,
    onBytes: (bytes: number) => void,
    signal: AbortSignal | undefined,
): Promise<AsyncIterable<{ readonly value: unknown }>> {
    const { streamArray } = await import('stream-json/streamers/stream-array.js');
    const decoder = new TextDecoder('utf-8', { fatal: true });
    async function* decoded(): AsyncGenerator<string> {
        for await (const chunk of readBytes(path, signal)) {
            onBytes(chunk.length);
            yield decoder.decode(chunk, { stream: true });
        }
        yield decoder.decode();
    }
    // The last part of the pipeline passes any failure on to the reader.
    const parsed: unknown = pipeline(decoded, streamArray.withParserAsStream(), () => undefined);
    return parsed as AsyncIterable<{ readonly value: unknown }>;
}
