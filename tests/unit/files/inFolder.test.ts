import { execFileSync } from 'node:child_process';
import { createServer, type Server } from 'node:net';
import {
    existsSync,
    linkSync,
    lstatSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    rmSync,
    symlinkSync,
    truncateSync,
    writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readActivations, readActivationsSource } from '../../../src/activations/activationsFile.js';
import { readPart } from '../../../src/activations/collectedPart.js';
import { readEffectsIfAny } from '../../../src/effects/effectsFile.js';
import { readLensIfAny } from '../../../src/lens/lensFile.js';
import { readComparison } from '../../../src/experiments/resultFiles/comparisonFile.js';
import { readCurves } from '../../../src/experiments/resultFiles/doseFile.js';
import { readMatrices } from '../../../src/experiments/resultFiles/matrixFile.js';
import { readMatrixShard } from '../../../src/experiments/resultFiles/matrixShard.js';
import { ensureSubfolder, writeFileAtomic } from '../../../src/files/fileAccess.js';
import { withFile, withFolder } from '../../../src/files/folderLock.js';
import { Journal } from '../../../src/files/Journal.js';
import { readNeurons } from '../../../src/neurons/analysis/neuronsFile.js';
import { clean } from '../../../src/run/clean.js';
import { temporaryFolder } from '../../helpers/temporaryFolder.js';

const root = temporaryFolder();
const [folder, outside] = [join(root, 'run'), join(root, 'outside')];
const secret = join(outside, 'secret');
const words = 'what nobody may change\n';
let sockets: Server[] = [];

beforeEach(() => {
    for (const server of sockets) server.close();
    sockets = [];
    for (const path of [folder, outside]) {
        rmSync(path, { recursive: true, force: true });
        mkdirSync(path);
    }
    writeFileSync(secret, words);
});
afterAll(() => {
    for (const server of sockets) server.close();
});

const schema = z.object({ key: z.string() });
const take = (): void => undefined;

/** What reads, or changes where it is, a file of a run folder. */
const users: readonly { name: string; file: string; use: (path: string) => Promise<unknown> }[] = [
    { name: 'readNeurons', file: 'neurons.json', use: readNeurons },
    { name: 'readActivations', file: 'activations.safetensors', use: () => readActivations(folder) },
    { name: 'readActivationsSource', file: 'activations.safetensors', use: () => readActivationsSource(folder) },
    { name: 'readPart', file: 'part.safetensors', use: (path) => readPart(path, 'key') },
    { name: 'readMatrices', file: 'ppl.matrix.json', use: () => readMatrices(folder) },
    { name: 'readCurves', file: 'accuracy.dose.json', use: () => readCurves(folder) },
    { name: 'readEffectsIfAny', file: 'effects.json', use: () => readEffectsIfAny(folder) },
    { name: 'readLensIfAny', file: 'lens.json', use: () => readLensIfAny(folder) },
    { name: 'readComparison', file: 'comparison.json', use: () => readComparison(folder) },
    { name: 'readMatrixShard', file: 'ppl.matrix.shard-1-of-2.json', use: readMatrixShard },
    { name: 'Journal.read', file: 'ppl.cells.jsonl', use: (path) => Journal.read(path, schema, { take }) },
    { name: 'Journal.open', file: 'accuracy.answers.jsonl', use: (path) => Journal.open(path, schema, { take }) },
    { name: 'withFolder', file: '.lock.json', use: () => withFolder(folder, 'test', () => Promise.resolve()) },
    {
        name: 'withFile',
        file: '.answers.json.lock.json',
        use: () => withFile(join(folder, 'answers.json'), 'test', () => Promise.resolve()),
    },
    {
        name: 'withFile in a folder locked',
        file: '.lock.json',
        use: () => withFile(join(folder, 'a.json'), 'test', () => Promise.resolve()),
    },
];

/** What may stand in the place of a file that somebody hands over. */
const traps: Readonly<Record<string, (path: string) => void | Promise<void>>> = {
    'a link out': (path) => symlinkSync(secret, path),
    'a relative link out': (path) => symlinkSync('../outside/secret', path),
    'a link to a link out': (path) => {
        symlinkSync(secret, join(outside, 'other'));
        symlinkSync('../outside/other', path);
    },
    'a link in the folder to a link out': (path) => {
        symlinkSync(secret, join(folder, 'other'));
        symlinkSync('other', path);
    },
    'a link that leads nowhere': (path) => symlinkSync(join(outside, 'nothing'), path),
    'a link to itself': (path) => symlinkSync(path, path),
    'a link to a folder': (path) => symlinkSync(outside, path),
    'a link to an endless device': (path) => symlinkSync('/dev/zero', path),
    'a link to a process’s file': (path) => symlinkSync('/proc/self/environ', path),
    'a link to the standard input': (path) => symlinkSync('/dev/stdin', path),
    'a named pipe': (path) => void execFileSync('mkfifo', [path]),
    'a link to a named pipe in the folder': (path) => {
        execFileSync('mkfifo', [join(folder, 'pipe')]);
        symlinkSync('pipe', path);
    },
    'a folder': (path) => void mkdirSync(path),
    'a socket': async (path) => {
        const server = createServer();
        sockets.push(server);
        await new Promise<void>((listening) => server.listen(path, listening));
    },
};

/** Fails in one line that names the file, at once, and leaves what is elsewhere alone. */
async function refused(use: Promise<unknown>, path: string): Promise<void> {
    const slow = new Promise<string>((told) => setTimeout(told, 5000, 'it waits').unref());
    const error = await Promise.race([
        slow,
        use.then(
            () => 'no error',
            (cause: unknown) => cause,
        ),
    ]);
    expect(error).toMatchObject({
        name: 'LanguageNeuronsError',
        code: expect.stringMatching(/NOT_FOUND|UNWRITABLE/) as string,
    });
    const { message } = error as Error;
    expect(message).toContain(path);
    expect(message).toMatch(/symbolic link|named pipe|a folder|a socket|a device/);
    expect(message).not.toContain('\n');
}

