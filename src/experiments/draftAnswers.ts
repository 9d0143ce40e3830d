import { wholeModel } from '../interventions/ModelState.js';
import { answersJournal, answerShape } from './accuracyAnswers.js';
import { readJournals } from './journals.js';

/**
 * Finished answers of a whole model in a folder.
 * @param names what to call an answer, by the key of its prompt; others are passed over
 * @throws LanguageNeuronsError as `Journal.open`
 */
export async function wholeAnswers(
    folder: string,
    names: ReadonlyMap<string, string>,
    signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, string>> {
    const answers = new Map<string, string>();
    await readJournals(
        {
            folder,
            name: answersJournal,
            signal,
            take: ({ key, condition, text }) => {
                const name = names.get(key.split('/')[0]!);
                if (name !== undefined && condition === wholeModel.name) answers.set(name, text);
            },
        },
        answerShape,
    );
    return answers;
}

/** Drafted tokens, and those of them that were accepted. */
export class DraftCount {
    #drafted = 0;
    #accepted = 0;

    /** @param whose answers were the drafts, for people */
    constructor(private readonly whose: string) {}

    add({ drafted, accepted }: { readonly drafted: number; readonly accepted: number }): void {
        this.#drafted += drafted;
        this.#accepted += accepted;
    }

    /** Undefined where there was none. */
    describe(): string | undefined {
        if (this.#drafted === 0) return undefined;
        const share = Math.round((100 * this.#accepted) / this.#drafted);
        return `${share} % of ${this.#drafted} tokens drafted from ${this.whose} answers were accepted`;
    }
}
