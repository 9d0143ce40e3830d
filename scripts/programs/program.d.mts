/** llama.cpp's programs that can be built. */
export type ProgramName = 'test-llama-archs' | 'llama-perplexity' | 'llama-gguf-split' | 'llama-batched-bench';

/**
 * Path of one of llama.cpp's own programs, of the pinned version, built where it is not there yet (some 10 s).
 * Throws BuildError without prebuilt libraries for this platform.
 */
export declare function program(name: ProgramName): string;

/**
 * Path of ggml's CPU backend as llama.cpp's own build makes it, with OpenMP, for the environment variable LN_BACKEND.
 */
export declare function openmpBackend(): string;
