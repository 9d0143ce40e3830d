import { throwIfStopped } from '../support/stop.js';
import type { NativeImatrixSource } from './native/addon.js';
import { defaultThreads } from './loading/defaultThreads.js';
import type { InputSquares } from './types/InputSquares.js';
import { loadAddon } from './native/loadBackends.js';
import { awaitNative } from './native/nativeError.js';

export interface QuantizeOptions {
    /** A GGUF file; the first, where the model is in several. */
    readonly input: string;
    /** Where the file goes; what is there is replaced, and a part of it is left where the work ends early. */
    readonly output: string;
    /** As llama-quantize names it, such as `Q4_K_M`. */
    readonly type: string;
    /** An importance matrix, and what the file's metadata call it. Default: none. */
    readonly imatrix?: { readonly path: string; readonly name: string } | undefined;
    /** A key and a text to put into the metadata, of at most 127 bytes each. Default: none. */
    readonly recipe?: readonly [key: string, text: string] | undefined;
    /** Default: one for each physical core. */
    readonly threads?: number | undefined;
    readonly signal?: AbortSignal | undefined;
    /** Called now and then with the share of the tensors that are written. */
    readonly onShare?: ((share: number) => void) | undefined;
}

/** Between two looks at how far the quantizer is, in milliseconds. */
const period = 200;

/**
 * Writes a file of another type by llama.cpp's own quantizer, off the JS thread. Weights that are quantized already are
 * quantized again, from what they stand for.
 * @returns llama.cpp's warnings
 * @throws LanguageNeuronsError DAMAGED, UNWRITABLE, ABORTED
 */
export async function quantizeFile(options: QuantizeOptions): Promise<readonly string[]> {
    const { input, output, type, imatrix, recipe, signal, onShare } = options;
    const { addon } = await loadAddon();
    const threads = options.threads ?? (await defaultThreads());
    throwIfStopped(signal);
    const said = { imatrix: imatrix?.path, imatrixName: imatrix?.name, key: recipe?.[0], text: recipe?.[1] };
    const making = addon.quantize({ input, output, type, threads, ...said });
    const stop = (): void => making.abort();
    signal?.addEventListener('abort', stop);
    const timer = setInterval(() => onShare?.(making.share()), period);
    try {
        return await awaitNative(() => making.done);
    } finally {
        clearInterval(timer);
        signal?.removeEventListener('abort', stop);
    }
}

/**
 * Writes an importance matrix in the form that llama-quantize reads.
 * @throws LanguageNeuronsError UNWRITABLE
 */
export async function writeImatrix(
    path: string,
    entries: readonly InputSquares[],
    of: NativeImatrixSource,
): Promise<void> {
    const { addon } = await loadAddon();
    await awaitNative(() => addon.writeImatrix(path, entries, of));
}
