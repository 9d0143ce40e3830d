import type { Source } from '../../corpus/Corpus.js';

/** One question of a reasoning task, with the number that answers it, or a prompt that no number answers. */
export interface Question {
    readonly language: string;
    /** Index in its file, from 0, the same in all languages. */
    readonly index: number;
    readonly text: string;
    /** Absent: no number answers it. */
    readonly answer?: number;
}

/** Questions in several languages. */
export interface Questions {
    /** The user's name for them. */
    readonly name: string;
    /** The folder or dataset that they are read from. */
    readonly sources: readonly Source[];
    readonly languages: readonly string[];
    /** Whether some of them are prompts that no number answers. Default: no. */
    readonly unnumbered?: boolean;
    /** Streams the questions of a language, in the order of the file. */
    inLanguage(language: string): Promise<readonly Question[]>;
}
