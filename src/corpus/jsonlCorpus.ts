import { resolve } from 'node:path';
import { z } from 'zod';
import { LanguageNeuronsError } from '../errors.js';
import type { Corpus, Sample } from './Corpus.js';
import { chooseLanguages, inPaperOrder } from './languages.js';
import { readLines } from './readLines.js';

/** Free of what separates languages on the command line and folders in a path: counts are kept in files named after it. */
const language = z.string().regex(/^[^,/\\\p{Cc}]+$/u);
const record = z.union([
    z.object({ language, prompt: z.string(), response: z.string() }),
    z.object({ language, text: z.string() }).transform(({ language, text }) => ({ language, prompt: '', response: text })),
]);

/**
 * A JSONL file of `{language, text}` or `{language, prompt, response}`.
 * @throws LanguageNeuronsError NOT_FOUND, WRONG_USE, ENCODING, DAMAGED naming the line
 */
export async function jsonlCorpus(path: string, asked: readonly string[] | undefined): Promise<Corpus> {
    const found = new Set<string>();
    for await (const sample of allSamples(path)) found.add(sample.language);
    if (found.size === 0) throw new LanguageNeuronsError('EMPTY', `${path}: holds no text; put one JSON object a line in it`);
    return {
        name: path,
        sources: [{ name: path, path: resolve(path) }],
        languages: chooseLanguages(asked, inPaperOrder(found), path),
        samples: (language) => samplesOf(path, language),
    };
}

async function* samplesOf(path: string, language: string): AsyncGenerator<Sample> {
    let empty = true;
    for await (const sample of allSamples(path)) {
        if (sample.language !== language || sample.response === '') continue;
        empty = false;
        yield sample;
    }
    if (empty) throw new LanguageNeuronsError('EMPTY', `${path}: holds no text in ${language}; add some, or leave the language out with --languages`);
}

async function* allSamples(path: string): AsyncGenerator<Sample> {
    for await (const { text, number } of readLines(path)) {
        if (text.trim() === '') continue;
        let value: Sample;
        try {
            value = record.parse(JSON.parse(text));
        } catch (cause) {
            throw new LanguageNeuronsError('DAMAGED', `${path}: line ${number} is not {"language", "text"} or {"language", "prompt", "response"} with a language such as en; mend the line`, { cause });
        }
        yield value;
    }
}
