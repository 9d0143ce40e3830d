// npm run bench:fingerprint: the fingerprint of a model's file beside reading it and beside sha256, in turn.
import { createHash } from 'node:crypto';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileHash } from '../../dist/engine/files/fileHash.js';
import { spread } from './measure.mjs';

const rounds = Number(process.env.ROUNDS ?? 7);
const gigabytes = Number(process.env.GIGABYTES ?? 1);
const folder = await mkdtemp(join(tmpdir(), 'language-neurons-bench-'));
process.env.LANGUAGE_NEURONS_CACHE = join(folder, 'cache');
const path = join(folder, 'model.gguf');
const block = Buffer.allocUnsafe(64 * 1024 * 1024);
for (let i = 0; i < block.length; i += 4) block.writeUInt32LE(Math.imul(i, 2_654_435_761) >>> 0, i);

/** Median and quartiles as a person reads them. */
function summary(values, digits) {
    const { median, least, most } = spread(values);
    return `${median.toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`;
}

/** Reads the file as the fingerprint does, handing each chunk to `take`. */
async function read(take) {
    const file = await open(path, 'r');
    const chunk = Buffer.allocUnsafe(4 * 1024 * 1024);
    for (;;) {
        const { bytesRead } = await file.read(chunk, 0, chunk.length, null);
        if (bytesRead === 0) break;
        take(chunk.subarray(0, bytesRead));
    }
    await file.close();
}

const sides = {
    read: () => read(() => undefined),
    'read and sha256': async () => {
        const hash = createHash('sha256');
        await read((chunk) => hash.update(chunk));
        hash.digest();
    },
    fingerprint: async () => {
        await rm(join(folder, 'cache'), { recursive: true, force: true });
        await fileHash(path);
    },
    'fingerprint, kept': () => fileHash(path),
};

try {
    await writeFile(
        path,
        Array.from({ length: Math.round(gigabytes * 16) }, () => block),
    );
    const bytes = Math.round(gigabytes * 16) * block.length;
    await new Promise((settled) => setTimeout(settled, 2100)); // one that has just changed is not kept
    const seconds = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
    for (let round = 0; round < rounds; round++) {
        for (const [name, run] of Object.entries(sides)) {
            const begin = performance.now();
            await run();
            seconds[name].push((performance.now() - begin) / 1000);
        }
    }
    console.log(`${new Date().toISOString()}, ${cpus()[0].model}, Node ${process.version}`);
    console.log(`${(bytes / 1e9).toFixed(2)} GB in the page cache, ${rounds} rounds; median (quartiles)`);
    for (const [name, list] of Object.entries(seconds)) {
        console.log(
            `${name}: ${summary(list, 4)} s, ${summary(
                list.map((s) => bytes / 1e9 / s),
                2,
            )} GB/s`,
        );
    }
    console.log(
        `fingerprint / read: ${summary(
            seconds.fingerprint.map((s, i) => s / seconds.read[i]),
            2,
        )}`,
    );
} finally {
    await rm(folder, { recursive: true });
}
