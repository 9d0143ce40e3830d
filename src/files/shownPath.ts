import { isAbsolute, relative } from 'node:path';

/** A path as a person would write it: relative to the working folder if it is inside it. */
export function shownPath(path: string): string {
    const below = relative('', path);
    // On Windows a path on another drive stays absolute.
    return below === '' || below.startsWith('..') || isAbsolute(below) ? path : below;
}
