import type { ProgressEvent } from './build.mjs';

/** One line that rewrites itself on a terminal, a line for every ten percent elsewhere. */
export declare function showProgress(stream?: NodeJS.WritableStream & { readonly isTTY?: boolean }): (event: ProgressEvent) => void;
