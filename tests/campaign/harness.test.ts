import { watching } from './faults/faultyFiles.js'; // first: before what it watches is loaded
import { appendFileSync, createReadStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { writeFileAtomic } from '../../src/files/fileAccess.js';
import { compareFolders, leftovers } from './compareFolders.js';
import { Reader } from './mutations/Reader.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const root = temporaryFolder();
const [found, expected] = [join(root, 'found'), join(root, 'expected')];
beforeEach(() => {
    for (const folder of [found, expected]) {
        rmSync(folder, { recursive: true, force: true });
        mkdirSync(folder, { recursive: true });
        writeFileSync(
            join(folder, 'run.json'),
            JSON.stringify({ out: folder, finished: new Date(folder.length * 1e11).toISOString() }),
        );
        writeFileSync(join(folder, 'accuracy.matrix.json'), '1');
        writeFileSync(join(folder, 'ppl.cells.jsonl'), '{"key":"a","value":1}\n{"key":"b","value":2}\n');
        writeFileSync(join(folder, 'accuracy.answers.jsonl'), '{"key":"a","text":"x"}\n');
    }
});

describe('the campaign sees what must not be', () => {
    it('nothing in equal folders, whatever their path, time and order of lines, and lines that were cut short', () => {
        writeFileSync(
            join(found, 'ppl.cells.jsonl'),
            '{"key":"b","value":2}\n{"key":"a","va\n{"key":"a","value":1}\n{"key":"b"',
        );
        expect(compareFolders(found, expected)).toEqual({ faults: [], answers: 1, answersDiffering: [] });
    });

    it.each([
        {
            what: 'another byte',
            change: () => writeFileSync(join(found, 'accuracy.matrix.json'), '2'),
            words: 'accuracy.matrix.json differs',
        },
        {
            what: 'an entry twice',
            change: () => appendFileSync(join(found, 'ppl.cells.jsonl'), '{"key":"a","value":1}\n'),
            words: 'a stands there twice',
        },
        {
            what: 'an entry lost',
            change: () => writeFileSync(join(found, 'ppl.cells.jsonl'), '{"key":"a","value":1}\n'),
            words: 'b is missing',
        },
        {
            what: 'another number',
            change: () =>
                writeFileSync(join(found, 'ppl.cells.jsonl'), '{"key":"a","value":1}\n{"key":"b","value":3}\n'),
            words: 'instead of',
        },
        { what: 'a file lost', change: () => rmSync(join(found, 'run.json')), words: 'run.json is missing' },
        {
            what: 'a file too many',
            change: () => writeFileSync(join(found, 'x'), ''),
            words: 'x is not of an undisturbed run',
        },
        {
            what: 'a temporary file',
            change: () => writeFileSync(join(found, 'run.json.2164310592'), ''),
            words: 'was left behind',
        },
        {
            what: 'a lock',
            change: () => writeFileSync(join(found, '.lock.json'), ''),
            words: '.lock.json was left behind',
        },
    ])('$what', ({ change, words }) => {
        change();
        expect(compareFolders(found, expected).faults.join()).toContain(words);
    });

    it('another answer, and then no fault in what is made from answers', () => {
        writeFileSync(join(found, 'accuracy.answers.jsonl'), '{"key":"a","text":"y"}\n');
        writeFileSync(join(found, 'accuracy.matrix.json'), '2');
        expect(compareFolders(found, expected)).toMatchObject({
            faults: [],
            answersDiffering: [expect.stringContaining('"y"')],
        });
        mkdirSync(join(found, 'parts'));
        expect(leftovers(found)).toEqual(['parts']);
    });

    it.each([
        { reader: 'self-test: dies', result: { outcome: 'DIED' } },
        { reader: 'self-test: throws', result: { outcome: 'FAULT' } },
        { reader: 'self-test: pollutes', result: { outcome: 'sound', polluted: 'Object.prototype.polluted' } },
        { reader: 'self-test: hangs', result: { outcome: 'HANG' } },
        { reader: 'self-test: eats', result: { outcome: 'MEMORY' } },
    ])('$reader', async ({ reader: name, result }) => {
        // Small limits, so that the test itself is no burden on the machine.
        const reader = new Reader(
            root,
            name.endsWith('hangs') ? 1000 : undefined,
            name.endsWith('eats') ? 400 * 2 ** 20 : undefined,
        );
        expect(await reader.read({ reader: name, path: '', home: '' })).toMatchObject(result);
        await reader.close();
        // The next one finds a fresh process.
        writeFileSync(join(root, 'run.yaml'), 'model: 5');
        expect(await reader.read({ reader: 'config', path: join(root, 'run.yaml'), home: '' })).toMatchObject({
            outcome: 'DAMAGED',
        });
        await reader.close();
    });

    it.each<{ what: string; work: () => Promise<unknown> }>([
        { what: 'a whole file', work: () => readFile(join(found, 'run.json')) },
        { what: 'a stream', work: () => createReadStream(join(found, 'run.json')).toArray() },
        { what: 'an atomic write', work: () => writeFileAtomic(join(found, 'new'), 'x'.repeat(100)) },
        {
            what: 'a handle',
            work: async () => {
                await using file = await open(join(found, 'run.json'));
                return await file.read(Buffer.alloc(9), 0, 9, 0);
            },
        },
    ])('every operation of $what can fail', async ({ work }) => {
        const { operations, error } = await watching(found, work);
        expect(error).toBeUndefined();
        expect(operations.length).toBeGreaterThan(0);
        const needed = [];
        for (const place of operations.keys()) {
            const failed = await watching(found, work, place);
            if (failed.error !== undefined) needed.push(failed.error);
        }
        expect(needed.length).toBeGreaterThan(0);
        for (const failure of needed as { code: string; cause?: unknown }[])
            expect(failure.code === 'UNWRITABLE' ? failure.cause : failure).toMatchObject({ code: 'EIO' });
        expect((await watching(root, () => readFile(join(tmpdir(), 'elsewhere')), 0)).operations).toEqual([]);
    });
});
