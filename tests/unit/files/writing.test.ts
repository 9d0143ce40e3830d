import { type FaultCode, faultsOf, watching } from '../../campaign/faults/faultyFiles.js';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readSafetensors, writeSafetensors } from '../../../src/activations/safetensors.js';
import { SampleSpool } from '../../../src/corpus/SampleSpool.js';
import { ensureWritableFolder, writeFileAtomic } from '../../../src/files/fileAccess.js';
import { withFolder } from '../../../src/files/folderLock.js';
import { Journal } from '../../../src/files/Journal.js';
import { temporaryFolder } from '../../helpers/temporaryFolder.js';

const root = temporaryFolder();
const folder = join(root, 'case');
beforeEach(() => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
});

const [before, after] = ['the old content\n'.repeat(7), 'the new content, which is longer\n'.repeat(40_000)];
const numbers = BigInt64Array.from({ length: 30_000 }, (_, i) => BigInt(i));

/** Ways to write a file, and what then tells that all of it is there. */
const writers: readonly {
    name: string;
    file: string;
    write: (path: string) => Promise<unknown>;
    isWhole: (path: string) => Promise<boolean>;
}[] = [
    {
        name: 'a text',
        file: 'report.html',
        write: (path) => writeFileAtomic(path, after),
        isWhole: (path) => Promise.resolve(readFileSync(path, 'utf8') === after),
    },
    {
        name: 'pieces',
        file: 'answers.json',
        write: (path) => writeFileAtomic(path, after.split(/(?<=\n)/)),
        isWhole: (path) => Promise.resolve(readFileSync(path, 'utf8') === after),
    },
    {
        name: 'safetensors',
        file: 'activations.safetensors',
        write: (path) =>
            writeSafetensors(path, new Map([['tokens', { shape: [30_000], data: numbers }]]), { key: 'x' }),
        isWhole: (path) =>
            readSafetensors(path).then(
                ({ tensors }) => tensors.get('tokens')?.data.at(-1) === 29_999n,
                () => false,
            ),
    },
];
const every: readonly FaultCode[] = ['EIO', 'ENOSPC', 'EDQUOT', 'EFBIG', 'SHORT'];

describe.each(writers)('$name, written anew', ({ file, write, isWhole }) => {
    it('is the old file or the new one, whole, whatever fails, and nothing is left beside it', async () => {
        const path = join(folder, file);
        writeFileSync(path, before);
        const { operations, error } = await watching(folder, () => write(path));
        expect(error).toBeUndefined();
        expect(await isWhole(path)).toBe(true);
        expect(operations.map(({ name }) => name.split(' ')[0])).toEqual(
            expect.arrayContaining(['open', 'write', 'sync', 'close', 'rename']),
        );
        const seen = new Set<FaultCode>();
        for (const place of operations.keys()) {
            for (const code of faultsOf(operations[place]!)) {
                writeFileSync(path, before);
                const failed = await watching(folder, () => write(path), place, code);
                const what = `${code} at ${operations[place]!.name}`;
                if (failed.error === undefined) expect(await isWhole(path), what).toBe(true);
                else {
                    expect(failed.error, what).toMatchObject({
                        code: 'UNWRITABLE',
                        message: expect.stringContaining(path) as string,
                    });
                    expect(readFileSync(path, 'utf8'), what).toBe(before);
                }
                // A temporary file stays only where removing it is what failed.
                if (!what.includes(' rm ')) expect(readdirSync(folder), what).toEqual([file]);
                seen.add(code);
            }
        }
        expect([...seen].sort()).toEqual([...every].sort());
    });

    it('is whole where every write takes only a part', async () => {
        const path = join(folder, file);
        const { error, operations } = await watching(folder, () => write(path), 'all', 'SHORT');
        expect(error).toBeUndefined();
        expect(operations.filter(({ canBeShort }) => canBeShort).length).toBeGreaterThan(8);
        expect(await isWhole(path)).toBe(true);
    });
});

