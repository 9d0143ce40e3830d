// Makes the figures of docs/demo.md, src/embedded/figures, from the embedded models:
//   node figures.mjs [FOLDER]
// The demo's run into FOLDER (default: runs/figures), but for its accuracy: the whole model answers all problems in all
// languages, for the comparison of base and aligned model; one problem is asked without each language's neurons.
import { copyFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, terminalProgress } from '../../dist/index.js';
import { embeddedRun } from '../../dist/run/embeddedRun.js';

const figures = { deactivation: 'deactivation.specific+related', 'comparison-accuracy': 'comparison-accuracy' };
const shipped = fileURLToPath(new URL('../../src/embedded/figures/', import.meta.url));

const demo = embeddedRun();
const { languages } = demo;
const out = resolve(process.argv[2] ?? 'runs/figures');
await run(
    { ...demo, out, accuracy: { ...demo.accuracy, languages, limit: 1, wholeLimit: 100 } },
    { progress: terminalProgress() },
);
for (const [name, made] of Object.entries(figures)) {
    await copyFile(join(out, 'figures', `${made}.svg`), join(shipped, `${name}.svg`));
}
