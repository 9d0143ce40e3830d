#!/usr/bin/env node
import { supervise } from './commands/supervise.js';
import { main } from './commands/main.js';

const args = process.argv.slice(2);
process.exitCode = await (process.env.LANGUAGE_NEURONS_CHILD === undefined ? supervise(args) : main(args));
