import { createHash } from 'node:crypto';
import type { DatasetSource } from './ActivationsSource.js';

/**
 * Identifies the texts of all languages, whatever the order of texts and languages; undefined where the texts of a
 * language are not known.
 */
export function textsSet({ set, texts }: DatasetSource): string | undefined {
    if (set !== undefined || texts === undefined) return set;
    const languages = Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1));
    const hash = createHash('sha256');
    for (const [language, { set: own }] of languages) {
        hash.update(`${language} ${own}\n`);
    }
    return hash.digest('hex');
}
