import { readActivationsSource } from '../../activations/activationsFile.js';
import { shareWithin } from '../../activations/sketch.js';
import type { EvaluatedSketches } from '../metric/evaluatedSketches.js';
import type { MetricKind } from '../metric/Metric.js';

type Evaluated = Pick<MetricKind, 'inputs'>;

/** Says, by language, which share of the evaluated texts or questions the neurons were found on too. */
export function countedWords(shares: Readonly<Record<string, number>>, { inputs }: Evaluated): string {
    const list = Object.entries(shares)
        .map(([language, share]) => `${language} ${Math.round(share * 100)} %`)
        .join(', ');
    return `evaluated on ${inputs} that were counted (${list} of the ${inputs})`;
}

/**
 * The share of each language's texts that the folder's counts were made of too, or of its questions that counted texts
 * are or answer; undefined where none was, or it is not known.
 */
export async function countedShares(
    folder: string,
    sketches: EvaluatedSketches,
    { inputs }: Evaluated,
): Promise<Record<string, number> | undefined> {
    const texts = (await readActivationsSource(folder))?.source.dataset.texts ?? {};
    const shares = Object.entries(sketches).map(([language, own]) => {
        const { sketch = '', asked = '' } = texts[language] ?? {};
        const counted = inputs === 'texts' ? [sketch] : [sketch, asked];
        const found = own.flatMap((one) => counted.map((other) => shareWithin(one, other)));
        return [language, Math.max(0, ...found.filter((share) => !Number.isNaN(share)))] as const;
    });
    const found = shares.filter(([, share]) => share > 0);
    return found.length === 0 ? undefined : Object.fromEntries(found);
}
