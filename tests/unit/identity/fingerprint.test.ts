import { execFileSync } from 'node:child_process';
import {
    copyFileSync,
    openSync,
    readdirSync,
    readFileSync,
    rmSync,
    statSync,
    truncateSync,
    utimesSync,
    writeFileSync,
    writeSync,
    closeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { xxhash128 } from 'hash-wasm';
import { beforeEach, expect, it } from 'vitest';
import { fileHash } from '../../../src/engine/files/fileHash.js';
import { modelFiles } from '../../../src/engine/files/modelFiles.js';
import { modelFingerprint } from '../../../src/engine/files/modelFingerprint.js';
import { writeGguf } from '../../helpers/writeGguf.js';
import { temporaryFolder } from '../../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
process.env.LANGUAGE_NEURONS_CACHE = at('cache');
beforeEach(() => rmSync(at('cache'), { recursive: true, force: true }));

/** 9 MB: more than two chunks. */
const bytes = Buffer.from(Array.from({ length: 9_000_001 }, (_, i) => (i * 2_654_435_761) >>> 24));

it('is the XXH128 of all bytes', async () => {
    writeFileSync(at('m.gguf'), bytes);
    expect(await modelFingerprint(at('m.gguf'), [])).toBe(`xxh128:${await xxhash128(bytes)}`);
    writeFileSync(at('empty'), '');
    expect(await fileHash(at('empty'))).toBe('99aa06d3014798d86001c324468d497f'); // as xxHash's own test vectors say
});

it('changes with any byte, wherever it is, though size, header and times stay', async () => {
    writeFileSync(at('a.gguf'), bytes);
    utimesSync(at('a.gguf'), 1_000_000, 1_000_000);
    const before = await fileHash(at('a.gguf'));
    for (const offset of [0, 70_000, 4 * 1024 * 1024, bytes.length - 1]) {
        const file = openSync(at('a.gguf'), 'r+');
        writeSync(file, Buffer.from([bytes[offset]! ^ 1]), 0, 1, offset);
        closeSync(file);
        utimesSync(at('a.gguf'), 1_000_000, 1_000_000); // as a copy that keeps times would
        expect(await fileHash(at('a.gguf')), String(offset)).not.toBe(before);
        writeFileSync(at('a.gguf'), bytes);
    }
});

it('is kept: the second time nothing of the file is read', async () => {
    writeFileSync(at('kept.gguf'), bytes);
    await wait(2100); // a file that has just changed may change again unseen
    const reads = (): number => Number(/rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1] ?? NaN);
    const first = await fileHash(at('kept.gguf'));
    expect(readdirSync(at('cache/fingerprints'))).toHaveLength(1);
    if (process.platform === 'linux') {
        const before = reads();
        expect(await fileHash(at('kept.gguf'))).toBe(first);
        expect(reads() - before).toBeLessThan(1500); // 371: the cache's entry, and /proc itself
    }
    // Neither another file of the same path, nor a damaged cache, is taken for it.
    copyFileSync(at('kept.gguf'), at('other'));
    truncateSync(at('other'), bytes.length - 1);
    execFileSync('mv', [at('other'), at('kept.gguf')]);
    expect(await fileHash(at('kept.gguf'))).not.toBe(first);
    const [name] = readdirSync(at('cache/fingerprints'));
    writeFileSync(join(at('cache/fingerprints'), name!), '{"xxh128":"no"');
    expect(await fileHash(at('kept.gguf'))).toBe(await xxhash128(bytes.subarray(0, -1)));
});

it('of a file that has just changed is not kept', async () => {
    writeFileSync(at('new.gguf'), bytes);
    await fileHash(at('new.gguf'));
    expect(statSync(at('new.gguf')).size).toBe(bytes.length);
    expect(() => readdirSync(at('cache/fingerprints'))).toThrow('ENOENT');
});

it('covers every part of a model in several files, and adapters with their scale', async () => {
    const parts = [1, 2, 3].map((part) => at(`big-0000${part}-of-00003.gguf`));
    const writePart = (i: number, name: string): void =>
        writeGguf(
            parts[i]!,
            { 'general.name': { string: name }, 'split.count': { u16: 3 }, 'split.no': { u16: i } },
            [],
        );
    for (const i of parts.keys()) writePart(i, `part ${i}`);
    expect(await modelFiles(parts[1]!)).toEqual(parts);
    const whole = await modelFingerprint(parts[0]!, []);
    writePart(2, 'part x');
    expect(await modelFingerprint(parts[0]!, [])).not.toBe(whole);
    writeFileSync(at('m'), 'm');
    writeFileSync(at('lora'), Buffer.alloc(200_000, 1));
    const adapted = await modelFingerprint(at('m'), [{ path: at('lora'), scale: 1 }]);
    expect(await modelFingerprint(at('m'), [{ path: at('lora'), scale: 0.5 }])).not.toBe(adapted);
    expect(await modelFingerprint(at('m'), [])).not.toBe(adapted);
    const changed = Buffer.alloc(200_000, 1);
    changed[199_999] = 2; // past what a header is
    writeFileSync(at('lora'), changed);
    expect(await modelFingerprint(at('m'), [{ path: at('lora'), scale: 1 }])).not.toBe(adapted);
});

it('stops when asked to, tells how far it is, and names what cannot be read', async () => {
    writeFileSync(at('m.gguf'), bytes);
    await expect(fileHash(at('m.gguf'), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
    let told = 0;
    await fileHash(at('m.gguf'), { onBytes: (n) => (told += n) });
    expect(told).toBe(bytes.length);
    await expect(fileHash(at('missing'))).rejects.toMatchObject({
        code: 'NOT_FOUND',
        message: expect.stringContaining(at('missing')) as string,
    });
    await expect(fileHash(folder)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
