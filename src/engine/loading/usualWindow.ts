/** Covers MGSM's longest answers; a larger KV cache slows short texts down. */
const defaultWindowSize = 2048;

/** The window of a model where none is asked for, in tokens. @param trainContext undefined: not known */
export function usualWindow(trainContext: number | undefined): number {
    return Math.min(defaultWindowSize, trainContext ?? Infinity);
}
