import type { Backends } from '../../src/prebuilt/types.js';

/** Paths of node-llama-cpp's own patches and then ours, in the order of application. */
export declare function listPatches(backends: Pick<Backends, 'dir'>, root: string): string[];

/** Unpacks and patches llama.cpp's source unless that is done already; gives its folder. Throws BuildError. */
export declare function unpackSource(
    backends: Pick<Backends, 'dir' | 'bundle' | 'release' | 'packageVersion'>,
    root: string,
    buildDir: string,
): string;

/** Applies a patch to a tree, all of it or none. Throws BuildError. */
export declare function applyPatch(patch: string, dir: string): void;

/** Checks folders of llama.cpp's bundled tree out into a folder that is not there yet or empty. */
export declare function clone(bundle: string, dir: string, folders: readonly string[]): void;
