import type { Corpus } from '../corpus/Corpus.js';
import type { Engine } from '../engine/Engine.js';
import { tokenizeSamples } from '../engine/passes/tokenizeSamples.js';
import { LanguageNeuronsError } from '../errors.js';
import { asPrompts } from '../questions/templates/chatSamples.js';
import { throwIfStopped } from '../support/stop.js';
import type { LensText } from './LayerReader.js';
import type { LanguageTokens } from './tokenLanguages.js';

/** Tokens of a language's texts, and the first of them. */
export interface SurveyedTokens extends LanguageTokens {
    readonly texts: readonly LensText[];
    /** Of the responses of `texts`. */
    readonly tokens: number;
}

/**
 * Counts how often each token occurs in a language's responses, and keeps its first texts.
 * @param most tokens of responses to keep; the last text is cut there
 * @param longest tokens of a text; a longer one is cut, or left out where its prompt alone is as long
 * @throws LanguageNeuronsError EMPTY where no text is short enough; ABORTED and the corpus's
 */
export async function surveyTokens(
    { engine, corpus, language }: { readonly engine: Engine; readonly corpus: Corpus; readonly language: string },
    { most, longest }: { readonly most: number; readonly longest: number },
    { signal, onRead }: { readonly signal?: AbortSignal | undefined; readonly onRead: (characters: number) => void },
): Promise<SurveyedTokens> {
    const occurrences = new Uint32Array(engine.info.vocabulary);
    const texts: LensText[] = [];
    let kept = 0;
    const samples = asPrompts(engine, corpus.samples(language));
    for await (const { tokens, promptLength: begin, characters } of tokenizeSamples(engine.passes.model, samples)) {
        throwIfStopped(signal);
        for (let i = begin; i < tokens.length; i++) occurrences[tokens[i]!]!++;
        const end = Math.min(tokens.length, longest, begin + most - kept);
        if (end > begin) {
            texts.push({ tokens: tokens.subarray(0, end), begin });
            kept += end - begin;
        }
        onRead(characters);
    }
    if (kept > 0) return { language, occurrences, texts, tokens: kept };
    const what = `${corpus.name}: ${language} has no text whose prompt is shorter than ${longest} tokens`;
    throw new LanguageNeuronsError('EMPTY', `${what}; raise \`batchSize\` and \`windowSize\`, or give other texts`);
}
