// npm run bench:identify [-- [FOLDER of activation.LL.pt] [--rounds N] [--folds K]]
// What identify costs on counts of the paper's shape (32 layers of 14,336 neurons, 10 languages):
// seconds, median (quartiles), and the process's peak memory. Without a folder the counts are made up,
// and there is nothing to import. --experts: a mixture's, 48 layers of 128 experts of 768 neurons (aim: 10 s, 3 GB; the
// file is written and read too, and folds are left out). On one core: taskset -c 0 npm run bench:identify

import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import yargs from 'yargs';
import { importCounts, readActivations, writeActivations } from '../../dist/files.js';
import { compare, identify } from '../../dist/index.js';
import { seconds, spread } from './measure.mjs';

const argv = await yargs(process.argv.slice(2))
    .option('rounds', { type: 'number', default: 7 })
    .option('folds', { type: 'number', default: 5 })
    .option('experts', { type: 'boolean', default: false })
    .parseAsync();
const [published] = argv._;
const { rounds, folds, experts } = argv;

const [layers, width] = experts ? [48, 128 * 768] : [32, 14336];
const [languages, through] = [['en', 'ru', 'es', 'fr', 'de', 'zh', 'ja', 'bn', 'th', 'sw'], experts ? 25_000 : 400_000];
const folder = mkdtempSync(join(tmpdir(), 'language-neurons-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
console.log(
    `${new Date().toISOString().slice(0, 10)}  ${cpus()[0].model} x ${cpus().length}, ` +
        `node ${process.version}; ${rounds} rounds; median (quartiles)`,
);

async function line(label, aim, work) {
    const took = [];
    for (let round = -1; round < rounds; round++) {
        const s = await work();
        if (round >= 0) took.push(s); // round -1 warms up
    }
    const { median, least, most } = spread(took);
    console.log(`${label.padEnd(46)} ${median.toFixed(3)} s (${least.toFixed(3)} to ${most.toFixed(3)})  ${aim}`);
}
const peak = () =>
    console.log(
        `${'peak memory of the process so far'.padEnd(46)} ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`,
    );

if (experts) {
    const made = madeUp();
    await line('writing activations.safetensors', '', () =>
        seconds(() => writeActivations(join(folder, 'activations.safetensors'), made)),
    );
} else if (published !== undefined)
    await line('import of the published counts', 'aim <= 3', () =>
        seconds(async () => writeActivations(join(folder, 'activations.safetensors'), await importCounts(published))),
    );
else await writeActivations(join(folder, 'activations.safetensors'), madeUp());
let activations;
await line('reading activations.safetensors', '', () =>
    seconds(async () => (activations = await readActivations(folder))),
);
// The time identify itself states: scoring and selection alone.
await line(
    'one scoring pass (λ fixed)',
    experts ? '' : 'aim <= 0.3',
    async () => identify(activations, { lambda: 0.1 }).milliseconds / 1000,
);
await line('the whole λ sweep', experts ? '' : 'aim <= 0.6', async () => identify(activations).milliseconds / 1000);
await line('LAPE', '', async () => identify(activations, { method: 'lape' }).milliseconds / 1000);
let analysis;
await line('identify in full, classes and stages', experts ? 'aim <= 10' : '', () =>
    seconds(() => (analysis = identify(activations))),
);
await line('compare', '', () =>
    seconds(() =>
        compare(
            [
                { label: 'a', analysis },
                { label: 'b', analysis },
            ],
            ['zh'],
        ),
    ),
);
peak();
if (experts) process.exit();
// Parts of a K-th each, as `collect --folds` keeps them.
const parts = Array.from({ length: folds }, (_, f) => ({
    counts: activations.counts.map((layer) => layer.map((count) => share(count, f))),
    tokens: activations.tokens.map((n) => share(n, f)),
}));
await line(`identify with ${folds} folds, certainty included`, '', () =>
    seconds(() => identify({ ...activations, folds: parts })),
);
peak();

function share(count, f) {
    const each = count / BigInt(folds);
    return f === 0 ? count - each * BigInt(folds - 1) : each;
}

/** Counts of a plausible spread: most neurons seldom active, some in one language, some in all. */
function madeUp() {
    const random = xoroshiro128plus(1);
    const tokens = new BigInt64Array(languages.length).fill(400_000n);
    const count = () => BigInt(Math.floor((uniformInt(random, 0, 1000) / 1000) ** 6 * through));
    const counts = Array.from({ length: layers }, () =>
        BigInt64Array.from({ length: width * languages.length }, count),
    );
    const source = {
        model: { name: 'made up', architecture: '', quantization: '', fingerprint: '' },
        dataset: { name: '', hash: '' },
        versions: {},
    };
    if (!experts) return { languages, counts, tokens, source };
    const sites = counts.map((_, layer) => ({ layer, kind: 'routed', width: 768, experts: 128 }));
    const routed = counts.map(() =>
        BigInt64Array.from({ length: 128 * languages.length }, (_, at) => BigInt(through + (at % 97))),
    );
    return { languages, counts, tokens, source, sites, routed };
}