describe('a journal', () => {
    const schema = z.object({ key: z.string(), text: z.string() });
    const entry = (key: string): { key: string; text: string } => ({ key, text: key.repeat(500) });
    const read = async (path: string): Promise<string[]> => {
        const keys: string[] = [];
        await Journal.read(path, schema, { take: ({ key }) => keys.push(key) });
        return keys;
    };

    it('keeps what is whole and says what is not, whatever fails', async () => {
        const path = join(folder, 'ppl.cells.jsonl');
        const work = async (): Promise<void> => {
            const journal = await Journal.open(path, schema, { take: () => undefined });
            await journal.add(entry('b'));
        };
        const restore = (): void => writeFileSync(path, `${JSON.stringify(entry('a'))}\n`);
        restore();
        const { operations } = await watching(folder, work);
        for (const place of operations.keys()) {
            for (const code of faultsOf(operations[place]!)) {
                restore();
                const { error } = await watching(folder, work, place, code);
                const keys = await read(path);
                if (error === undefined) expect(keys, `${code} at ${operations[place]!.name}`).toEqual(['a', 'b']);
                else expect(keys[0]).toBe('a');
                await (await Journal.open(path, schema, { take: () => undefined })).add(entry('c'));
                expect((await read(path)).at(-1)).toBe('c');
            }
        }
    });

    it('takes all of a line where every write takes a part', async () => {
        const path = join(folder, 'accuracy.answers.jsonl');
        const { error } = await watching(
            folder,
            async () => {
                const journal = await Journal.open(path, schema, { take: () => undefined });
                for (const key of ['a', 'b', 'c']) await journal.add(entry(key));
            },
            'all',
            'SHORT',
        );
        expect(error).toBeUndefined();
        expect(await read(path)).toEqual(['a', 'b', 'c']);
    });
});

it('samples that are kept while they are used come back where every write takes a part', async () => {
    const had = process.env.TMPDIR;
    process.env.TMPDIR = folder;
    try {
        const texts = Array.from({ length: 9 }, (_, i) => String(i).repeat(100_000));
        const { result, error, operations } = await watching(
            folder,
            async () => {
                const spool = await SampleSpool.create();
                for (const response of texts) await spool.add({ language: 'en', prompt: '', response });
                const found: string[] = [];
                for await (const { response } of spool.samples('en')) found.push(response);
                return found;
            },
            'all',
            'SHORT',
        );
        expect(error).toBeUndefined();
        expect(result).toEqual(texts);
        expect(operations.some(({ canBeShort }) => canBeShort)).toBe(true);
    } finally {
        if (had === undefined) delete process.env.TMPDIR;
        else process.env.TMPDIR = had;
    }
});

it('who holds a lock is whole where every write takes a part', async () => {
    const { error } = await watching(
        folder,
        () =>
            withFolder(folder, 'test', () => {
                expect(JSON.parse(readFileSync(join(folder, '.lock.json'), 'utf8'))).toMatchObject({ work: 'test' });
                return Promise.resolve();
            }),
        'all',
        'SHORT',
    );
    expect(error).toBeUndefined();
});

it('keeps the permissions of the file in whose place it comes', async () => {
    const path = join(folder, 'report.html');
    writeFileSync(path, before, { mode: 0o640 });
    await writeFileAtomic(path, after);
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o640);
});

describe.runIf(process.platform === 'linux')('a folder that cannot be', () => {
    const long = 'n'.repeat(300);
    it.each([
        ['/proc/x', 'the folder cannot be made there'],
        ['/proc/x/y/z', 'the folder cannot be made there'],
        ['/proc/self/task/x', 'the folder cannot be made there'],
        ['/dev/null/x', 'a part of the path is a file'],
        ['/sys/x', 'cannot be'],
        [join(root, 'file'), 'the path is a file, not a folder'],
        [join(root, 'file', 'x'), 'a part of the path is a file'],
        [join(root, long), 'the name is too long'],
        [join(root, 'deep', long, 'x'), 'the name is too long'],
        [join(root, 'circle', 'x'), 'its links lead in a circle'],
        [join(root, 'nowhere'), 'cannot be written'],
    ])('%s is told at once', async (path, why) => {
        writeFileSync(join(root, 'file'), '');
        rmSync(join(root, 'circle'), { force: true });
        symlinkSync('circle', join(root, 'circle'));
        rmSync(join(root, 'nowhere'), { force: true });
        symlinkSync(join(root, 'gone', 'gone'), join(root, 'nowhere'));
        for (const use of [
            () => ensureWritableFolder(path),
            () => withFolder(path, 'test', () => Promise.resolve()),
            () => writeFileAtomic(join(path, 'report.html'), 'x'),
        ]) {
            const slow = new Promise<string>((told) => setTimeout(told, 5000, 'it never ends').unref());
            const error = await Promise.race([
                slow,
                use().then(
                    () => 'no error',
                    (cause: unknown) => cause,
                ),
            ]);
            expect(error).toMatchObject({
                code: 'UNWRITABLE',
                message: expect.stringMatching(new RegExp(`^${path.replace(/[.+]/g, '\\$&')}.*${why}`)) as string,
            });
        }
    });
});
