// Holds our perplexity against llama.cpp's own tool, built from the same bundle without our patches (some 10 s):
//   node scripts/crosscheck/perplexity.mjs MODEL.gguf [--text FILE] [--context 512] [--tolerance 1e-4]
// Both score the second half of the same windows of tokens, the first half being their context.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import yargs from 'yargs';
import { Engine, openCorpus, perplexity } from '../../dist/index.js';
import { program } from '../programs/program.mjs';

const {
    _: [model],
    text: given,
    context,
    tolerance,
} = await yargs(process.argv.slice(2))
    .demandCommand(1)
    .option('text', { type: 'string', describe: 'text file (default: the UDHR in four languages)' })
    .option('context', { type: 'number', default: 512 })
    .option('tolerance', { type: 'number', default: 1e-4, describe: 'largest relative difference' })
    .parseAsync();

const work = mkdtempSync(join(tmpdir(), 'language-neurons-crosscheck-'));
try {
    const path = given ?? join(work, 'text.txt');
    if (given === undefined) writeFileSync(path, await udhr());
    const [theirs, ours] = [
        llamaPerplexity(program('llama-perplexity'), path),
        await ownPerplexity(readFileSync(path, 'utf8')),
    ];
    const difference = Math.abs(ours.value / theirs - 1);
    console.log(
        `${model}: llama-perplexity ${theirs}, language-neurons ${ours.value.toFixed(6)}, ` +
            `over ${ours.tokens} tokens; relative difference ${difference.toExponential(1)}`,
    );
    process.exitCode = difference <= tolerance ? 0 : 1;
} finally {
    rmSync(work, { recursive: true });
}

async function udhr() {
    const corpus = await openCorpus('udhr', { languages: ['en', 'de', 'zh', 'bn'] });
    const texts = [];
    for (const language of corpus.languages)
        for await (const { response } of corpus.samples(language)) texts.push(response);
    return texts.join('\n');
}

function llamaPerplexity(tool, path) {
    const { stdout, stderr } = spawnSync(
        tool,
        ['-m', String(model), '-f', path, '-c', String(context), '-b', String(context), '-ub', String(context)],
        { encoding: 'utf8', maxBuffer: 2 ** 28 },
    );
    const found = /Final estimate: PPL = ([\d.]+)/.exec(stdout + stderr);
    if (found === null)
        throw new Error(`llama-perplexity gave no estimate:\n${(stdout + stderr).split('\n').slice(-15).join('\n')}`);
    return Number(found[1]);
}

async function ownPerplexity(text) {
    const engine = await Engine.open({ model: String(model), gpu: 'off', batchSize: context, windowSize: context });
    try {
        const lead = engine.info.bos >= 0 ? 1 : 0;
        const tokens = Int32Array.from([...(lead === 1 ? [engine.info.bos] : []), ...(await engine.tokenize(text))]);
        const windows = Array.from({ length: Math.floor(tokens.length / context) }, (_, i) => ({
            // The engine puts BOS where the tool overwrites the first token of a window with it.
            tokens: tokens.subarray(i * context + lead, (i + 1) * context),
            promptLength: context / 2 + 1 - lead,
            characters: 0,
        }));
        const score = await engine.score(windows);
        return { value: perplexity(score), tokens: score.tokens };
    } finally {
        engine.close();
    }
}
