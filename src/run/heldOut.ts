import { partIn, partText } from '../corpus/textPart.js';
import { openCorpus } from '../data/openCorpus.js';
import { formatQuantity } from '../support/format.js';
import { type Progress, silent } from '../support/progress.js';
import type { RunConfig } from './RunConfig.js';

/** Every so many-th text is held out where there are no folds. */
const usualParts = 5;
/** Fewer texts of a language show no change. */
const fewestMeasured = 2;

/**
 * A configuration that measures on texts that it does not count. One without `evaluation` measures on the last of as
 * many parts of the texts as it has folds, or of five; the other parts are counted. Texts are divided by their place,
 * so that translations of one text stay together.
 * @returns the configuration itself where it names texts to measure on, or where they are too few to be divided
 * @throws LanguageNeuronsError as `openCorpus` and its texts
 */
export async function withHeldOut(
    config: RunConfig,
    {
        signal,
        progress = silent,
    }: { readonly signal?: AbortSignal | undefined; readonly progress?: Progress | undefined },
): Promise<RunConfig> {
    const { data, evaluation, folds, languages } = config;
    if (evaluation !== undefined || data.some((spec) => partIn(spec).part !== undefined)) return config;
    const of = folds ?? usualParts;
    const divided = {
        data: data.map((spec) => spec + partText({ first: 1, last: of - 1, of })),
        evaluation: data.map((spec) => spec + partText({ first: of, last: of, of })),
    };
    const leastIn = async (specs: readonly string[]): Promise<number> => {
        const corpus = await openCorpus(specs, { languages, signal });
        const numbers = await Promise.all(corpus.languages.map(async (one) => lengthOf(corpus.samples(one))));
        return Math.min(...numbers);
    };
    const [counted, measured] = [await leastIn(divided.data), await leastIn(divided.evaluation)];
    if (counted < (folds ?? 1) || measured < fewestMeasured) {
        progress.note(
            `warning: a language has too few texts to hold ${formatQuantity(fewestMeasured, 'text')} out, so that ` +
                'what is counted is measured too; give `evaluation`, or the effect may look larger than it is',
        );
        return config;
    }
    const part = of === 2 ? 'half of the texts' : `one text in ${of}`;
    progress.note(`${part} is held out: it is not counted, and effects are measured on it`);
    return { ...config, ...divided };
}

async function lengthOf(samples: AsyncIterable<unknown>): Promise<number> {
    let number = 0;
    for await (const _ of samples) number++;
    return number;
}
