import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { llamaPerplexity, ownPerplexity } from '../../scripts/crosscheck/windows.mjs';
import { Engine } from '../../src/engine/Engine.js';
import { neuronsAt } from '../../src/engine/types/Site.js';
import { exportModel } from '../../src/export/exportModel.js';
import { noGgml } from '../helpers/ggmlBlocks.js';
import { embeddedModel, modelsFolder } from '../helpers/models.js';
import { everyNth } from '../helpers/neuronSets.js';
import { udhrSamples } from '../helpers/texts.js';
import { writeUnquantized } from '../helpers/unquantized.js';
import { someSource } from '../helpers/analysed.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
/** Languages that the embedded model never saw: the program prints four decimals, of which more count. */
const text = join(folder, 'text.txt');
/** For models a hundred times as large, half of it: several windows. */
const shortText = join(folder, 'short.txt');
beforeAll(async () => {
    for (const [path, languages, articles] of [
        [text, ['fi', 'tr', 'pl'], '1-4'],
        [shortText, ['fi', 'tr'], '1-3'],
    ] as const) {
        const samples = await udhrSamples(languages, articles);
        writeFileSync(path, samples.map(({ response }) => response).join('\n'));
    }
});

/** Tokens of a window. */
const context = 128;
const fetched = (name: string) => ({ name, of: shortText, write: () => Promise.resolve(join(modelsFolder, name)) });
const models = [
    { name: 'embedded, F32', of: text, write: () => writeUnquantized(embeddedModel, join(folder, 'f32.gguf')) },
    { name: 'embedded, F16', of: text, write: () => writeUnquantized(embeddedModel, join(folder, 'f16.gguf'), true) },
    { name: 'embedded, Q8_0', of: text, write: () => Promise.resolve(embeddedModel) },
    fetched('SmolLM2-135M-Instruct.Q4_1.gguf'),
    fetched('gemma-3-270m-q4_k_m.gguf'),
];
const isHere = (name: string): boolean => name.startsWith('embedded') || existsSync(join(modelsFolder, name));

const title = 'llama-perplexity, without our patches, on an edited file';
describe.skipIf(noGgml !== undefined)(`${title}${noGgml === undefined ? '' : ` (skipped: ${noGgml})`}`, () => {
    for (const { name, of, write } of models) {
        it.skipIf(!isHere(name))(`gives what our mask gives: ${name}`, async () => {
            const [model, out] = [await write(), join(folder, 'edited.gguf')];
            const sites = await (async () => {
                using engine = await Engine.open({ model, gpu: 'off' });
                return engine.sites;
            })();
            const neurons = everyNth(sites, 50);
            const edits = [{ neurons, scale: 0, label: 'every fiftieth' }];
            await exportModel({
                model,
                analysis: { widths: sites.map(neuronsAt), sites, source: someSource },
                edits,
                out,
            });
            const [theirs, ours, whole] = [
                llamaPerplexity(out, of, context),
                await ownPerplexity(model, of, context, neurons),
                await ownPerplexity(model, of, context),
            ];
            rmSync(out);
            const difference = Math.abs(theirs / ours.value - 1);
            console.log(
                `${name}: ${neurons.length} neurons off, llama-perplexity ${theirs}, ours ${ours.value.toFixed(6)}, ` +
                    `whole ${whole.value.toFixed(6)}, ${ours.tokens} tokens, ${difference.toExponential(1)} apart`,
            );
            expect(difference).toBeLessThan(1e-5 + 5e-5 / theirs); // the second term: what is not printed
            expect(ours.tokens).toBeGreaterThan(context);
            expect(Math.abs(ours.value / whole.value - 1)).toBeGreaterThan(1e-3);
        });
    }
});
