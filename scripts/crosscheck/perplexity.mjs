// Holds our perplexity against llama.cpp's own tool, built from the same bundle without our patches:
//   node scripts/crosscheck/perplexity.mjs MODEL.gguf [--text FILE] [--context 512] [--tolerance 1e-4]
// Both score the second half of the same windows of tokens, the first half being their context.
// Builds the tool once, in build/llama-perplexity (some three minutes on two cores).

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import yargs from 'yargs';
import { Engine, openCorpus, perplexity } from '../../dist/index.js';

const { _: [model], text: given, context, tolerance } = await yargs(process.argv.slice(2))
    .demandCommand(1)
    .option('text', { type: 'string', describe: 'text file (default: the UDHR in four languages)' })
    .option('context', { type: 'number', default: 512 })
    .option('tolerance', { type: 'number', default: 1e-4, describe: 'largest relative difference' })
    .parseAsync();

const work = mkdtempSync(join(tmpdir(), 'language-neurons-crosscheck-'));
try {
    const path = given ?? join(work, 'text.txt');
    if (given === undefined) writeFileSync(path, await udhr());
    const [theirs, ours] = [llamaPerplexity(buildTool(), path), await ownPerplexity(readFileSync(path, 'utf8'))];
    const difference = Math.abs(ours.value / theirs - 1);
    console.log(`${model}: llama-perplexity ${theirs}, language-neurons ${ours.value.toFixed(6)}, over ${ours.tokens} tokens; relative difference ${difference.toExponential(1)}`);
    process.exitCode = difference <= tolerance ? 0 : 1;
} finally {
    rmSync(work, { recursive: true });
}

async function udhr() {
    const corpus = await openCorpus('udhr', { languages: ['en', 'de', 'zh', 'bn'] });
    const texts = [];
    for (const language of corpus.languages) for await (const { response } of corpus.samples(language)) texts.push(response);
    return texts.join('\n');
}

function buildTool() {
    const build = resolve('build/llama-perplexity');
    const tool = join(build, 'out', 'bin', 'llama-perplexity');
    if (existsSync(tool)) return tool;
    const source = join(build, 'source');
    const bundle = join(dirname(createRequire(import.meta.url).resolve('node-llama-cpp/package.json')), 'llama', 'gitRelease.bundle');
    rmSync(build, { recursive: true, force: true });
    const run = (command, ...args) => execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    console.error('building llama-perplexity from the bundle …');
    run('git', 'clone', '--quiet', bundle, source);
    const off = ['BUILD_SHARED_LIBS', 'LLAMA_BUILD_TESTS', 'LLAMA_BUILD_EXAMPLES', 'LLAMA_BUILD_SERVER', 'LLAMA_BUILD_APP', 'LLAMA_OPENSSL'];
    run('cmake', '-S', source, '-B', join(build, 'out'), '-DCMAKE_BUILD_TYPE=Release', ...off.map((name) => `-D${name}=OFF`));
    run('cmake', '--build', join(build, 'out'), '--target', 'llama-perplexity', '-j', String(availableParallelism()));
    return tool;
}

function llamaPerplexity(tool, path) {
    const { stdout, stderr } = spawnSync(tool, ['-m', String(model), '-f', path, '-c', String(context), '-b', String(context), '-ub', String(context)], { encoding: 'utf8', maxBuffer: 2 ** 28 });
    const found = /Final estimate: PPL = ([\d.]+)/.exec(stdout + stderr);
    if (found === null) throw new Error(`llama-perplexity gave no estimate:\n${(stdout + stderr).split('\n').slice(-15).join('\n')}`);
    return Number(found[1]);
}

async function ownPerplexity(text) {
    const engine = await Engine.open({ model: String(model), gpu: 'off', batchSize: context, windowSize: context });
    try {
        const lead = engine.info.bos >= 0 ? 1 : 0;
        const tokens = Int32Array.from([...(lead === 1 ? [engine.info.bos] : []), ...await engine.tokenize(text)]);
        const windows = Array.from({ length: Math.floor(tokens.length / context) }, (_, i) => ({
            // The engine puts BOS where the tool overwrites the first token of a window with it.
            tokens: tokens.subarray(i * context + lead, (i + 1) * context), promptLength: context / 2 + 1 - lead, characters: 0,
        }));
        const score = await engine.score(windows);
        return { value: perplexity(score), tokens: score.tokens };
    } finally {
        engine.close();
    }
}
