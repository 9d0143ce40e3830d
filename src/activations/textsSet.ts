import { createHash } from 'node:crypto';
import type { DatasetSource } from './Activations.js';

/**
 * Names the texts of all languages whatever their order and that of the languages; undefined where that of a language
 * is not known.
 */
export function textsSet({ set, texts }: DatasetSource): string | undefined {
    if (set !== undefined || texts === undefined) return set;
    const languages = Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1));
    const hash = createHash('sha256');
    for (const [language, { set: own }] of languages) {
        if (own === undefined) return undefined;
        hash.update(`${language} ${own}\n`);
    }
    return hash.digest('hex');
}