function expectOutsideUntouched(): void {
    expect(readFileSync(secret, 'utf8')).toBe(words);
    expect(readdirSync(outside).filter((name) => name !== 'other')).toEqual(['secret']);
}

const posix = process.platform !== 'win32';

describe.runIf(posix)('a file of a run folder that is none', () => {
    describe.each(users)('is refused by $name', ({ file, use }) => {
        it.each(Object.keys(traps))('%s', async (trap) => {
            const path = join(folder, file);
            await traps[trap]!(path);
            await refused(use(path), path);
            expectOutsideUntouched();
        });
    });

    it.each(Object.keys(traps))('is never written through: %s', async (trap) => {
        const path = join(folder, 'report.html');
        await traps[trap]!(path);
        await writeFileAtomic(path, '<html>').catch((error: unknown) => {
            expect(error).toMatchObject({ code: 'UNWRITABLE', message: expect.stringContaining(path) as string });
        });
        expectOutsideUntouched();
        expect(readdirSync(folder).filter((name) => /\.\d+$/.test(name))).toEqual([]);
    });

    it('is read through a link that stays in the folder; written, it takes the place of the link', async () => {
        const path = join(folder, 'ppl.cells.jsonl');
        writeFileSync(join(folder, 'first.jsonl'), '{"key":"a"}\n');
        symlinkSync('first.jsonl', path);
        const found: unknown[] = [];
        await Journal.read(path, schema, { take: (entry) => found.push(entry) });
        expect(found).toEqual([{ key: 'a' }]);
        await refused(Journal.open(path, schema, { take }), path);
        await writeFileAtomic(path, 'new');
        expect(lstatSync(path).isFile()).toBe(true);
        expect(readFileSync(join(folder, 'first.jsonl'), 'utf8')).toBe('{"key":"a"}\n');
    });

    it('with another name elsewhere is not appended to', async () => {
        const path = join(folder, 'ppl.cells.jsonl');
        linkSync(secret, path);
        await expect(Journal.open(path, schema, { take })).rejects.toMatchObject({
            message: expect.stringContaining('hard link') as string,
        });
        linkSync(secret, join(folder, '.lock.json'));
        await expect(withFolder(folder, 'test', () => Promise.resolve())).rejects.toMatchObject({
            code: 'UNWRITABLE',
            message: expect.stringContaining('hard link') as string,
        });
        expectOutsideUntouched();
    });

    it('larger than what is read of it is refused, naming the limit', async () => {
        for (const { file, use, limit } of [
            { file: 'neurons.json', use: readNeurons, limit: /512 MiB/ },
            { file: 'ppl.cells.jsonl', use: (path: string) => Journal.open(path, schema, { take }), limit: /64 GiB/ },
        ]) {
            const path = join(folder, file);
            writeFileSync(path, '');
            truncateSync(path, 2 ** 42); // all holes: it takes no room
            await expect(use(path)).rejects.toMatchObject({
                code: 'NOT_FOUND',
                message: expect.stringMatching(limit) as string,
            });
        }
        const counts = join(folder, 'activations.safetensors');
        const header = JSON.stringify({ tokens: { dtype: 'I64', shape: [2 ** 39], data_offsets: [0, 2 ** 42] } });
        const length = Buffer.alloc(8);
        length.writeBigUInt64LE(BigInt(header.length));
        writeFileSync(counts, Buffer.concat([length, Buffer.from(header)]));
        truncateSync(counts, 8 + header.length + 2 ** 42);
        await expect(readActivations(counts)).rejects.toMatchObject({
            message: expect.stringMatching(/of memory that the machine has/) as string,
        });
    });
});

describe.runIf(posix)('a folder in a run folder', () => {
    it.each(['a link out', 'a link that leads nowhere'])('must be in there: %s', async (trap) => {
        const path = join(folder, 'figures');
        symlinkSync(trap === 'a link out' ? outside : join(outside, 'nothing'), path);
        await refused(ensureSubfolder(folder, 'figures'), path);
        expectOutsideUntouched();
    });

    it('that is a link is neither swept nor counted nor emptied', async () => {
        writeFileSync(join(outside, 'histogram.svg.1234567'), 'half');
        mkdirSync(join(outside, 'deep'));
        for (const name of ['figures', 'tables', 'parts']) symlinkSync(outside, join(folder, name));
        symlinkSync('..', join(outside, 'deep', 'up'));
        await withFolder(folder, 'test', () => Promise.resolve());
        expect(existsSync(join(outside, 'histogram.svg.1234567'))).toBe(true);
        expect((await clean(folder)).removed.map(({ path }) => path).sort()).toEqual(['figures', 'parts', 'tables']);
        expect(readdirSync(folder)).toEqual([]);
        expect(readdirSync(outside).sort()).toEqual(['deep', 'histogram.svg.1234567', 'secret']);
    });

    it('may itself be reached through a link, by whoever gives it', async () => {
        const link = join(root, 'link');
        symlinkSync(folder, link);
        await withFolder(link, 'test', async () => {
            await writeFileAtomic(join(link, 'report.html'), '<html>');
            const journal = await Journal.open(join(link, 'ppl.cells.jsonl'), schema, { take });
            await journal.add({ key: 'a' });
        });
        expect(readdirSync(folder).sort()).toEqual(['ppl.cells.jsonl', 'report.html']);
        rmSync(link);
    });
});
