import { LanguageNeuronsError } from '../../errors.js';
import { readGguf } from '../../gguf/GgufFile.js';
import { modelFiles } from './modelFiles.js';
import type { DownloadOptions } from './modelUri.js';
import { resolveModel } from './resolveModel.js';

/** What the header of a model tells before the model is opened. */
export interface ModelHead {
    readonly path: string;
    /** Tokens of a text that it was trained with; undefined: it does not say. */
    readonly trainContext: number | undefined;
    /** Tokens of its vocabulary; undefined: it does not say how many. */
    readonly vocabulary: number | undefined;
    /** Their texts; undefined: it has none. */
    readonly tokens: readonly string[] | undefined;
}

/**
 * Reads a model's header; a model that is named by an address is downloaded.
 * @throws LanguageNeuronsError as `resolveModel` and `readGguf`
 */
export async function modelHead(model: string, options: DownloadOptions = {}): Promise<ModelHead> {
    const path = await resolveModel(model, options);
    const [first] = await modelFiles(path);
    const { metadata } = await readGguf(first!);
    const numberOf = (key: string): number | undefined => {
        const value = Number(metadata[`${String(metadata['general.architecture'])}.${key}`]);
        return value > 0 ? value : undefined;
    };
    const listed = metadata['tokenizer.ggml.tokens'];
    const tokens = Array.isArray(listed) ? (listed as string[]) : undefined;
    return {
        path,
        trainContext: numberOf('context_length'),
        vocabulary: tokens?.length ?? numberOf('vocab_size'),
        tokens,
    };
}

/**
 * Compares vocabularies by headers, before a model is loaded. What a header does not say is left to the engine.
 * @throws LanguageNeuronsError MISMATCH for a model whose vocabulary is not the reference's
 */
export function checkVocabulary({ path, vocabulary, tokens }: ModelHead, reference: ModelHead): void {
    const wanted = reference.vocabulary;
    if (vocabulary !== undefined && wanted !== undefined && vocabulary !== wanted)
        throw foreignVocabulary(path, reference.path, `${vocabulary} tokens, not ${wanted}`);
    const others = reference.tokens;
    if (tokens === undefined || others === undefined) return;
    const token = tokens.findIndex((text, i) => text !== others[i]);
    if (token < 0) return;
    const [text, expected] = [tokens, others].map((texts) => JSON.stringify(texts[token]));
    throw foreignVocabulary(path, reference.path, `token ${token} is ${text}, not ${expected}`);
}

/** @param differing in what they differ */
export function foreignVocabulary(path: string, reference: string, differing: string): LanguageNeuronsError {
    return new LanguageNeuronsError(
        'MISMATCH',
        `${path}: its vocabulary is not that of the reference ${reference} (${differing}); ` +
            'compare files of one model, or models that share a vocabulary',
    );
}
