import { relative, sep } from 'node:path';

/** Texts or questions, by name or at a path. */
export interface NamedSource {
    readonly name: string;
    /** Absolute. */
    readonly path?: string | undefined;
}

/**
 * The name of texts or questions in a run folder's results. A file is named by its path relative to the folder, so
 * that the name stays right when the folder is given away with the file, and shows nothing of the rest of the disk.
 */
export function datasetName(sources: readonly NamedSource[], folder: string): string {
    return sources.map(({ name, path }) => (path === undefined ? name : pathFrom(folder, path))).join(' + ');
}

/** A path relative to a folder, with slashes on every platform; absolute where it is on another drive. */
export function pathFrom(folder: string, path: string): string {
    return relative(folder, path).split(sep).join('/') || '.';
}
