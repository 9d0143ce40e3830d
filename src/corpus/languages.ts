import { LanguageNeuronsError } from '../errors.js';

/** The ten languages of the paper, in its order. */
export const paperLanguages = ['en', 'ru', 'es', 'fr', 'de', 'zh', 'ja', 'bn', 'th', 'sw'] as const;

/** The paper's languages first, in its order, then the others by name. */
export function inPaperOrder(languages: Iterable<string>): string[] {
    const rank = (language: string): number => {
        const index = (paperLanguages as readonly string[]).indexOf(language);
        return index < 0 ? paperLanguages.length : index;
    };
    return [...languages].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0));
}

/**
 * The languages asked for, once it is sure that each is there and named once.
 * @param name the dataset, for messages
 * @throws LanguageNeuronsError WRONG_USE or NOT_FOUND
 */
export function chooseLanguages(asked: readonly string[] | undefined, available: readonly string[], name: string): readonly string[] {
    if (asked === undefined) return available;
    for (const [i, language] of asked.entries()) {
        if (asked.indexOf(language) !== i) throw new LanguageNeuronsError('WRONG_USE', `language ${language} is asked for twice; name each once`);
        if (!available.includes(language)) {
            throw new LanguageNeuronsError('NOT_FOUND', `${name}: has no language ${language}, only ${available.join(', ') || 'none'}; choose with --languages`);
        }
    }
    return asked;
}
