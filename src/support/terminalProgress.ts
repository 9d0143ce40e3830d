import type { Progress } from './progress.js';
import { Bars } from './progressBars.js';
import { LineProgress } from './progressLines.js';

/** A line with a bar on a terminal, which goes when the work ends; elsewhere a few lines that stay. */
export function terminalProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
    return stream.isTTY ? new Bars(stream).part('') : new LineProgress(stream);
}

/** Progress of several pieces of work side by side. */
export interface SideBySide {
    readonly parts: readonly Progress[];
    /** Ends all of them. */
    done(): void;
}

/** Shows each piece by its name: a bar on a terminal, lines that begin with the name elsewhere. */
export function sideBySide(names: readonly string[], stream: NodeJS.WriteStream = process.stderr): SideBySide {
    if (!stream.isTTY) {
        const parts = names.map((name) => new LineProgress(stream, `${name}: `));
        return { parts, done: () => parts.forEach((part) => part.done()) };
    }
    const bars = new Bars(stream);
    return { parts: names.map((name) => bars.part(name)), done: () => bars.done() };
}
