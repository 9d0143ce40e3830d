import type { CacheLayout } from './loadEngine.js';

/** llama.cpp rounds a stream's cells up to a multiple of this. */
const grain = 256;

/** Cells of a stream that takes so many tokens. */
export function streamCells(tokens: number): number {
    return Math.ceil(tokens / grain) * grain;
}

/**
 * Streams of a KV cache for answers that have no prompt in common: each attends to its own cells alone, where in a
 * shared cache it costs those of all.
 * @param needs cells that each of the next answers may take, prompt and answer
 * @param engine cells and sequences that there are
 * @param had streams of before, kept where they will do: new ones cost a context
 * @returns undefined where one shared cache does as well, or the answers are too long for two streams
 */
export function planStreams(
    needs: readonly number[],
    engine: { readonly cells: number; readonly sequences: number },
    had: CacheLayout | undefined,
): CacheLayout | undefined {
    const longest = Math.max(...needs);
    const each = streamCells(longest);
    const sequences = Math.min(needs.length, engine.sequences, Math.floor(engine.cells / each));
    if (had?.streams === true && had.cells / had.sequences >= longest && had.sequences >= sequences && sequences > 0)
        return had;
    return sequences < 2 ? undefined : { cells: each * sequences, sequences, streams: true };
}
