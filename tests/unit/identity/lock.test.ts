import { AsyncLocalStorage } from 'node:async_hooks';
import { fork } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { besideFolder, graceMilliseconds, withFile, withFolder } from '../../../src/files/folderLock.js';
import { temporaryFolder } from '../../helpers/temporaryFolder.js';

/** Side by side: some wait seconds for a holder to end. */
const it = test.concurrent;

/** For holders that stay: nobody needs to wait 5 s for them. */
const patience = 500;

const root = temporaryFolder();
let count = 0;
const fresh = (): string => join(root, `run ${count++}`);

/** Another process that holds a folder, or a file of it, until it is killed. */
async function holder(
    path: string,
    kind: 'withFolder' | 'withFile' = 'withFolder',
): Promise<{ pid: number; kill: () => Promise<void> }> {
    const script = join(root, 'hold.mjs');
    writeFileSync(
        script,
        `import * as locks from ${JSON.stringify(resolve('dist/files/folderLock.js'))};
// It could be ended: work that nothing can end is collected as garbage, and the lock with it.
const held = () => new Promise((end) => process.once('message', end).send('held'));
await locks[process.argv[3]](process.argv[2], 'collect', held);`,
    );
    const child = fork(script, [path, kind], { stdio: 'ignore' });
    await new Promise((held, failed) => child.once('message', held).once('exit', failed));
    return { pid: child.pid!, kill: () => new Promise((ended) => child.once('exit', () => ended()).kill('SIGKILL')) };
}

it('one at a time: the second is told who works there, and may begin when that one was killed', async () => {
    const folder = fresh();
    const first = await holder(folder);
    const begin = performance.now();
    const second = withFolder(folder, 'report', () => Promise.resolve('done'), patience);
    await expect(second).rejects.toMatchObject({
        code: 'BUSY',
        message: expect.stringMatching(
            new RegExp(
                `^${folder}: process ${first.pid} on ${hostname()} works on it \\(collect, since .*; wait for it`,
            ),
        ) as string,
    });
    expect(performance.now() - begin).toBeGreaterThan(0.9 * patience);
    mkdirSync(join(folder, 'parts'));
    writeFileSync(join(folder, 'activations.safetensors.1234567'), 'half');
    writeFileSync(join(folder, 'parts', 'en.abc.safetensors.98'), 'half');
    writeFileSync(join(folder, 'mine.1234567'), 'not ours');
    await first.kill();
    expect(existsSync(join(folder, '.lock.json'))).toBe(true);
    expect(await withFolder(folder, 'report', () => Promise.resolve(readdirSync(folder).sort()))).toEqual([
        '.lock.json',
        'mine.1234567',
        'parts',
    ]);
    expect(readdirSync(folder).sort()).toEqual(['mine.1234567', 'parts']);
    expect(readdirSync(join(folder, 'parts'))).toEqual([]);
});

it('a step of work that holds the folder may lock it again; other work of the same process may not', async () => {
    const folder = fresh();
    await withFolder(folder, 'run', async () => {
        expect(await withFolder(folder, 'collect', () => Promise.resolve(1))).toBe(1);
        expect(existsSync(join(folder, '.lock.json'))).toBe(true);
    });
    expect(existsSync(join(folder, '.lock.json'))).toBe(false);
    let release: () => void = () => undefined;
    const slow = withFolder(folder, 'collect', () => new Promise<void>((done) => (release = done)));
    while (!existsSync(join(folder, '.lock.json'))) await new Promise((tick) => setTimeout(tick, 5));
    await expect(withFolder(folder, 'collect', () => Promise.resolve())).rejects.toMatchObject({
        code: 'BUSY',
        message: expect.stringContaining(`this process (${process.pid}) works`) as string,
    });
    release();
    await slow;
});

it('many at once in one process: never two inside, whatever name an ended one has left', async () => {
    const folder = fresh();
    mkdirSync(folder, { recursive: true });
    writeFileSync(
        join(folder, '.lock.json'),
        JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), work: 'collect', since: 'once' }),
    );
    let [inside, most, done] = [0, 0, 0];
    const one = async (): Promise<void> => {
        await withFolder(folder, 'run', async () => {
            most = Math.max(most, ++inside);
            await new Promise((tick) => setTimeout(tick, 30));
            inside--;
            done++;
        }).catch((cause: unknown) => expect(cause).toMatchObject({ code: 'BUSY' }));
    };
    await Promise.all(Array.from({ length: 8 }, one));
    expect(most).toBe(1);
    expect(done).toBeGreaterThan(0);
});

