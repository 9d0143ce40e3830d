export interface FailedPatch {
    patch: string;
    /** Of llama.cpp's tree. */
    file: string;
    /** Where its first hunk that fails starts in the patch's old file; undefined: there is no such file any more. */
    line: number | undefined;
}

/**
 * Applies node-llama-cpp's patches and ours to llama.cpp's source, one by one, each a commit, in a folder made anew.
 * Stops at the first that does not apply: what of it applies is in the tree, the rest in FILE.rej.
 */
export declare function tryPatches(
    source: { dir: string; bundle: string },
    root: string,
    tree: string,
): { applied: string[]; failed: FailedPatch | undefined };
