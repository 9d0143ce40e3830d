import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { embeddedAdapter, embeddedModel } from '../../src/run/embeddedRun.js';

export { embeddedAdapter, embeddedModel };

/** Where `node scripts/fetch-models.mjs` puts public models for tests and benchmarks. */
export const modelsFolder = process.env.LANGUAGE_NEURONS_MODELS ?? resolve('.cache/models');

export const smollm2 = join(modelsFolder, 'SmolLM2-135M-Instruct.Q4_1.gguf');

/**
 * Models to hold the adapter against the eval callback on; a missing one is skipped by name.
 *
 * roundingAtZero: most activations whose sign may flip when their token meets another batch. Kernels add
 * in another order then; with quantized weights the inputs are rounded to 8 bits besides, which makes a
 * last bit a step of 1/127. Measured over batches of 48 to 1024 tokens, some 1,500 tokens, and over shared
 * prompts: up to 2.0e-4 with F16 weights, up to 2.9e-3 with Q4_1; 9.5e-6 in the embedded model, whose gates
 * keep away from zero.
 *
 * roundingOfScores: most relative difference of log-probabilities in batches of other shapes. Measured: 8.9e-4
 * with Q4_1 (6.5e-4 for the embedded model itself, Q8_0); for its unquantized copy 5.0e-7 with the CPU backend's AVX2
 * kernels, 4.5e-6 with those for AVX-512 (Zen 4 and 5), 1.2e-5 and 3.4e-6 with those for SSE 4.2 and plain x86-64.
 *
 * window: tokens of another window than the whole context, in which the texts of the tests are not cut either.
 */
export const publicModels = [
    {
        name: 'the embedded model',
        path: embeddedModel,
        here: existsSync(embeddedModel),
        roundingAtZero: 4e-5,
        roundingOfScores: 3e-5,
        window: 500,
    },
    {
        name: 'SmolLM2-135M (skipped unless scripts/fetch-models.mjs was run)',
        path: smollm2,
        here: existsSync(smollm2),
        roundingAtZero: 5e-3,
        roundingOfScores: 4e-3,
        window: 1500,
    },
];
