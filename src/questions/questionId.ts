import type { Question } from './Questions.js';

/** A number that depends on the question alone. With the seed it decides what is drawn. */
export function questionId({ language, index }: Pick<Question, 'language' | 'index'>): number {
    return [...language].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 0) * 1_000_000 + index;
}
