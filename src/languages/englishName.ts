import { iso6393, iso6393To1 } from 'iso-639-3';
import { languageTag, maximized } from './languageTag.js';

const displayNames = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

/**
 * `German` for `de`; Bengali as the papers say, not Bangla. What CLDR has no name for, or only that of a group (Akan
 * for `tw`), is called as ISO 639-3 does; what is no language, or has no name, by itself.
 */
export function englishName(language: string): string {
    const tag = languageTag(language);
    if (tag === undefined) return language;
    if (tag === 'bn') return 'Bengali';
    const ofGroup = tag.length === 2 && maximized(tag).language !== tag;
    return (ofGroup ? undefined : displayNames.of(tag)) ?? isoName(tag) ?? tag;
}

function isoName(tag: string): string | undefined {
    return iso6393.find(({ iso6393: code }) => (iso6393To1[code] ?? code) === tag)?.name.replace(/ \(.*/, '');
}

/** The English name where it can be read back (`languageTag`), and the tag where it cannot: `zh-TW`, `sr-Latn`. */
export function readableName(language: string): string {
    const name = englishName(language);
    return languageTag(name) === languageTag(language) ? name : language;
}
