import { wrongUse } from '../errors.js';
import type { Questions } from '../questions/sources/Questions.js';
import { formatQuantity } from '../support/format.js';

/** The fewest prompts of a language: fewer judged ones tell no gain from chance (sign test: 2 · 0.5⁶ < 5 %). */
const fewestPrompts = 12;

/**
 * Prompts of each language: as many as the language with the fewest has, and no more than `limit`.
 * @throws LanguageNeuronsError WRONG_USE for too few to search and to judge on
 */
export async function promptsOf(questions: Questions, limit = Infinity): Promise<number> {
    const counts = await Promise.all(
        questions.languages.map(async (language) => (await questions.inLanguage(language)).length),
    );
    const prompts = Math.min(limit, ...counts);
    if (prompts >= fewestPrompts) return prompts;
    const what = `has ${formatQuantity(prompts, 'prompt')} of a language, half of which are to judge on`;
    throw wrongUse(`${questions.name}: ${what}; give at least ${fewestPrompts}`);
}

/** Prompts of the rounds, as shares of those that the search has. */
const roundShares = [1 / 4, 1 / 2, 1] as const;

/** Whether a prompt, by its place in its language, is one to search on; the others are kept to judge on. */
export function isSearched(place: number): boolean {
    return place % 2 === 0;
}

/**
 * Prompts of the rounds of a search.
 * @param prompts of each language, to search and to judge on
 */
export function roundsOf(prompts: number): number[] {
    const searched = Math.ceil(prompts / 2);
    return roundShares.map((share) => Math.max(1, Math.round(share * searched)));
}

/**
 * Some of the questions of each language, by their places among all; parallel questions, which have one place in all
 * languages, stay together.
 */
export function someQuestions(questions: Questions, isChosen: (place: number) => boolean): Questions {
    return {
        ...questions,
        inLanguage: async (language) => (await questions.inLanguage(language)).filter((_, place) => isChosen(place)),
    };
}
