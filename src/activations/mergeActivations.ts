import { SampleDigest } from '../corpus/SampleDigest.js';
import { LanguageNeuronsError } from '../errors.js';
import { sameSites } from '../engine/types/Site.js';
import { type Activations, sitesOf } from './Activations.js';
import { defined } from '../support/defined.js';
import type { CountedTexts, DatasetSource } from './ActivationsSource.js';
import { addActivations } from './addCounts.js';
import { sourceDifferences } from './sourceDifferences.js';
import { unitedSketch } from './sketch.js';

/**
 * Adds the counts of two parts of a corpus: the sum is what one pass over both would have counted.
 * Folds are added too where both have as many, and dropped otherwise. Which texts were counted stays known where it is
 * of both parts.
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
                ...defined({ texts: unitedTexts(a.source.dataset, b.source.dataset) }),
            },
        },
    };
}

/** What identifies the texts of both parts; how many of them are in several folds is not known of both together. */
function unitedTexts(a: DatasetSource, b: DatasetSource): DatasetSource['texts'] {
    if (a.texts === undefined || b.texts === undefined) return undefined;
    const { texts } = b;
    return Object.fromEntries(
        Object.entries(a.texts).flatMap(([language, one]) => {
            const other = texts[language];
            return other === undefined ? [] : [[language, united(one, other)]];
        }),
    );
}

function united(a: CountedTexts, b: CountedTexts): CountedTexts {
    const asked = [a.asked, b.asked].filter((sketch) => sketch !== undefined);
    return {
        digest: `${a.digest}+${b.digest}`,
        set: SampleDigest.unitedSet([a.set, b.set]),
        sketch: unitedSketch([a.sketch, b.sketch]),
        ...(asked.length === 0 ? {} : { asked: unitedSketch(asked) }),
    };
}
