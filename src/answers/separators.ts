import { languageTag, maximized } from '../languages/languageTag.js';

/** What separates the groups and the fraction of a number in a language. */
export interface Separators {
    readonly group: string;
    readonly decimal: string;
    /** Digits of a group, besides three. */
    readonly groupsOfFour: boolean;
}

/** Languages that count in ten thousands and may group by them. */
const inTenThousands = ['zh', 'yue', 'ja', 'ko'];

const known = new Map<string, Separators>();

/**
 * The runtime's own (CLDR); `.` and `,` as in English for a language it does not know.
 * @param language however it is written, such as `de`
 */
export function separatorsOf(language: string): Separators {
    const found = known.get(language);
    if (found !== undefined) return found;
    const tag = languageTag(language) ?? 'en';
    // Five digits: some languages leave four ungrouped. Latin digits, so that Bengali's are not in the way.
    const parts = new Intl.NumberFormat(localeOf(tag), { numberingSystem: 'latn' }).formatToParts(12345.6);
    const of = (type: string, otherwise: string): string =>
        parts.find((part) => part.type === type)?.value ?? otherwise;
    const separators = {
        group: of('group', ','),
        decimal: of('decimal', '.'),
        groupsOfFour: inTenThousands.includes(maximized(tag).language),
    };
    known.set(language, separators);
    return separators;
}

function localeOf(tag: string): string {
    return Intl.NumberFormat.supportedLocalesOf([tag])[0] ?? 'en';
}
