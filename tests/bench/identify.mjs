// npm run bench:identify [-- [FOLDER of activation.LL.pt] [--rounds N] [--folds K]]
// What identify costs on counts of the paper's shape (32 layers of 14,336 neurons, 10 languages):
// seconds, median (quartiles), and the process's peak memory. Without a folder the counts are made up,
// and there is nothing to import. On one core: taskset -c 0 npm run bench:identify

import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import yargs from 'yargs';
import { compare, identify, importCounts, readActivations, writeActivations } from '../../dist/index.js';
import { seconds, spread } from './measure.mjs';

const argv = await yargs(process.argv.slice(2))
    .option('rounds', { type: 'number', default: 7 })
    .option('folds', { type: 'number', default: 5 })
    .parseAsync();
const [published] = argv._;
const { rounds, folds } = argv;

const [layers, width, languages] = [32, 14336, ['en', 'ru', 'es', 'fr', 'de', 'zh', 'ja', 'bn', 'th', 'sw']];
const folder = mkdtempSync(join(tmpdir(), 'language-neurons-bench-'));
console.log(`${new Date().toISOString().slice(0, 10)}  ${cpus()[0].model} x ${cpus().length}, node ${process.version}; ${rounds} rounds; median (quartiles)`);

async function line(label, aim, work) {
    const took = [];
    for (let round = -1; round < rounds; round++) {
        const s = await work();
        if (round >= 0) took.push(s); // round -1 warms up
    }
    const { median, least, most } = spread(took);
    console.log(`${label.padEnd(46)} ${median.toFixed(3)} s (${least.toFixed(3)} to ${most.toFixed(3)})  ${aim}`);
}
const peak = () => console.log(`${'peak memory of the process so far'.padEnd(46)} ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);

if (published !== undefined) await line('import of the published counts', 'aim <= 3', () => seconds(async () => writeActivations(join(folder, 'activations.safetensors'), await importCounts(published))));
else await writeActivations(join(folder, 'activations.safetensors'), madeUp());
let activations;
await line('reading activations.safetensors', '', () => seconds(async () => (activations = await readActivations(folder))));
// The time identify itself states: scoring and selection alone.
await line('one scoring pass (λ fixed)', 'aim <= 0.3', async () => identify(activations, { lambda: 0.1 }).milliseconds / 1000);
await line('the whole λ sweep', 'aim <= 0.6', async () => identify(activations).milliseconds / 1000);
await line('LAPE', '', async () => identify(activations, { method: 'lape' }).milliseconds / 1000);
let analysis;
await line('identify in full, classes and stages', '', () => seconds(() => (analysis = identify(activations))));
await line('compare', '', () => seconds(() => compare([{ label: 'a', analysis }, { label: 'b', analysis }], ['zh'])));
peak();
// Parts of a K-th each, as `collect --folds` keeps them.
const parts = Array.from({ length: folds }, (_, f) => ({
    counts: activations.counts.map((layer) => layer.map((count) => share(count, f))), tokens: activations.tokens.map((n) => share(n, f)),
}));
await line(`identify with ${folds} folds, certainty included`, '', () => seconds(() => identify({ ...activations, folds: parts })));
peak();
rmSync(folder, { recursive: true });

function share(count, f) {
    const each = count / BigInt(folds);
    return f === 0 ? count - each * BigInt(folds - 1) : each;
}

/** Counts of a plausible spread: most neurons seldom active, some in one language, some in all. */
function madeUp() {
    const random = xoroshiro128plus(1);
    const tokens = new BigInt64Array(languages.length).fill(400_000n);
    const counts = Array.from({ length: layers }, () => BigInt64Array.from({ length: width * languages.length }, () => BigInt(Math.floor((uniformInt(random, 0, 1000) / 1000) ** 6 * 400_000))));
    const source = { model: { name: 'made up', architecture: '', quantization: '', fingerprint: '' }, dataset: { name: '', hash: '' }, versions: {} };
    return { languages, counts, tokens, source };
}
