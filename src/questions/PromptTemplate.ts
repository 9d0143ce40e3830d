import type { Question } from './Questions.js';

/** Writes the whole prompt of a question. */
export interface PromptTemplate {
    /** The user's name for it. */
    readonly name: string;
    /** Whether special tokens spelled out in its prompts are these tokens. */
    readonly special: boolean;
    write(question: Pick<Question, 'language' | 'text'>): string | Promise<string>;
    /** Texts before which an answer ends, besides the model's own end. */
    stops(language: string): readonly string[];
    /** The template on another day, YYYY-MM-DD. Absent where it does not write the date. */
    on?(date: string): PromptTemplate;
}
