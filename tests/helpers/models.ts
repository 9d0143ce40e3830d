import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { embeddedModel } from '../../src/run/embeddedRun.js';

export { embeddedModel };

/** Where `node scripts/fetch-models.mjs` puts public models for tests and benchmarks. */
export const modelsFolder = process.env.LANGUAGE_NEURONS_MODELS ?? resolve('.cache/models');

export const smollm2 = join(modelsFolder, 'SmolLM2-135M-Instruct.Q4_1.gguf');

/** Models to hold the adapter against the eval callback on; a missing one is skipped by name. */
export const publicModels = [
    { name: 'the embedded model', path: embeddedModel, here: existsSync(embeddedModel) },
    { name: 'SmolLM2-135M (skipped unless scripts/fetch-models.mjs was run)', path: smollm2, here: existsSync(smollm2) },
];
