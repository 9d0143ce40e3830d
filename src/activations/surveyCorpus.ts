import { createHash } from 'node:crypto';
import type { Corpus, Sample } from '../corpus/Corpus.js';
import { SampleDigest } from '../corpus/SampleDigest.js';
import { LanguageNeuronsError } from '../errors.js';
import { QuestionSketch, shareInSeveral, Sketch } from './sketch.js';

/** What one language of a corpus holds. */
interface LanguageSurvey {
    readonly samples: number;
    /** UTF-16 code units of all prompts and responses: the measure of progress. */
    readonly characters: number;
    /** sha256 over the samples in order, hexadecimal. */
    readonly digest: string;
    /** The same whatever the order of the samples; see `SampleDigest`. */
    readonly set: string;
    /** Of the responses; see `Sketch`. */
    readonly sketch: string;
    /** Of what the responses answer; see `QuestionSketch`. Absent: they answer nothing. */
    readonly asked?: string;
    /** Share of the different texts that are in several folds; see `shareInSeveral`. Absent: no folds. */
    readonly inSeveralFolds?: number;
}

export interface CorpusSurvey {
    readonly languages: ReadonlyMap<string, LanguageSurvey>;
    /** sha256 over all languages' digests, hexadecimal. */
    readonly hash: string;
}

/**
 * Reads a corpus once before the work on it begins: it finds what is missing, empty or garbled, and gives each language
 * a digest by which finished parts are recognised.
 * @param folds as `collect`'s
 * @throws LanguageNeuronsError as the corpus does; ABORTED
 */
export async function surveyCorpus(corpus: Corpus, signal?: AbortSignal, folds = 0): Promise<CorpusSurvey> {
    const languages = new Map<string, LanguageSurvey>();
    const hash = createHash('sha256');
    for (const language of corpus.languages) {
        const digest = new SampleDigest();
        const sketch = new Sketch();
        const asked = new QuestionSketch();
        const ofFolds = Array.from({ length: folds }, () => new Sketch());
        let samples = 0;
        let characters = 0;
        for await (const sample of corpus.samples(language)) {
            if (signal?.aborted === true) throw new LanguageNeuronsError('ABORTED', 'stopped while reading the corpus');
            digest.add(sample);
            sketch.add(sample.response);
            for (const text of askedIn(sample)) asked.add(text);
            ofFolds[samples % folds]?.add(sample.response);
            samples++;
            characters += sample.prompt.length + sample.response.length;
            for (const { content } of sample.turns ?? []) characters += content.length;
        }
        const hex = digest.hex();
        languages.set(language, {
            samples,
            characters,
            digest: hex,
            set: digest.set(),
            sketch: sketch.toString(),
            ...(asked.isEmpty ? {} : { asked: asked.toString() }),
            ...(folds === 0 ? {} : { inSeveralFolds: shareInSeveral(ofFolds.map(String)) }),
        });
        hash.update(`${language} ${hex}\n`);
    }
    return { languages, hash: hash.digest('hex') };
}

/** What a sample's response answers, by all its names: the prompt with its template, the question without. */
function askedIn({ prompt, question = '', turns = [] }: Sample): string[] {
    return [prompt, question, ...turns.filter(({ role }) => role === 'user').map(({ content }) => content)];
}
