import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { LanguageNeuronsError } from '../errors.js';

/** Whether node-llama-cpp resolves and downloads it, such as `hf:user/repo:Q4_K_M`; anything else is a path. */
export function isModelUri(model: string): boolean {
    return /^(hf|huggingface|hf\.co|https?):/.test(model);
}

/**
 * The path of a model: itself, or where node-llama-cpp put what a URI names.
 * @throws LanguageNeuronsError NOT_FOUND, naming the path
 */
export async function resolveModel(model: string): Promise<string> {
    if (isModelUri(model)) {
        const { resolveModelFile } = await import('node-llama-cpp'); // heavy, and rarely needed
        try {
            return await resolveModelFile(model);
        } catch (cause) {
            throw new LanguageNeuronsError(
                'NOT_FOUND',
                `${model}: cannot be downloaded (${(cause as Error).message}); ` +
                    'check the name and the network, or give a path',
                { cause },
            );
        }
    }
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
