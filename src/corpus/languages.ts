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

/** Equal for two spellings of one language: `zh_TW` and `zh-tw`. File systems, too, may take them for one name. */
export function languageKey(language: string): string {
    return language.normalize('NFC').toLowerCase().replaceAll('_', '-');
}

/** Of those available, the first two that are one language in two spellings and of which one is asked for. */
export function firstSameLanguages(
    asked: readonly string[],
    available: Iterable<string>,
): readonly [string, string] | undefined {
    const wanted = new Set(asked.map(languageKey));
    const seen = new Map<string, string>();
    for (const language of available) {
        const key = languageKey(language);
        if (!wanted.has(key)) continue;
        const other = seen.get(key);
        if (other !== undefined) return [other, language];
        seen.set(key, language);
    }
    return undefined;
}

/**
 * The languages asked for, once it is sure that each is there and named once.
 * @param name the dataset, for messages
 * @throws LanguageNeuronsError WRONG_USE or NOT_FOUND
 */
export function chooseLanguages(
    asked: readonly string[] | undefined,
    available: readonly string[],
    name: string,
): readonly string[] {
    if (asked === undefined) return available;
    for (const [i, language] of asked.entries()) {
        if (asked.indexOf(language) !== i)
            throw new LanguageNeuronsError('WRONG_USE', `language ${language} is asked for twice; name each once`);
        if (!available.includes(language)) {
            throw new LanguageNeuronsError(
                'NOT_FOUND',
                `${name}: has no language ${language}, only ${available.join(', ') || 'none'}; choose with --languages`,
            );
        }
    }
    return asked;
}
