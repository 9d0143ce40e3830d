import type { Corpus } from '../corpus/Corpus.js';
import type { Questions } from '../questions/Questions.js';

/** A corpus of the questions themselves as texts. */
export function questionsCorpus(questions: Questions): Corpus {
    return {
        name: questions.name,
        sources: questions.sources,
        languages: questions.languages,
        async *samples(language) {
            for (const { text } of await questions.inLanguage(language)) yield { language, prompt: '', response: text };
        },
    };
}
