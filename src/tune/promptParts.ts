import type { Questions } from '../questions/sources/Questions.js';

/** The fewest prompts of a language: fewer judged ones tell no gain from chance (sign test: 2 · 0.5⁶ < 5 %). */
export const fewestPrompts = 12;

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