it('many processes in turn, some killed inside: never two inside', async () => {
    const folder = fresh();
    const script = join(root, 'turns.mjs');
    // Whoever finds the mark of another inside tells it. One that is killed inside takes its mark away just before:
    // that it is gone cannot be asked of the system, which lists it until its parent has noticed.
    writeFileSync(
        script,
        `import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { withFolder } from ${JSON.stringify(resolve('dist/files/folderLock.js'))};
const inside = process.argv[2] + '.inside';
for (let turn = 0; turn < 10; turn++) {
    await withFolder(process.argv[2], 'run', async () => {
        if (existsSync(inside)) process.send('two inside');
        writeFileSync(inside, '');
        await new Promise((tick) => setTimeout(tick, 5));
        rmSync(inside);
        if (turn === 5 && process.argv[3] === 'killed') process.kill(process.pid, 'SIGKILL');
        process.send('done');
    }).catch((cause) => { if (cause.code !== 'BUSY') process.send(String(cause)); });
}`,
    );
    const messages: unknown[] = [];
    await Promise.all(
        ['lives', 'killed', 'lives', 'killed', 'lives', 'lives'].map(
            (end) =>
                new Promise((ended) => {
                    fork(script, [folder, end], { stdio: 'ignore' })
                        .on('message', (message) => messages.push(message))
                        .on('exit', ended);
                }),
        ),
    );
    expect(new Set(messages)).toEqual(new Set(['done']));
    expect(messages.length).toBeGreaterThan(30);
});

