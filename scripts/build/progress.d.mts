import type { ProgressEvent } from './build.mjs';

/** Percent done in a line of make's or ninja's output. */
export declare function parsePercent(line: string): number | undefined;

/** Turns lines of output into events, one for each new percent; `now` in milliseconds. */
export declare function trackProgress(
    report: (event: ProgressEvent) => void,
    now?: () => number,
): (line: string) => void;

/** One line that rewrites itself on a terminal, a line for every ten percent elsewhere. */
export declare function showProgress(stream?: {
    write(text: string): unknown;
    readonly isTTY?: boolean | undefined;
}): (event: ProgressEvent) => void;
