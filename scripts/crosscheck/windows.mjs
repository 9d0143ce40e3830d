// Perplexity of the second half of each window of tokens of a text, the first half being its context: llama.cpp's own
// tool's, built from the same bundle without our patches, and ours.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { compileInterventions, Engine, perplexity } from '../../dist/index.js';
import { program } from '../programs/program.mjs';

/**
 * @param {string} model
 * @param {string} text path of a text file
 * @param {number} context tokens of a window
 * @param {readonly string[]} more options of the program
 */
export function llamaPerplexity(model, text, context, more = []) {
    const { stdout, stderr } = spawnSync(
        program('llama-perplexity'),
        ['-m', model, '-f', text, '-c', String(context), '-b', String(context), '-ub', String(context), ...more],
        { encoding: 'utf8', maxBuffer: 2 ** 28 },
    );
    const found = /Final estimate: PPL = ([\d.]+)/.exec(stdout + stderr);
    if (found === null)
        throw new Error(`llama-perplexity gave no estimate:\n${(stdout + stderr).split('\n').slice(-15).join('\n')}`);
    return Number(found[1]);
}

/**
 * @param {string} model
 * @param {string} text path of a text file
 * @param {number} context tokens of a window
 * @param {readonly (readonly [number, number])[]} masked neurons switched off
 */
export function ownPerplexity(model, text, context, masked = []) {
    return perplexityUnder(model, text, context, [{ op: 'zero', neurons: masked }]);
}

/**
 * @param {string} model
 * @param {string} text path of a text file
 * @param {number} context tokens of a window
 * @param {readonly import('../../dist/index.js').Intervention[]} interventions
 * @param {{ analysis?: any, values?: any }} sources what the interventions choose neurons and values by
 */
export async function perplexityUnder(model, text, context, interventions, sources = {}) {
    const engine = await Engine.open({ model, gpu: 'off', batchSize: context, windowSize: context });
    try {
        const lead = engine.info.bos >= 0 ? 1 : 0;
        const ids = await engine.tokenize(readFileSync(text, 'utf8'));
        const tokens = Int32Array.from([...(lead === 1 ? [engine.info.bos] : []), ...ids]);
        const windows = Array.from({ length: Math.floor(tokens.length / context) }, (_, i) => ({
            // The engine puts BOS where the tool overwrites the first token of a window with it.
            tokens: tokens.subarray(i * context + lead, (i + 1) * context),
            promptLength: context / 2 + 1 - lead,
            characters: 0,
        }));
        const edit = compileInterventions(interventions, { sites: engine.sites, ...sources });
        const score = await engine.score(windows, { edit });
        return { value: perplexity(score), tokens: score.tokens };
    } finally {
        engine.close();
    }
}
