import type { Built, ProgressEvent } from './build.mjs';

export type { Built, ProgressEvent };

export interface EnsureOptions {
    /** Folder of the package; default: ours. */
    root?: string;
    /** Called while it builds, which takes a minute or two. */
    progress?: ((event: ProgressEvent) => void) | undefined;
}

/**
 * For run time: builds what is missing or out of date, at the cost of some milliseconds when nothing is. Throws
 * BuildError.
 */
export declare function ensureBuilt(options?: EnsureOptions): Promise<Built>;
