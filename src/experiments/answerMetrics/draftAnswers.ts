import { type ModelState, wholeModel } from '../../interventions/ModelState.js';
import { answersJournal, type JournalledAnswer } from './questionAnswers.js';
import { readJournals } from '../metric/journals.js';

/**
 * Finished answers of a whole model in a folder.
 * @param names what to call an answer, by the key of its prompt; others are skipped
 * @throws LanguageNeuronsError as `Journal.open`
 */
export async function wholeAnswers(
    folder: string,
    names: ReadonlyMap<string, string>,
    signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, string>> {
    const answers = new Map<string, string>();
    const take = ({ key, condition, text }: JournalledAnswer): void => {
        const name = names.get(promptOf(key));
        if (name !== undefined && condition === wholeModel.name) answers.set(name, text);
    };
    await readJournals(answersJournal, { folder, signal, take });
    return answers;
}

/**
 * Drafts of answers: another model's answers for the whole model, and the whole model's own for all other conditions.
 * Drafts change the time that answers take, not the answers.
 */
export class Drafts {
    /** Answers of the other model, by the key of our prompt; undefined: answers are not drafted. */
    readonly #ofOther: ReadonlyMap<string, string> | undefined;
    readonly #ofWhole = new Map<string, string>();
    readonly #counts = { other: { drafted: 0, accepted: 0 }, whole: { drafted: 0, accepted: 0 } };

    /** @param ofOther undefined: answers are not drafted */
    constructor(ofOther: ReadonlyMap<string, string> | undefined) {
        this.#ofOther = ofOther;
    }

    /** Conditions that are generated together, the whole model first where its answers are drafts of the others'. */
    groupsOf(conditions: readonly ModelState[]): ModelState[][] {
        const isFirst = (condition: ModelState): boolean => this.#ofOther !== undefined && isWhole(condition);
        const groups = [conditions.filter(isFirst), conditions.filter((condition) => !isFirst(condition))];
        return groups.filter(({ length }) => length > 0);
    }

    /** Keeps an answer of the whole model. */
    take({ key, condition, text }: JournalledAnswer): void {
        if (condition === wholeModel.name) this.#ofWhole.set(promptOf(key), text);
    }

    /** @param key of the prompt */
    draftOf(condition: ModelState, key: string): string | undefined {
        return this.#ofOther && (isWhole(condition) ? this.#ofOther : this.#ofWhole).get(key);
    }

    /** Counts an answer's drafted and accepted tokens. */
    count(condition: ModelState, answer: { readonly drafted: number; readonly accepted: number }): void {
        const counts = this.#counts[isWhole(condition) ? 'other' : 'whole'];
        counts.drafted += answer.drafted;
        counts.accepted += answer.accepted;
    }

    /** How many drafted tokens were accepted: a sentence for each source of drafts that was used. */
    describe(): string[] {
        const sentence = (whose: string, { drafted, accepted }: { drafted: number; accepted: number }): string[] => {
            const share = Math.round((100 * accepted) / drafted);
            return drafted === 0 ? [] : [`${share} % of ${drafted} tokens drafted from ${whose} answers were accepted`];
        };
        return [...sentence("the base's", this.#counts.other), ...sentence("the whole model's", this.#counts.whole)];
    }
}

/** The key of the prompt in the key of an answer. */
function promptOf(key: string): string {
    return key.split('/')[0]!;
}

function isWhole({ name }: ModelState): boolean {
    return name === wholeModel.name;
}
