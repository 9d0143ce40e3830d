import type { Corpus } from '../corpus/Corpus.js';
import { neuronSetNames } from '../neurons/sets/neuronSets.js';
import type { Questions } from '../questions/sources/Questions.js';
import { sum } from '../support/averages.js';
import { throwIfStopped } from '../support/stop.js';
import { experimentTable, questionTable } from '../settings/settings.js';
import { inParts, type Progress } from '../support/progress.js';
import type { RunConfig } from './RunConfig.js';
import { interventionSizes } from './runInterventions.js';
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

/** The long parts of a run, in their order. */
const parts = [
    ...(['counting', 'examples', 'effects', 'scoring', 'intervening'] as const),
    ...(['answering', 'searching', 'checking', 'quants'] as const),
] as const;
export type WorkPart = (typeof parts)[number];

/**
 * Divides one estimate among the parts of a run by how long they take beside each other, in characters that go through
 * the model; effects, searches and checks take no share. Reads the texts, so that a garbled one is refused before hours
 * of work.
 * @throws LanguageNeuronsError as the corpora; ABORTED
 */
export async function inWorkParts(
    progress: Progress,
    config: RunConfig,
    inputs: RunInputs,
    signal: AbortSignal | undefined,
): Promise<Readonly<Record<WorkPart, Progress>>> {
    const weights = await workWeights(config, inputs, signal);
    const progresses = inParts(
        progress,
        parts.map((part) => weights[part] ?? 0),
    );
    return Object.fromEntries(parts.map((part, i) => [part, progresses[i]!])) as Record<WorkPart, Progress>;
}

async function workWeights(
    config: RunConfig,
    { texts, evaluation, examples, questions }: RunInputs,
    signal: AbortSignal | undefined,
): Promise<Partial<Record<WorkPart, number>>> {
    const { accuracy, quants } = config;
    const { controls: usual } = experimentTable;
    const { controls = usual.default, sets = neuronSetNames.filter((name) => name !== 'experts') } = config;
    const conditions = (asked: number, languages: readonly string[], beside = controls): number =>
        asked * (1 + beside) * languages.length;
    const counting = await charactersOf(texts, signal);
    const watching = askedPart(config.examples) === undefined ? 0 : await charactersOf(examples, signal);
    const scored = await charactersOf(evaluation, signal);
    const intervening = interventionSizes(config).map(({ operations, doses, settings }) => {
        const { length: ofSets } = settings.sets ?? sets;
        return operations * conditions(doses ?? ofSets, texts.languages, settings.controls);
    });
    const files = (quants?.files?.length ?? 0) + (quants?.make?.length ?? 0) * (quants?.imatrix === undefined ? 1 : 2);
    const weights = {
        ...{ counting, examples: watching },
        scoring: scored * (1 + conditions(sets.length, texts.languages)),
        intervening: scored * sum(intervening),
        // The reference is scored once more beside each file, and with folds counted already.
        quants:
            quants === undefined
                ? 0
                : (files + (config.folds === undefined ? 1 : 0)) * counting + (1 + 2 * files) * scored,
    };
    if (accuracy === undefined || questions === undefined) return weights;
    const { limit = Infinity, wholeLimit = limit, maxTokens = questionTable.maxTokens.default } = accuracy;
    const edited = conditions((accuracy.sets ?? sets).length, questions.languages);
    let answers = 0;
    for (const language of questions.languages) {
        const { length } = await questions.inLanguage(language);
        answers += Math.min(length, wholeLimit) + Math.min(length, limit) * edited;
    }
    const answering = answers * (charactersPerQuestion + (maxTokens / 2) * charactersPerToken);
    return { ...weights, answering };
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
