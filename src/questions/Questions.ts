import type { Source } from '../corpus/Corpus.js';

/** One question of a reasoning task, with the number that answers it. */
export interface Question {
    readonly language: string;
    /** Place in its file, from 0: equal in all languages for the same question. */
    readonly index: number;
    readonly text: string;
    readonly answer: number;
}

/** Questions in several languages. */
export interface Questions {
    /** What the user called it. */
    readonly name: string;
    /** The one folder or dataset they are read from. */
    readonly sources: readonly Source[];
    readonly languages: readonly string[];
    /** In the order of the file. */
    inLanguage(language: string): Promise<readonly Question[]>;
}
