import { iso6393, iso6393To1 } from 'iso-639-3';
import { languageTag, maximized } from './languageTag.js';

const displayNames = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

/**
 * The English name of a language: `German` for `de`, and Bengali as the papers say, not Bangla. Where CLDR has no
 * name, or only that of a group (Akan for `tw`), it is ISO 639-3's. A text that is no language, or a language without
 * a name, is returned as it is.
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

/** The English name where `languageTag` can read it back, else the tag: `zh-TW`, `sr-Latn`. */
export function readableName(language: string): string {
    const name = englishName(language);
    return languageTag(name) === languageTag(language) ? name : language;
}
