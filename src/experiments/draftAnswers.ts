import { answersJournal, answerShape } from './accuracyAnswers.js';
import { wholeModel } from './conditions.js';
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
                if (name !== undefined && condition === wholeModel.id) answers.set(name, text);
            },
        },
        answerShape,
    );
    return answers;
}

/** Tokens of drafts that were looked at, and those of them that were the answers'. */
export class DraftCount {
    #tried = 0;
    #held = 0;

    /** @param whose answers were the drafts, for people */
    constructor(private readonly whose: string) {}

    add({ tried, held }: { readonly tried: number; readonly held: number }): void {
        this.#tried += tried;
        this.#held += held;
    }

    /** Undefined where there was none. */
    describe(): string | undefined {
        if (this.#tried === 0) return undefined;
        const share = Math.round((100 * this.#held) / this.#tried);
        return `${share} % of ${this.#tried} tokens that ${this.whose} answers foretold held`;
    }
}
