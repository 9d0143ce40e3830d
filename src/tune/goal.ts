import { wrongUse } from '../errors.js';
import { analysedLanguage } from '../neurons/sets/neuronsOf.js';
import type { Tune } from './tuneFile.js';

/** Languages that a model is to keep to where it is asked in them, and those that its answers are to stay out of. */
export type Goal = Pick<Tune, 'speak' | 'avoid'>;

/** The same as a user names them. */
export interface AskedGoal {
    readonly speak?: readonly string[] | undefined;
    readonly avoid?: readonly string[] | undefined;
}

/**
 * A goal by the languages' names in an analysis.
 * @throws LanguageNeuronsError WRONG_USE without a goal or with one that contradicts itself; NOT_FOUND for a language
 * that was not analysed
 */
export function goalOf(analysed: { readonly languages: readonly string[] }, asked: AskedGoal): Goal {
    const { speak = [], avoid = [] } = asked;
    const named = (languages: readonly string[]): string[] => [
        ...new Set(languages.map((language) => analysedLanguage(analysed, language))),
    ];
    const goal = { speak: named(speak), avoid: named(avoid) };
    if (goal.speak.length + goal.avoid.length === 0)
        throw wrongUse('nothing is asked for; give `speak` or `avoid`, such as `speak: de`');
    const both = goal.speak.find((language) => goal.avoid.includes(language));
    if (both !== undefined) throw wrongUse(`${both} cannot be spoken and avoided; leave one out`);
    return goal;
}
