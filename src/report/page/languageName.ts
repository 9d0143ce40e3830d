import { englishName } from '../../languages/englishName.js';
import { nativeName } from '../../languages/nativeName.js';
import { html, type Html } from '../html.js';

/** A language by its code and its names: `zh 中文 (Chinese)`. */
export function languageName(language: string): Html {
    const [own, english] = [nativeName(language), englishName(language)];
    const names = [own, english].filter(
        (name, i, all) => name !== undefined && name !== language && all.indexOf(name) === i,
    );
    if (names.length === 0) return html`${language}`;
    const shown =
        names.length === 2 ? html`<span lang="${language}" dir="auto">${names[0]}</span> ${names[1]}` : names[0];
    return html`${language} <span class="name">${shown}</span>`;
}
