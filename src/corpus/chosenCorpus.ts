import type { ChosenLanguage } from '../languages/LanguageList.js';
import type { Corpus, Sample } from './Corpus.js';

/** A corpus of the languages chosen of a dataset. */
export function chosenCorpus(
    named: Pick<Corpus, 'name' | 'sources'>,
    chosen: readonly ChosenLanguage[],
    samples: (chosen: ChosenLanguage) => AsyncIterable<Sample>,
): Corpus {
    const byLanguage = new Map(chosen.map((one) => [one.language, one]));
    return {
        ...named,
        languages: [...byLanguage.keys()],
        samples: (language) => samples(byLanguage.get(language)!),
    };
}