it('a lock is released when the work fails, and what it threw comes through', async () => {
    const folder = fresh();
    await expect(withFolder(folder, 'x', () => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
    expect(readdirSync(folder)).toEqual([]);
});

it('a file has a lock of its own: others in its folder go on', async () => {
    const folder = fresh();
    await withFile(join(folder, 'a.json'), 'respond', async () => {
        expect(await withFile(join(folder, 'b.json'), 'respond', () => Promise.resolve(2))).toBe(2);
        expect(JSON.parse(readFileSync(join(folder, '.a.json.lock.json'), 'utf8'))).toMatchObject({
            pid: process.pid,
            work: 'respond',
        });
    });
    expect(readdirSync(folder)).toEqual([]);
});

it('who works on a folder as a whole waits for those on its files, and never takes what they write', async () => {
    const folder = fresh();
    mkdirSync(folder);
    const [first, second] = await Promise.all(
        ['a.json', 'b.json'].map((name) => holder(join(folder, name), 'withFile')),
    );
    const half = [join(folder, 'a.json.4711'), join(folder, 'b.json.4712')];
    for (const path of half) writeFileSync(path, 'half');
    const others = [
        withFile(join(folder, 'b.json'), 'collect', () => Promise.resolve(), patience),
        withFolder(folder, 'clean', () => Promise.resolve(), patience),
    ];
    expect(await Promise.allSettled(others)).toMatchObject([
        {
            reason: {
                code: 'BUSY',
                message: expect.stringContaining(`process ${second!.pid} on ${hostname()} works on it`) as string,
            },
        },
        {
            reason: {
                code: 'BUSY',
                message: expect.stringMatching(
                    new RegExp(`^${folder}: process ${first!.pid} on .* \\(collect, since`),
                ) as string,
            },
        },
    ]);
    await first!.kill();
    await expect(withFolder(folder, 'clean', () => Promise.resolve(), patience)).rejects.toMatchObject({
        code: 'BUSY',
        message: expect.stringContaining(`process ${second!.pid} on`) as string,
    });
    expect(half.map((path) => existsSync(path))).toEqual([true, true]);
    // Whoever takes up a file again removes what was begun of it, and nothing else.
    await withFile(join(folder, 'a.json'), 'collect', () => Promise.resolve());
    expect(half.map((path) => existsSync(path))).toEqual([false, true]);
    const whole = withFolder(folder, 'clean', () => Promise.resolve(readdirSync(folder)));
    await second!.kill();
    expect(await whole).toEqual(['.lock.json']);
    expect(readdirSync(folder)).toEqual([]);
});

it('nobody begins on a file while another works on the folder', async () => {
    const folder = fresh();
    const first = await holder(folder);
    const refused = withFile(join(folder, 'a.json'), 'collect', () => Promise.resolve(), patience);
    await expect(refused).rejects.toMatchObject({
        code: 'BUSY',
        message: expect.stringContaining(`process ${first.pid} on`) as string,
    });
    const next = withFile(join(folder, 'a.json'), 'collect', () => Promise.resolve('done'));
    await first.kill();
    expect(await next).toBe('done');
    expect(readdirSync(folder)).toEqual([]);
});

it('many processes on files and on the folder, some killed: files beside each other, the folder alone', async () => {
    const folder = fresh();
    const script = join(root, 'both.mjs');
    // Each leaves a mark of its own inside, which goes with it; whoever has the folder may meet none.
    writeFileSync(
        script,
        `import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withFile, withFolder } from ${JSON.stringify(resolve('dist/files/folderLock.js'))};
const [, , folder, kind, end] = process.argv;
const marks = folder + '.marks';
mkdirSync(marks, { recursive: true });
const own = process.pid + '.' + kind;
const lock = kind === 'folder'
    ? (run) => withFolder(folder, 'clean', run)
    : (run) => withFile(join(folder, kind + '.json'), 'collect', run);
for (let turn = 0; turn < 12; turn++) {
    await lock(async () => {
        writeFileSync(join(marks, own), '');
        for (let look = 0; look < 3; look++) {
            const others = readdirSync(marks).filter((name) => name !== own);
            const besideFolder = kind === 'folder' ? others.length > 0 : others.some((name) => name.endsWith('folder'));
            if (besideFolder) process.send('beside the folder');
            if (kind !== 'folder' && others.length > 0) process.send('beside a file');
            await new Promise((tick) => setTimeout(tick, 5));
        }
        rmSync(join(marks, own));
        if (turn === 6 && end === 'killed') process.kill(process.pid, 'SIGKILL');
        process.send(kind === 'folder' ? 'folder done' : 'file done');
    }).catch((cause) => { if (cause.code !== 'BUSY') process.send(String(cause)); });
    await new Promise((tick) => setTimeout(tick, 50 * Math.random()));
}`,
    );
    const messages: string[] = [];
    await Promise.all(
        ['a lives', 'b killed', 'c lives', 'folder lives', 'folder killed', 'folder lives'].map(
            (words) =>
                new Promise((ended) => {
                    fork(script, [folder, ...words.split(' ')], { stdio: 'ignore' })
                        .on('message', (message) => messages.push(String(message)))
                        .on('exit', ended);
                }),
        ),
    );
    expect(new Set(messages)).toEqual(new Set(['beside a file', 'folder done', 'file done']));
    expect(readdirSync(folder).filter((name) => !name.endsWith('.lock.json'))).toEqual([]);
});

it('a report is made beside whoever works there, one at a time, and what it writes is not swept away', async () => {
    const folder = fresh();
    const report = join(folder, 'report.html');
    expect(await besideFolder(report, 'report', (meanwhile) => Promise.resolve(meanwhile))).toBeUndefined();
    const outside = AsyncLocalStorage.snapshot();
    const first = await holder(folder);
    expect(await besideFolder(report, 'report', (meanwhile) => Promise.resolve(meanwhile))).toBe('collect');
    await besideFolder(report, 'report', async () => {
        mkdirSync(join(folder, 'figures'));
        const own = ['report.html.1234567', 'figures/a.svg.1234567'].map((name) => join(folder, name));
        for (const path of own) writeFileSync(path, 'half');
        writeFileSync(join(folder, 'activations.safetensors.1234567'), 'half');
        // Of other work: this one's steps may go on.
        await outside(async () => {
            const second = besideFolder(report, 'report', () => Promise.resolve());
            await expect(second).rejects.toMatchObject({ code: 'BUSY' });
            await first.kill();
            await withFolder(folder, 'identify', () => Promise.resolve()); // sweeps
        });
        expect(own.map((path) => existsSync(path))).toEqual([true, true]);
        expect(existsSync(join(folder, 'activations.safetensors.1234567'))).toBe(false);
    });
    await withFolder(folder, 'identify', () => Promise.resolve());
    expect(readdirSync(folder)).toEqual(['figures']);
    expect(readdirSync(join(folder, 'figures'))).toEqual([]);
    // Work beside others that fails for its own reasons fails with these.
    const failing = besideFolder(report, 'report', () => Promise.reject(new Error('mine')));
    await expect(failing).rejects.toThrow('mine');
});

it('a holder is waited for 5 s', () => {
    expect(graceMilliseconds).toBe(5000);
});
