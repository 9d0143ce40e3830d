// Perplexity, and KL divergence from another file, of the second half of each window of tokens of a text, the first
// half being its context: llama.cpp's own tool's, built from the same bundle without our patches, and ours.

import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { compileInterventions, Engine, perplexity } from '../../dist/index.js';
import { program } from '../programs/program.mjs';

/**
 * @param {string} model
 * @param {string} text path of a text file
 * @param {number} context tokens of a window
 * @param {readonly string[]} more options of the program
 */
export function llamaPerplexity(model, text, context, more = []) {
    return numberIn(said(model, text, context, more), /Final estimate: PPL = ([\d.]+)/);
}

/**
 * Mean KL divergence a token of a model from a reference, in nats, and the share of tokens with the same likeliest one.
 * The reference's log-probabilities go through a file in 16 bits.
 *
 * @param {string} reference
 * @param {string} model
 * @param {string} text path of a text file
 * @param {number} context tokens of a window
 * @param {string} file path for the log-probabilities, which are removed
 */
export function llamaDivergence(reference, model, text, context, file) {
    try {
        said(reference, text, context, ['--kl-divergence-base', file]);
        const words = said(model, text, context, ['--kl-divergence-base', file, '--kl-divergence']);
        return {
            value: numberIn(words, /Mean +KLD: +([-\d.]+)/),
            sameTop: numberIn(words, /Same top p: +([\d.]+)/) / 100,
        };
    } finally {
        rmSync(file, { force: true });
    }
}

/**
 * @param {string} model
 * @param {string} text
 * @param {number} context
 * @param {readonly string[]} more
 */
function said(model, text, context, more) {
    const [size, threads] = [context, availableParallelism()].map(String);
    const { stdout, stderr } = spawnSync(
        program('llama-perplexity'),
        // It would take a thread for each core: where this process keeps to one core, they would wait for each other.
        ['-m', model, '-f', text, '-c', size, '-b', size, '-ub', size, '-t', threads, ...more],
        { encoding: 'utf8', maxBuffer: 2 ** 28 },
    );
    return stdout + stderr;
}

/**
 * @param {string} words
 * @param {RegExp} pattern
 */
function numberIn(words, pattern) {
    const found = pattern.exec(words);
    if (found === null)
        throw new Error(`llama-perplexity gave no estimate:\n${words.split('\n').slice(-15).join('\n')}`);
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
 * The same as `llamaDivergence` gives, the tokens scored, and `written`: the divergence that our logits give where the
 * reference's log-probabilities are rounded as in the tool's file.
 *
 * @param {string} reference
 * @param {string} model
 * @param {string} text path of a text file
 * @param {number} context tokens of a window
 */
export async function ownDivergence(reference, model, text, context) {
    const alike = /** @type {const} */ ({ gpu: 'off', batchSize: context, windowSize: context });
    const base = await Engine.open({ model: reference, ...alike });
    const engine = await Engine.open({ model, ...alike });
    try {
        const windows = await windowsOf(engine, text, context);
        const { divergence = NaN, agreed = NaN, tokens } = await engine.score(windows, { reference: base });
        let written = 0;
        for (const window of windows) {
            const [p, q] = [await base.logits(window.tokens), await engine.logits(window.tokens)];
            const width = engine.info.vocabulary;
            for (let row = context / 2; row < context - 1; row++) {
                const [from, to] = [row * width, (row + 1) * width];
                written += divergenceAsWritten(p.subarray(from, to), q.subarray(from, to));
            }
        }
        return { value: divergence / tokens, written: written / tokens, sameTop: agreed / tokens, tokens };
    } finally {
        engine.close();
        base.close();
    }
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
        const edit = compileInterventions(interventions, { sites: engine.sites, ...sources });
        const score = await engine.score(await windowsOf(engine, text, context), { edit });
        return { value: perplexity(score), tokens: score.tokens };
    } finally {
        engine.close();
    }
}

/**
 * KL divergence of two rows of logits as llama-perplexity has it: 65,536 steps from the greatest log-probability of the
 * reference down to 16 below it, where all lower ones are raised to; those below -16 are left out.
 *
 * @param {Float32Array} p of the reference
 * @param {Float32Array} q
 */
function divergenceAsWritten(p, q) {
    const [ofP, ofQ] = [logSum(p), logSum(q)];
    const most = p.reduce((a, b) => Math.max(a, b));
    const least = Math.max(
        p.reduce((a, b) => Math.min(a, b)),
        most - 16,
    );
    const step = (most - least) / 65_535;
    return p.reduce((sum, logit, i) => {
        const logP = least - ofP + step * (logit > least ? Math.round((logit - least) / step) : 0);
        return logP > -16 ? sum + Math.exp(logP) * (logP - (q[i] ?? NaN) + ofQ) : sum;
    }, 0);
}

/** @param {Float32Array} logits */
function logSum(logits) {
    const most = logits.reduce((a, b) => Math.max(a, b));
    return most + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0));
}

/**
 * Windows of which the second half is scored.
 *
 * @param {Engine} engine
 * @param {string} text path of a text file
 * @param {number} context tokens of a window
 */
async function windowsOf(engine, text, context) {
    const lead = engine.info.bos >= 0 ? 1 : 0;
    const ids = await engine.tokenize(readFileSync(text, 'utf8'));
    const tokens = Int32Array.from([...(lead === 1 ? [engine.info.bos] : []), ...ids]);
    return Array.from({ length: Math.floor(tokens.length / context) }, (_, i) => ({
        // The engine puts BOS where the tool overwrites the first token of a window with it.
        tokens: tokens.subarray(i * context + lead, (i + 1) * context),
        promptLength: context / 2 + 1 - lead,
        characters: 0,
    }));
}
