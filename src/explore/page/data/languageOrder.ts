import type { SiteLanguage } from '../../siteFormat.js';

/** Orders of languages in matrices and curves, and what they are called. */
export const languageOrders = {
    given: 'as listed',
    family: 'by family',
    script: 'by script',
    effect: 'by effect on themselves',
} as const;
export type LanguageOrder = keyof typeof languageOrders;

export function readOrder(text: string | null): LanguageOrder {
    return text !== null && Object.hasOwn(languageOrders, text) ? (text as LanguageOrder) : 'given';
}

/**
 * The places of some tags in an order.
 * @param harm the effect on a language of its own neurons, greatest first
 */
export function orderedPlaces(
    tags: readonly string[],
    order: LanguageOrder,
    languages: readonly SiteLanguage[],
    harm: (tag: string) => number = () => 0,
): number[] {
    const places = [...tags.keys()];
    const of = (place: number): SiteLanguage | undefined => languages.find(({ tag }) => tag === tags[place]);
    const byText = (key: (language: SiteLanguage) => string): number[] => {
        const keys = places.map((place) => {
            const language = of(place);
            return language === undefined ? '' : key(language);
        });
        return places.sort((a, b) => (keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : a - b));
    };
    if (order === 'family') return byText(({ lineage }) => lineage.join(' '));
    if (order === 'script') return byText(({ script }) => script);
    if (order === 'effect') {
        const effects = places.map((place) => harm(tags[place]!));
        return places.sort((a, b) => effects[b]! - effects[a]! || a - b);
    }
    return places;
}
