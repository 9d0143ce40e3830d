import type { ComponentChild } from 'preact';
import type { SiteLanguage } from '../../siteFormat.js';
import type { HeatHeading } from './Heatmap.js';

/** A language for people: its code, its English name, and its name in itself. */
export function LanguageName({ language }: { language: SiteLanguage }): ComponentChild {
    const { tag, english, own, rightToLeft } = language;
    return (
        <span class="language">
            <b>
                <bdi>{tag}</bdi>
            </b>
            {english !== tag && <span class={own === english ? undefined : 'english'}> {english}</span>}
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

/** A language as plain text, for a list to choose from: `zh Chinese 中文`. */
export function languageOption({ tag, english, own }: SiteLanguage): string {
    return [...new Set([tag, english, own])].join(' ');
}

/** A language by its tag, as `LanguageName`; the tag alone where it is none of those analysed. */
export function LanguageTag({ tag, languages }: { tag: string; languages: readonly SiteLanguage[] }): ComponentChild {
    const language = languages.find((one) => one.tag === tag);
    return language === undefined ? tag : <LanguageName language={language} />;
}

/** A language as the heading of a row or, with its code alone, of a column; in full when it is pointed at. */
export function languageHeading(tag: string, languages: readonly SiteLanguage[], isShort = false): HeatHeading {
    const language = languages.find((one) => one.tag === tag);
    if (language === undefined) return { key: tag, label: tag };
    const { english, own, family } = language;
    const title = [...new Set([english, own, family].filter((name) => name !== ''))].join(', ');
    return { key: tag, label: isShort ? tag : <LanguageName language={language} />, title };
}
