import { fork } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { withFile, withFolder } from '../../../src/folderLock.js';

const root = mkdtempSync(join(tmpdir(), 'language-neurons-'));
afterAll(() => rmSync(root, { recursive: true }));
let count = 0;
const fresh = (): string => join(root, `run ${count++}`);

/** Another process that holds a folder until it is killed. */
async function holder(folder: string): Promise<{ pid: number; kill: () => Promise<void> }> {
    const script = join(root, 'hold.mjs');
    writeFileSync(script, `import { withFolder } from ${JSON.stringify(resolve('dist/folderLock.js'))};
await withFolder(process.argv[2], 'collect', () => new Promise(() => { process.send('held'); setInterval(() => undefined, 1000); }));`);
    const child = fork(script, [folder], { stdio: 'ignore' });
    await new Promise((held, failed) => child.once('message', held).once('exit', failed));
    return { pid: child.pid!, kill: () => new Promise((ended) => child.once('exit', () => ended()).kill('SIGKILL')) };
}

it('one at a time: the second is told who works there, and may begin when that one was killed', async () => {
    const folder = fresh();
    const first = await holder(folder);
    const second = withFolder(folder, 'report', () => Promise.resolve('done'));
    await expect(second).rejects.toMatchObject({
        code: 'BUSY', message: expect.stringMatching(new RegExp(`^${folder}: process ${first.pid} on ${hostname()} works on it \\(collect, since .*; wait for it`)) as string,
    });
    mkdirSync(join(folder, 'parts'));
    writeFileSync(join(folder, 'activations.safetensors.1234567'), 'half');
    writeFileSync(join(folder, 'parts', 'en.abc.safetensors.98'), 'half');
    writeFileSync(join(folder, 'mine.1234567'), 'not ours');
    await first.kill();
    expect(existsSync(join(folder, '.lock.json'))).toBe(true);
    expect(await withFolder(folder, 'report', () => Promise.resolve(readdirSync(folder).sort()))).toEqual(['.lock.json', 'mine.1234567', 'parts']);
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
    await expect(withFolder(folder, 'collect', () => Promise.resolve())).rejects.toMatchObject({ code: 'BUSY', message: expect.stringContaining(`this process (${process.pid}) works`) as string });
    release();
    await slow;
});

it('many at once in one process: never two inside, whatever name an ended one has left', async () => {
    const folder = fresh();
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, '.lock.json'), JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), work: 'collect', since: 'once' }));
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
    // Whoever finds the file of another inside, though that one lives, tells it; every third time it is killed inside.
    writeFileSync(script, `import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { withFolder } from ${JSON.stringify(resolve('dist/folderLock.js'))};
const inside = process.argv[2] + '.inside';
const alive = (pid) => { try { process.kill(pid, 0); return true; } catch { return false; } };
for (let turn = 0; turn < 10; turn++) {
    await withFolder(process.argv[2], 'run', async () => {
        let other; try { other = Number(readFileSync(inside, 'utf8')); } catch {}
        if (other && alive(other)) process.send('two inside');
        writeFileSync(inside, String(process.pid));
        await new Promise((tick) => setTimeout(tick, 5));
        if (turn === 5 && process.argv[3] === 'killed') process.kill(process.pid, 'SIGKILL');
        rmSync(inside);
        process.send('done');
    }).catch((cause) => { if (cause.code !== 'BUSY') process.send(String(cause)); });
}`);
    const messages: unknown[] = [];
    await Promise.all(['lives', 'killed', 'lives', 'killed', 'lives', 'lives'].map((end) => new Promise((ended) => {
        fork(script, [folder, end], { stdio: 'ignore' }).on('message', (message) => messages.push(message)).on('exit', ended);
    })));
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
        expect(JSON.parse(readFileSync(join(folder, '.a.json.lock.json'), 'utf8'))).toMatchObject({ pid: process.pid, work: 'respond' });
    });
    expect(readdirSync(folder)).toEqual([]);
});
