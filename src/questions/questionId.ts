import type { Question } from './Questions.js';

/** One number for a question, whatever else is asked: it decides, with the seed, what is drawn. */
export function questionId({ language, index }: Pick<Question, 'language' | 'index'>): number {
    return [...language].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 0) * 1_000_000 + index;
}
