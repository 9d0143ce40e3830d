import type { Progress } from '../support/progress.js';

/** What somebody says in a conversation. */
export interface Turn {
    /** `system`, `user`, `assistant`, or what else a chat template knows. */
    readonly role: string;
    readonly content: string;
}

/**
 * One text of a corpus. Only the tokens of `response` are counted and scored; a plain text is a
 * response with an empty prompt.
 */
export interface Sample {
    /** BCP 47 tag, such as `en`. */
    readonly language: string;
    readonly prompt: string;
    readonly response: string;
    /** Special tokens written out in it, such as `<|im_start|>`, are these tokens. Default: plain text. */
    readonly special?: boolean;
    /**
     * What is said before the response, in place of `prompt`, which is empty: the model's chat template makes the
     * prompt of it (`asPrompts`). Default: none.
     */
    readonly turns?: readonly Turn[];
}

/** Where texts or questions come from. */
export interface Source {
    /** What the user called it, such as `udhr:25-30` or a path. */
    readonly name: string;
    /** Absolute path of a file or folder; absent for what is known by name (`udhr`, `mgsm`, `msvamp`). */
    readonly path?: string;
}

/** How a corpus is opened. */
export interface CorpusOptions {
    /** However they are written: `de`, `deu_Latn`, `German`. Default: all languages of the first source. */
    readonly languages?: readonly string[] | undefined;
    /**
     * What languages are called in results that are there, such as an analysis: one of these keeps that name, and is
     * one language. Default: none.
     */
    readonly called?: readonly string[] | undefined;
    /** Ends opening, and all reading of the samples later, with ABORTED. */
    readonly signal?: AbortSignal | undefined;
    /** Tells how far fetching is, which files are passed over, and which languages are there by another name. */
    readonly progress?: Progress | undefined;
}

/** A multilingual collection of texts that is read as a stream: its size never decides memory use. */
export interface Corpus {
    /** What the user called it, for messages and metadata, such as `udhr:25-30` or a path. */
    readonly name: string;
    /** What it is read from, in order: one for each specification given. */
    readonly sources: readonly Source[];
    /** What the languages asked for are called in results (`LanguageList`), in the user's order. */
    readonly languages: readonly string[];
    /**
     * Streams the samples of one language in a fixed order.
     * @param language one of `languages`
     * @throws LanguageNeuronsError NOT_FOUND, EMPTY, ENCODING or DAMAGED, naming the file
     */
    samples(language: string): AsyncIterable<Sample>;
}
