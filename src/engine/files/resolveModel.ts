import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { LanguageNeuronsError } from '../../errors.js';
import { type DownloadOptions, downloadModel, isModelUri } from './modelUri.js';

/**
 * The path of a model: itself, or where node-llama-cpp put what a URI names.
 * @throws LanguageNeuronsError NOT_FOUND, naming the path; ABORTED, UNWRITABLE of a download
 */
export async function resolveModel(model: string, options: DownloadOptions = {}): Promise<string> {
    if (isModelUri(model)) return downloadModel(model, options);
    const path = resolve(model);
    const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
        throw new LanguageNeuronsError(
            'NOT_FOUND',
            cause.code === 'ENOENT'
                ? `${path}: no such model file; give the path of a GGUF file`
                : `${path}: cannot be read (${cause.code}); check its permissions`,
            { cause },
        );
    });
    if (!found.isFile())
        throw new LanguageNeuronsError('NOT_FOUND', `${path}: not a file; give the path of a GGUF file`);
    return path;
}
