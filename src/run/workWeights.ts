import type { Corpus } from '../corpus/Corpus.js';
import { neuronSetNames } from '../neurons/neuronSets.js';
import type { Questions } from '../questions/Questions.js';
import { throwIfStopped } from '../support/stop.js';
import { experimentTable, questionTable } from '../settings/settings.js';
import type { RunConfig } from './RunConfig.js';
import { askedPart } from './settingIssues.js';

/** Characters of a text that take about as long as a token of an answer, and as a question with its template. */
const charactersPerToken = 6;
const charactersPerQuestion = 400;

/** What a run reads. */
export interface RunInputs {
    /** Texts to count on. */
    readonly texts: Corpus;
    /** Texts to measure on. */
    readonly evaluation: Corpus;
    /** Texts to find examples in. */
    readonly examples: Corpus;
    readonly questions: Questions | undefined;
}

/**
 * How long counting, examples, effects, perplexities and answers take beside each other, in characters that go
 * through the model, for one estimate of all; effects take no share. Reads the texts, so that a garbled one is refused
 * before hours of work.
 * @throws LanguageNeuronsError as the corpora; ABORTED
 */
export async function workWeights(
    config: RunConfig,
    { texts, evaluation, examples, questions }: RunInputs,
    signal: AbortSignal | undefined,
): Promise<readonly [counting: number, examples: number, effects: number, perplexity: number, accuracy: number]> {
    const {
        accuracy,
        controls = experimentTable.controls.default,
        sets = neuronSetNames.filter((name) => name !== 'experts'),
    } = config;
    const conditions = (asked: readonly string[], languages: readonly string[]): number =>
        asked.length * (1 + controls) * languages.length;
    const counting = await charactersOf(texts, signal);
    const watching = askedPart(config.examples) === undefined ? 0 : await charactersOf(examples, signal);
    const scored = await charactersOf(evaluation, signal);
    const perplexity = scored * (1 + conditions(sets, texts.languages));
    if (accuracy === undefined || questions === undefined) return [counting, watching, 0, perplexity, 0];
    const { limit = Infinity, wholeLimit = limit, maxTokens = questionTable.maxTokens.default } = accuracy;
    const edited = conditions(accuracy.sets ?? sets, questions.languages);
    let answers = 0;
    for (const language of questions.languages) {
        const { length } = await questions.inLanguage(language);
        answers += Math.min(length, wholeLimit) + Math.min(length, limit) * edited;
    }
    const answering = answers * (charactersPerQuestion + (maxTokens / 2) * charactersPerToken);
    return [counting, watching, 0, perplexity, answering];
}

async function charactersOf(corpus: Corpus, signal: AbortSignal | undefined): Promise<number> {
    let characters = 0;
    for (const language of corpus.languages) {
        for await (const { prompt, response } of corpus.samples(language)) {
            throwIfStopped(signal);
            characters += prompt.length + response.length;
        }
    }
    return characters;
}
