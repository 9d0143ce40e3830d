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
 * @param language tag, such as `de`
 */
export function separatorsOf(language: string): Separators {
    const found = known.get(language);
    if (found !== undefined) return found;
    // Five digits: some languages leave four ungrouped. Latin digits, so that Bengali's are not in the way.
    const parts = new Intl.NumberFormat(localeOf(language), { numberingSystem: 'latn' }).formatToParts(12345.6);
    const of = (type: string, otherwise: string): string =>
        parts.find((part) => part.type === type)?.value ?? otherwise;
    const separators = {
        group: of('group', ','),
        decimal: of('decimal', '.'),
        groupsOfFour: inTenThousands.includes(language.split(/[-_]/)[0]!),
    };
    known.set(language, separators);
    return separators;
}

function localeOf(language: string): string {
    try {
        return Intl.NumberFormat.supportedLocalesOf([language.replaceAll('_', '-')])[0] ?? 'en';
    } catch {
        return 'en'; // no tag at all
    }
}
