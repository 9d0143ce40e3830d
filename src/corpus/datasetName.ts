import { relative, sep } from 'node:path';

/** Texts or questions, by name or at a path. */
export interface NamedSource {
    readonly name: string;
    /** Absolute. */
    readonly path?: string | undefined;
}

/**
 * Texts or questions as a run folder's results call them: files by their path from the folder, so that a folder
 * given away with what it was made from still says what that is, and says nothing of the rest of a disk.
 */
export function datasetName(sources: readonly NamedSource[], folder: string): string {
    return sources.map(({ name, path }) => (path === undefined ? name : pathFrom(folder, path))).join(' + ');
}

/** A path from a folder, with slashes on every platform; whole where it lies on another drive. */
export function pathFrom(folder: string, path: string): string {
    return relative(folder, path).split(sep).join('/') || '.';
}
