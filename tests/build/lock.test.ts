import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { takeLock } from '../../scripts/build/lock.mjs';
import { folderOfTest } from '../helpers/temporaryFolder.js';

const lockFile = () => join(folderOfTest(), 'lock');

test('a second taker waits for the first', async () => {
    const file = lockFile();
    const first = await takeLock(file, vi.fn());
    const onWait = vi.fn();
    let taken = false;
    const second = takeLock(file, onWait).then((lock) => {
        taken = true;
        return lock;
    });
    await vi.waitFor(() => expect(onWait).toHaveBeenCalledWith({ pid: process.pid }));
    expect(taken).toBe(false);
    first.release();
    (await second).release();
    expect(readdirSync(dirname(file))).toEqual([]);
});

test.each([
    ['a process that is no more', JSON.stringify({ pid: spawnSync(process.execPath, ['-e', '']).pid })],
    ['nobody: it is damaged', '{'],
])('the lock of %s is taken over', async (_, content) => {
    const file = lockFile();
    writeFileSync(file, content);
    const lock = await takeLock(file, () => expect.unreachable('there is nobody to wait for'));
    expect(existsSync(file)).toBe(true);
    lock.release();
});

test('of many takers, one holds it at a time', async () => {
    const file = lockFile();
    writeFileSync(file, '{');
    let holders = 0;
    await Promise.all(
        Array.from({ length: 5 }, async () => {
            const lock = await takeLock(file, vi.fn());
            expect(++holders).toBe(1);
            await new Promise((resolve) => setTimeout(resolve, 5));
            holders--;
            lock.release();
        }),
    );
});
