import { remembered } from '../support/remembered.js';
import { languageTag } from './languageTag.js';

/**
 * The name of a language in itself: `中文` for `zh`. A text that is no language, or a language whose own name CLDR does
 * not have, gives undefined.
 */
export const nativeName = remembered((language: string): string | undefined => {
    const tag = languageTag(language);
    if (tag === undefined) return undefined;
    const names = new Intl.DisplayNames([tag], { type: 'language', fallback: 'none' });
    // Of a locale that the runtime lacks, names come in another language.
    return Intl.DisplayNames.supportedLocalesOf([tag]).length === 0 ? undefined : names.of(tag);
});
