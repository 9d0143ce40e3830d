import { nativeName } from '../../languages/nativeName.js';
import { labelText } from './theme.js';

/** A language on an axis: its code and its own name, `zh 中文`. */
export function languageLabel(language: string): string {
    const name = nativeName(language);
    return labelText(name === undefined || name === language ? language : `${language} ${name}`);
}
