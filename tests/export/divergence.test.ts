import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { llamaDivergence, ownDivergence } from '../../scripts/crosscheck/windows.mjs';
import { quantizeFile } from '../../src/engine/quantize.js';
import { noGgml } from '../helpers/ggmlBlocks.js';
import { embeddedModel, smollm2 } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';
import { udhrSamples } from '../helpers/texts.js';
import { writeUnquantized } from '../helpers/unquantized.js';

const folder = temporaryFolder();
const text = join(folder, 'text.txt');
const shortText = join(folder, 'short.txt');
beforeAll(async () => {
    for (const [path, languages] of [
        [text, ['fi', 'tr', 'pl']],
        [shortText, ['fi', 'tr']],
    ] as const) {
        const samples = await udhrSamples(languages, '1-4');
        writeFileSync(path, samples.map(({ response }) => response).join('\n'));
    }
});

const embedded = (): Promise<string> => writeUnquantized(embeddedModel, join(folder, 'f32.gguf'));
const small = (): Promise<string> => Promise.resolve(smollm2);
/**
 * How far the tool is from ours at most. Its file holds log-probabilities in 16 bits and leaves out those below -16,
 * of which a vocabulary of 49,152 has more. Measured: 2e-6 and 9e-6 of the embedded model, 5.5e-4 of SmolLM2; 5e-7 at
 * most where our logits are rounded likewise.
 */
const cases = [
    { name: 'the embedded model in F32, Q4_K_M', write: embedded, type: 'Q4_K_M', of: text, most: 1e-4 },
    { name: 'the embedded model in F32, Q2_K', write: embedded, type: 'Q2_K', of: text, most: 1e-4 },
    { name: 'SmolLM2 in Q4_1, Q2_K', write: small, type: 'Q2_K', of: shortText, most: 2e-3 },
];
const isHere = (name: string): boolean => !name.startsWith('SmolLM2') || existsSync(smollm2);

describe.skipIf(noGgml !== undefined)('llama-perplexity --kl-divergence, without our patches', () => {
    for (const { name, write, type, of, most } of cases) {
        it.skipIf(!isHere(name))(`gives the divergence that we give: ${name}`, async () => {
            const [reference, model] = [await write(), join(folder, 'quantized.gguf')];
            await quantizeFile({ input: reference, output: model, type });
            const [theirs, ours] = [
                llamaDivergence(reference, model, of, 128, join(folder, 'base.kld')),
                await ownDivergence(reference, model, of, 128),
            ];
            rmSync(model);
            const [apart, asWritten] = [ours.value, ours.written].map((value) => Math.abs(theirs.value / value - 1));
            console.log(
                `${name}: llama-perplexity ${theirs.value}, ours ${ours.value.toFixed(6)}, same top ` +
                    `${theirs.sameTop} and ${ours.sameTop.toFixed(5)}, ${ours.tokens} tokens, ` +
                    `${apart!.toExponential(1)} apart, ${asWritten!.toExponential(1)} with its file's rounding`,
            );
            expect(ours.tokens).toBeGreaterThan(300);
            expect(ours.value).toBeGreaterThan(0.01);
            const unprinted = 5e-7 / theirs.value;
            expect(asWritten).toBeLessThan(1e-4 + unprinted);
            expect(apart).toBeLessThan(most + unprinted);
            expect(theirs.sameTop).toBeCloseTo(ours.sameTop, 4);
        });
    }
});
