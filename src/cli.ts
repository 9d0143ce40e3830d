#!/usr/bin/env node
const args = process.argv.slice(2);
const child = process.env.LANGUAGE_NEURONS_CHILD;
delete process.env.LANGUAGE_NEURONS_CHILD; // of this process alone, not of what it starts
// Each process loads its own part: the parent is small, and never dies of the work.
process.exitCode =
    child !== undefined
        ? await (await import('./commands/main.js')).main(args, child)
        : await (await import('./commands/supervise.js')).supervise(args);
