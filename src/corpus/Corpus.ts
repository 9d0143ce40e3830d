import type { Progress } from '../support/progress.js';
import type { ChosenLanguage } from '../languages/LanguageList.js';

/** One message of a conversation. */
export interface Turn {
    /** `system`, `user`, `assistant`, or another role that the chat template knows. */
    readonly role: string;
    readonly content: string;
}

/**
 * One text of a corpus. Only the tokens of `response` are counted and scored. A plain text is a
 * response with an empty prompt.
 */
export interface Sample {
    /** BCP 47 tag, such as `en`. */
    readonly language: string;
    readonly prompt: string;
    readonly response: string;
    /** Whether special tokens spelled out in the prompt, such as `<|im_start|>`, are these tokens. Default: false. */
    readonly special?: boolean;
    /**
     * The messages before the response, instead of `prompt`, which is then empty. The model's chat template turns
     * them into the prompt (`asPrompts`). Default: none.
     */
    readonly turns?: readonly Turn[];
    /** The question in the prompt, without its template. It tells which questions were counted. Default: not known. */
    readonly question?: string;
}

/** A sample whose tokens are given: its texts only list their numbers. */
export interface SampleOfTokens extends Sample {
    readonly tokens: Int32Array;
    /** Tokens of the prompt, which are the first. */
    readonly promptLength: number;
    /** UTF-16 code units of both texts. */
    readonly characters: number;
}

/** A source of texts or questions. */
export interface Source {
    /** The user's name for it, such as `udhr:25-30` or a path. */
    readonly name: string;
    /** Absolute path of a file or folder. Absent for sources known by name (`udhr`, `mgsm`, `msvamp`). */
    readonly path?: string;
}

/** Options of opening a corpus. @inline */
export interface CorpusOptions {
    /** Languages in any spelling: `de`, `deu_Latn`, `German`. Default: all languages of the first source. */
    readonly languages?: readonly string[] | undefined;
    /**
     * Names of languages in existing results, such as an analysis. A language among these keeps its name.
     * Default: none.
     */
    readonly called?: readonly string[] | undefined;
    /** Ends opening, and any later reading of samples, with ABORTED. */
    readonly signal?: AbortSignal | undefined;
    /** Shows how far a download is, which files are skipped, and which languages have another name in the data. */
    readonly progress?: Progress | undefined;
}

/** A multilingual collection of texts, read as a stream, so that memory use does not depend on its size. */
export interface Corpus {
    /** The user's name for it, such as `udhr:25-30` or a path, for messages and metadata. */
    readonly name: string;
    /** The sources it is read from, in order: one for each specification given. */
    readonly sources: readonly Source[];
    /** How its texts were rewritten, such as `shuffled, seed 1`; see `transformedCorpus`. Absent: they were not. */
    readonly transform?: string;
    /** The names of the chosen languages in results (`LanguageList`), in the user's order. */
    readonly languages: readonly string[];
    /**
     * Streams the samples of one language in a fixed order.
     * @param language one of `languages`
     * @throws LanguageNeuronsError NOT_FOUND, EMPTY, ENCODING or DAMAGED, naming the file
     */
    samples(language: string): AsyncIterable<Sample>;
}

/** A corpus of the languages chosen of a dataset. */
export function chosenCorpus(
    named: Pick<Corpus, 'name' | 'sources'>,
    chosen: readonly ChosenLanguage[],
    samples: (chosen: ChosenLanguage) => AsyncIterable<Sample>,
): Corpus {
    const byLanguage = new Map(chosen.map((one) => [one.language, one]));
    return {
        ...named,
        languages: [...byLanguage.keys()],
        samples: (language) => samples(byLanguage.get(language)!),
    };
}
