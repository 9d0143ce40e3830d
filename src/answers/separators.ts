import { languageTag, maximized } from '../languages/languageTag.js';
import { remembered } from '../support/remembered.js';

/** The separators of groups and fraction in a language's numbers. */
export interface Separators {
    readonly group: string;
    readonly decimal: string;
    /** Digits of a group where it is not three. */
    readonly groupsOfFour: boolean;
}

/** Languages that count in ten thousands and may group four digits. */
const inTenThousands = ['zh', 'yue', 'ja', 'ko'];

/**
 * The runtime's separators (CLDR), or English's for a language that the runtime does not know.
 * @param language in any spelling, such as `de`
 */
export const separatorsOf = remembered((language: string): Separators => {
    const tag = languageTag(language) ?? 'en';
    // Five digits, because some languages leave four ungrouped; Latin ones, to find the separators in Bengali too.
    const parts = new Intl.NumberFormat(localeOf(tag), { numberingSystem: 'latn' }).formatToParts(12345.6);
    const of = (type: string, otherwise: string): string =>
        parts.find((part) => part.type === type)?.value ?? otherwise;
    return {
        group: of('group', ','),
        decimal: of('decimal', '.'),
        groupsOfFour: inTenThousands.includes(maximized(tag).language),
    };
});

function localeOf(tag: string): string {
    return Intl.NumberFormat.supportedLocalesOf([tag])[0] ?? 'en';
}
