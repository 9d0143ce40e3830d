#!/usr/bin/env node
import { fileLimitWords } from './support/fileLimit.js';
import { nodeTooOld } from './support/nodeVersion.js';

const args = process.argv.slice(2);
const child = process.env.LANGUAGE_NEURONS_CHILD;
delete process.env.LANGUAGE_NEURONS_CHILD; // of this process alone, not of what it starts

function failed(code: number, words: string): number {
    process.stderr.write(`language-neurons: ${words}\n`);
    return code;
}

/** Each process loads its own part: the parent is small, and never dies of the work. */
async function start(): Promise<number> {
    const tooOld = nodeTooOld(process.versions.node); // before anything is read that an old Node cannot
    if (tooOld !== undefined) return failed(1, tooOld);
    if (child === undefined) return (await import('./commands/process/supervise.js')).supervise(args);
    if (process.send !== undefined) return (await import('./commands/main.js')).main(args, child);
    return failed(2, 'LANGUAGE_NEURONS_CHILD is set, which is for processes that the tool itself starts; unset it');
}

process.exitCode = await start().catch((cause: unknown) => {
    const words = fileLimitWords(cause);
    if (words === undefined) throw cause;
    return failed(1, words);
});
