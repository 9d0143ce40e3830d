import { LanguageNeuronsError } from '../errors.js';
import { sameSites } from '../engine/types/Site.js';
import { type Activations, sitesOf } from './Activations.js';
import { addActivations } from './addCounts.js';
import { sourceDifferences } from './sourceDifferences.js';

/**
 * Adds the counts of two parts of a corpus: the sum is what one pass over both would have counted.
 * Folds are added too where both have as many, and dropped otherwise.
 * @throws LanguageNeuronsError MISMATCH where languages, layers or models differ, saying how
 */
export function mergeActivations(a: Activations, b: Activations): Activations {
    const mismatch = (what: string): LanguageNeuronsError =>
        new LanguageNeuronsError('MISMATCH', `the two sets of counts cannot be merged: ${what}`);
    const lacking = (one: Activations, other: Activations): string[] =>
        one.languages.filter((language) => !other.languages.includes(language));
    const onlyFirst = lacking(a, b);
    const onlySecond = lacking(b, a);
    if (onlyFirst.length > 0)
        throw mismatch(`${onlyFirst.join(', ')} only in the first; collect the same languages in both`);
    if (onlySecond.length > 0)
        throw mismatch(`${onlySecond.join(', ')} only in the second; collect the same languages in both`);
    if (a.languages.join() !== b.languages.join())
        throw mismatch('their languages are in different orders; collect both with the same `languages`');
    const differences = sourceDifferences({ ...a.source, dataset: b.source.dataset }, b.source, { model: true });
    if (differences.length > 0) throw mismatch(`they were counted with ${differences.join(', ')}`);
    if (!sameSites(sitesOf(a), sitesOf(b))) throw mismatch('their layers differ in number, width or experts');
    return {
        ...addActivations(a, b),
        source: {
            ...a.source,
            dataset: {
                name: `${a.source.dataset.name} + ${b.source.dataset.name}`,
                hash: `${a.source.dataset.hash}+${b.source.dataset.hash}`,
            },
        },
    };
}
