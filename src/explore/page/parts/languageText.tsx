import type { ComponentChild } from 'preact';
import type { SiteLanguage } from '../../siteFormat.js';

/** A language for people: its code, its English name, and its name in itself. */
export function LanguageName({ language }: { language: SiteLanguage }): ComponentChild {
    const { tag, english, own, rightToLeft } = language;
    return (
        <span class="language">
            <b>{tag}</b> {english}
            {own !== english && (
                <>
                    {' '}
                    <bdi lang={tag} dir={rightToLeft ? 'rtl' : 'ltr'} class="own">
                        {own}
                    </bdi>
                </>
            )}
        </span>
    );
}

/** Codes of the languages of a neuron; `all` where it has all of them. */
export function languageCodes(languages: readonly SiteLanguage[], indices: readonly number[]): string {
    if (indices.length === languages.length) return 'all';
    return indices.map((k) => languages[k]!.tag).join(' ');
}
