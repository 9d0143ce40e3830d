import type { CommandDeclaration } from './CommandDeclaration.js';
import { chatDeclaration } from './chatDeclaration.js';
import { cleanDeclaration } from './cleanDeclaration.js';
import { collectDeclaration } from './collectDeclaration.js';
import { compareDeclaration } from './compareDeclaration.js';
import { deactivateDeclaration } from './deactivateDeclaration.js';
import { exportDeclaration } from './exportDeclaration.js';
import { generateDeclaration } from './generateDeclaration.js';
import { identifyDeclaration } from './identifyDeclaration.js';
import { importDeclaration } from './importDeclaration.js';
import { inspectDeclaration } from './inspectDeclaration.js';
import { interveneDeclaration } from './interveneDeclaration.js';
import { mergeDeclaration } from './mergeDeclaration.js';
import { reportDeclaration } from './reportDeclaration.js';
import { respondDeclaration } from './respondDeclaration.js';
import { rpcServerDeclaration } from './rpcServerDeclaration.js';
import { runDeclaration } from './runDeclaration.js';
import { serveDeclaration } from './serveDeclaration.js';
import type { OptionTable } from './options.js';

/** Options of every command. */
export const globalOptions: OptionTable = { json: { flag: true, describe: 'print one JSON document on stdout' } };

/** Every command, in the order of `--help`. */
export const commands: readonly CommandDeclaration[] = [
    runDeclaration,
    collectDeclaration,
    mergeDeclaration,
    identifyDeclaration,
    deactivateDeclaration,
    interveneDeclaration,
    compareDeclaration,
    generateDeclaration,
    chatDeclaration,
    serveDeclaration,
    exportDeclaration,
    respondDeclaration,
    importDeclaration,
    reportDeclaration,
    cleanDeclaration,
    inspectDeclaration,
    rpcServerDeclaration,
];
