import type { Question } from './Questions.js';

/** Writes the whole prompt of a question. */
export interface PromptTemplate {
    /** What the user called it. */
    readonly name: string;
    /** Special tokens written out in its prompts are these tokens. */
    readonly special: boolean;
    write(question: Pick<Question, 'language' | 'text'>): string | Promise<string>;
    /** Texts before which an answer ends, beside the model's own end. */
    stops(language: string): readonly string[];
    /** The same on another day, YYYY-MM-DD; absent where it does not write the date. */
    on?(date: string): PromptTemplate;
}
