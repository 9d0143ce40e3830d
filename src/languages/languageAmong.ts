import { LanguageList } from './LanguageList.js';

/**
 * Finds a language, in any spelling, among the languages of a result: `zh` for `zho_Hans`.
 * @returns undefined where it is none of them or could be several
 */
export function languageAmong(language: string, languages: readonly string[]): string | undefined {
    if (languages.includes(language)) return language;
    const list = new LanguageList(
        'languages',
        languages.map((one) => [one, one]),
    );
    const found = list.namesOf(language);
    return found.length === 1 ? found[0] : undefined;
}
