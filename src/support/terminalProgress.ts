import type { Progress } from './progress.js';
import { Bars, BarProgress } from './progressBars.js';
import { LineProgress } from './progressLines.js';

/** A bar with an estimate on a terminal; elsewhere a line every tenth of the work and every half minute. */
export function terminalProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
    return stream.isTTY ? new BarProgress(stream) : new LineProgress(stream);
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
