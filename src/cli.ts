#!/usr/bin/env node
const args = process.argv.slice(2);
const isChild = process.env.LANGUAGE_NEURONS_CHILD !== undefined;
delete process.env.LANGUAGE_NEURONS_CHILD; // of this process alone, not of what it starts
// Each process loads its own part: the parent is small, and never dies of the work.
process.exitCode = isChild
    ? await (await import('./commands/main.js')).main(args)
    : await (await import('./commands/supervise.js')).supervise(args);
