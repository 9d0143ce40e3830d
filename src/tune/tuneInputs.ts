import { readActivations } from '../activations/activationsFile.js';
import { readValuesIfAny } from '../activations/ActivationValues.js';
import type { Corpus } from '../corpus/Corpus.js';
import { openCorpus } from '../data/openCorpus.js';
import { LanguageNeuronsError } from '../errors.js';
import type { Operation } from '../interventions/Operation.js';
import { parseOperations } from '../interventions/operationText.js';
import { valuesFor } from '../interventions/valuesFor.js';
import { openQuestions } from '../questions/sources/openQuestions.js';
import type { Questions } from '../questions/sources/Questions.js';
import type { WorkOptions } from '../support/progress.js';
import { goalOf, type AskedGoal, type Goal } from './goal.js';
import type { TuneOptions } from './tune.js';

/** A search's goal, prompts and texts, as a user names them. */
export interface AskedSearch extends AskedGoal {
    /** Prompts. Default: everyday ones. */
    readonly data?: string | undefined;
    /** Texts in other languages. */
    readonly texts: readonly string[];
}

/** What a search reads. */
export interface TuneInputs {
    readonly goal: Goal;
    readonly questions: Questions;
    readonly texts: Corpus;
}

/**
 * Opens prompts and texts.
 * @param languages that are analysed
 * @throws LanguageNeuronsError as `goalOf`, `openQuestions` and `openCorpus`; NOT_FOUND without a prompt in a language
 * that is not to be avoided
 */
export async function openTuneInputs(
    { data = 'everyday', texts, ...asked }: AskedSearch,
    languages: readonly string[],
    shared: WorkOptions,
): Promise<TuneInputs> {
    const goal = goalOf({ languages }, asked);
    const questions = await promptsFor(goal, data, languages, shared);
    return { goal, questions, texts: await openCorpus(texts, { called: languages, ...shared }) };
}

/** Prompts in the languages to speak, or in all that were analysed but those to avoid. */
async function promptsFor(
    { speak, avoid }: Goal,
    data: string,
    called: readonly string[],
    { signal, progress }: WorkOptions,
): Promise<Questions> {
    if (speak.length > 0) return openQuestions(data, { languages: speak, called, signal, progress });
    const all = await openQuestions(data, { called, signal });
    const languages = all.languages.filter((language) => called.includes(language) && !avoid.includes(language));
    if (languages.length > 0) return openQuestions(data, { languages, called, signal, progress });
    const what = `has no prompts in an analysed language other than ${avoid.join(', ')}`;
    throw new LanguageNeuronsError('NOT_FOUND', `${data}: ${what}; give other prompts, or \`speak\``);
}

/** Operations to try as a user writes them; undefined: the usual ones. */
export function raisedBy(op: readonly string[] | undefined): readonly Operation[] | undefined {
    return op && parseOperations(op.join(','));
}

/**
 * What a search takes from the counts of a run folder.
 * @throws LanguageNeuronsError as `readActivations` and `readValues`
 */
export async function countedFor(
    folder: string,
    { raise, dose }: Pick<TuneOptions, 'raise' | 'dose'>,
): Promise<Pick<TuneOptions, 'values' | 'activations'>> {
    return {
        values: raise === undefined ? await readValuesIfAny(folder) : await valuesFor(raise, folder),
        activations: dose === undefined ? undefined : await readActivations(folder),
    };
}
