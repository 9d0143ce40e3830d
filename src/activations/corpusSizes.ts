import type { Corpus } from '../corpus/Corpus.js';
import type { Engine } from '../engine/Engine.js';
import { tokenizeSamples } from '../engine/passes/tokenizeSamples.js';
import { asPrompts } from '../questions/templates/chatSamples.js';
import { throwIfStopped } from '../support/stop.js';

/** How much a language of a corpus holds. */
export interface LanguageSize {
    readonly texts: number;
    /** UTF-16 code units of what is counted, without prompts. */
    readonly characters: number;
    /** Of a model: tokens that `collect` counts. Absent without one. */
    readonly tokens?: number;
}

/**
 * The size of every language of a corpus. Texts are tokenized, not computed.
 * @param engine of the model whose tokens are told
 * @throws LanguageNeuronsError as the corpus; ABORTED
 */
export async function corpusSizes(
    corpus: Corpus,
    engine: Engine | undefined,
    signal?: AbortSignal,
): Promise<ReadonlyMap<string, LanguageSize>> {
    const sizes = new Map<string, LanguageSize>();
    for (const language of corpus.languages) {
        let [texts, characters, tokens] = [0, 0, 0];
        for await (const { response } of corpus.samples(language)) {
            throwIfStopped(signal);
            texts++;
            characters += response.length;
        }
        if (engine === undefined) {
            sizes.set(language, { texts, characters });
            continue;
        }
        const samples = asPrompts(engine, corpus.samples(language));
        for await (const { tokens: all, promptLength } of tokenizeSamples(engine.passes.model, samples)) {
            throwIfStopped(signal);
            tokens += all.length - promptLength;
        }
        sizes.set(language, { texts, characters, tokens });
    }
    return sizes;
}
