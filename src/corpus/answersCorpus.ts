import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream';
import { streamArray } from 'stream-json/streamers/stream-array.js';
import { z } from 'zod';
import { LanguageNeuronsError } from '../errors.js';
import type { Corpus, Sample } from './Corpus.js';
import { languageTag } from './languageNames.js';
import { chooseLanguages, inPaperOrder } from './languages.js';

/** One question with its answers, as the paper's authors keep them. */
const question = z.object({ lang: z.string(), instruction: z.string(), answers: z.array(z.object({ generated: z.string() })), special: z.boolean().optional() });

/**
 * The authors' JSON: an array of `{lang: "German", instruction: "<whole prompt>", answers: [{generated}]}`.
 * Each answer is a sample behind its instruction; those of one question come in a row.
 * @throws LanguageNeuronsError NOT_FOUND, WRONG_USE, ENCODING, EMPTY, DAMAGED naming the element
 */
export async function answersCorpus(path: string, asked: readonly string[] | undefined): Promise<Corpus> {
    const found = new Set<string>();
    for await (const { language } of allSamples(path)) found.add(language);
    if (found.size === 0) throw new LanguageNeuronsError('EMPTY', `${path}: holds no answer; put {"lang", "instruction", "answers": [{"generated"}]} in it`);
    const languages = chooseLanguages(asked, inPaperOrder(found), path);
    return { name: path, sources: [{ name: path, path: resolve(path) }], languages, samples: (language) => samplesOf(path, language) };
}

async function* samplesOf(path: string, language: string): AsyncGenerator<Sample> {
    for await (const sample of allSamples(path)) if (sample.language === language) yield sample;
}

async function* allSamples(path: string): AsyncGenerator<Sample> {
    let element = 0;
    try {
        for await (const { value } of elements(path)) {
            element++;
            const { lang, instruction, answers, special = false } = question.parse(value);
            const language = languageTag(lang);
            if (language === undefined) throw new LanguageNeuronsError('DAMAGED', `${path}: element ${element}: ${JSON.stringify(lang.slice(0, 40))} is no language; name it in English, such as German`);
            for (const { generated } of answers) if (generated !== '') yield { language, prompt: instruction, response: generated, ...(special ? { special } : {}) };
        }
    } catch (cause) {
        if (cause instanceof LanguageNeuronsError) throw cause;
        const { code, message } = cause as NodeJS.ErrnoException;
        if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw new LanguageNeuronsError('ENCODING', `${path}: is not valid UTF-8; convert the file to UTF-8`, { cause });
        if (code !== undefined) throw new LanguageNeuronsError('NOT_FOUND', `${path}: ${code === 'ENOENT' ? 'no such file; check the path' : `cannot be read (${message})`}`, { cause });
        const what = cause instanceof z.ZodError ? `element ${element} is not {"lang", "instruction", "answers": [{"generated"}]}` : `not a JSON array (after element ${element}: ${message.split('\n')[0]!.slice(0, 100)})`;
        throw new LanguageNeuronsError('DAMAGED', `${path}: ${what}; mend the file`, { cause });
    }
}

/** The elements of the array one by one, however large the file. */
function elements(path: string): AsyncIterable<{ readonly value: unknown }> {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    async function* decoded(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
        for await (const chunk of chunks) yield decoder.decode(chunk, { stream: true });
        yield decoder.decode();
    }
    // A failure of any part reaches the reader through the last; nothing is left to do here.
    return pipeline(createReadStream(path), decoded, streamArray.withParserAsStream(), () => undefined) as unknown as AsyncIterable<{ readonly value: unknown }>;
}
