import { type CorpusSurvey, surveyCorpus } from '../activations/surveyCorpus.js';
import type { Corpus } from '../corpus/Corpus.js';
import type { Engine } from '../engine/Engine.js';
import { LanguageNeuronsError } from '../errors.js';
import { checkModel } from '../experiments/conditions/checkFit.js';
import { withFolder } from '../files/folderLock.js';
import { languageAmong } from '../languages/languageAmong.js';
import type { NeuronAnalysis } from '../neurons/analysis/NeuronAnalysis.js';
import { checkSettings } from '../settings/checkSetting.js';
import type { OptionsOf } from '../settings/Setting.js';
import { engineTable, lensTable, outputTable } from '../settings/settings.js';
import { sum } from '../support/averages.js';
import { keyOf } from '../support/keyOf.js';
import { silent, type WorkOptions } from '../support/progress.js';
import { LayerReader } from './LayerReader.js';
import { type LensFile, type LensLayer, lensPath, readLensIfAny, writeLens } from './lensFile.js';
import { type SurveyedTokens, surveyTokens } from './surveyTokens.js';
import { tokenLanguages } from './tokenLanguages.js';

/** Settings of `logitLens`. */
const table = { ...lensTable, threads: engineTable.threads, force: outputTable.force } as const;

/** @inline */
export interface LogitLensOptions extends OptionsOf<typeof table>, WorkOptions {
    readonly engine: Engine;
    /** Of this model, unless `force` is given. */
    readonly analysis: NeuronAnalysis;
    /** Texts, English ones among them; their tokens tell which language a token is of. */
    readonly corpus: Corpus;
    /** Run folder that gets `lens.json`. */
    readonly folder: string;
}

/**
 * Finds in which language the model's likeliest next token would be behind each layer, by the logit lens
 * (`LayerReader`): English, the text's own, another one, or one that is not to be told (`tokenLanguages`). It reads the
 * first tokens of each language and writes `lens.json` after each language. Stopped, it continues.
 * @throws LanguageNeuronsError UNSUPPORTED for an architecture without a path from the residual stream to the logits;
 * MISMATCH for another model, or where the folder holds a result of other texts or settings; EMPTY without English
 * texts; WRONG_USE, BUSY, UNWRITABLE, ABORTED and the engine's
 */
export async function logitLens(options: LogitLensOptions): Promise<LensFile> {
    const { engine, analysis, corpus, folder, force, signal } = options;
    const others = { engine: true, analysis: true, corpus: true, folder: true, signal: true, progress: true } as const;
    checkSettings(options, table, others);
    checkModel({ engine, analysis, otherModel: force });
    const english = languageAmong('en', corpus.languages);
    if (english === undefined) {
        const what = `${corpus.name}: has no English texts, which tell the English tokens`;
        throw new LanguageNeuronsError('EMPTY', `${what}; give data with en, and name it in \`languages\``);
    }
    const reader = await LayerReader.open(engine, options.threads);
    return withFolder(folder, 'lens', async () => {
        const survey = await surveyCorpus(corpus, signal);
        const head = headOf(options, english, survey);
        const had = await readLensIfAny(folder);
        if (had !== undefined && had.key !== head.key && force !== true) {
            const mend = 'give `force` to replace it, or another folder';
            const what = `${lensPath(folder)}: is of another model, other texts or settings`;
            throw new LanguageNeuronsError('MISMATCH', `${what}; ${mend}`);
        }
        return lookThrough(options, reader, had?.key === head.key ? had : head, survey);
    });
}

function headOf(options: LogitLensOptions, english: string, survey: CorpusSurvey): LensFile {
    const { engine, corpus, tokens = lensTable.tokens.default } = options;
    const digests = corpus.languages.map((language) => [language, survey.languages.get(language)!.digest]);
    return {
        model: engine.fingerprint,
        data: corpus.sources.map(({ name }) => name),
        english,
        key: keyOf({ model: engine.fingerprint, settings: engine.settings, digests, tokens }),
        languages: [],
    };
}

/** Adds the languages that are missing in a file. */
async function lookThrough(
    options: LogitLensOptions,
    reader: LayerReader,
    file: LensFile,
    survey: CorpusSurvey,
): Promise<LensFile> {
    const { corpus, folder, signal, progress = silent } = options;
    const isThere = (language: string): boolean => file.languages.some((one) => one.language === language);
    const missing = corpus.languages.filter((language) => !isThere(language));
    if (missing.length === 0) {
        progress.note(`${lensPath(folder)}: already holds these texts`);
        return file;
    }
    const surveyed = await readAll(options, reader, survey);
    const texts = await options.engine.tokenTexts();
    const languageOf = tokenLanguages(surveyed, (token) => (texts.has(token) ? texts.textOf([token]) : ''));
    const places = missing.map((language) => surveyed[corpus.languages.indexOf(language)]!);
    progress.whole?.(sum(places, ({ tokens }) => tokens));
    let found = file;
    for (const { language, texts, tokens } of places) {
        progress.stage(`logit lens ${language}`, tokens);
        const likeliest = await reader.likeliest(texts, { signal, onTokens: (some) => progress.advance(some) });
        const layers = likeliest.map((behind) => tallyOf(behind, languageOf, language, file.english));
        const languages = [...found.languages, { language, tokens, layers }];
        const order = (one: LensFile['languages'][number]): number => corpus.languages.indexOf(one.language);
        found = { ...found, languages: languages.sort((a, b) => order(a) - order(b)) };
        await writeLens(folder, found);
    }
    progress.done();
    return found;
}

async function readAll(
    { engine, corpus, tokens: most = lensTable.tokens.default, signal, progress = silent }: LogitLensOptions,
    { longestText: longest }: LayerReader,
    survey: CorpusSurvey,
): Promise<SurveyedTokens[]> {
    const surveyed: SurveyedTokens[] = [];
    const charactersOf = (language: string): number => survey.languages.get(language)!.characters;
    progress.whole?.(sum(corpus.languages, charactersOf));
    for (const language of corpus.languages) {
        progress.stage(`tokens ${language}`, charactersOf(language));
        const reading = { signal, onRead: (characters: number) => progress.advance(characters) };
        surveyed.push(await surveyTokens({ engine, corpus, language }, { most, longest }, reading));
    }
    progress.done();
    return surveyed;
}

/** Counts likeliest tokens behind a layer by their language. */
function tallyOf(
    tokens: Int32Array,
    languageOf: (token: number) => string | undefined,
    own: string,
    english: string,
): LensLayer {
    const tally = { english: 0, own: 0, other: 0, untold: 0 };
    for (const token of tokens) {
        const language = languageOf(token);
        if (language === undefined) tally.untold++;
        else if (language === english) tally.english++;
        else if (language === own) tally.own++;
        else tally.other++;
    }
    return tally;
}
