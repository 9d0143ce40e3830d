// Holds our perplexity against llama.cpp's own tool, built from the same bundle without our patches (some 10 s):
//   node scripts/crosscheck/perplexity.mjs MODEL.gguf [--text FILE] [--context 512] [--tolerance 1e-4]
// Both score the second half of the same windows of tokens, the first half being their context.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import yargs from 'yargs';
import { openCorpus } from '../../dist/index.js';
import { llamaPerplexity, ownPerplexity } from './windows.mjs';

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
        llamaPerplexity(String(model), path, context),
        await ownPerplexity(String(model), path, context),
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
