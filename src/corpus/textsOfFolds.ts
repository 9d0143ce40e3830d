import type { Corpus, Sample } from './Corpus.js';

/**
 * The texts that `collect` counts into some of its folds, by the same name: those whose place in their language, modulo
 * the number of folds, is one of these.
 * @param chosen folds, 0-based
 * @param folds number of all
 */
export function textsOfFolds(corpus: Corpus, chosen: readonly number[], folds: number): Corpus {
    return {
        ...corpus,
        async *samples(language): AsyncGenerator<Sample> {
            const wanted = new Set(chosen); // there may be thousands
            let place = 0;
            for await (const sample of corpus.samples(language)) if (wanted.has(place++ % folds)) yield sample;
        },
    };
}
