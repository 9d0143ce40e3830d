import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeActivations } from '../../src/activations/activationsFile.js';
import type { Counts } from '../../src/activations/Activations.js';
import { addCounts } from '../../src/activations/addCounts.js';
import { type CliResult, sees, startCli } from '../helpers/cli.js';
import { embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const at = (...parts: string[]): string => join(folder, ...parts);

/** Milliseconds from the signal to the end: 1.5 s for the work to end by itself, and a busy machine's delays. */
const bound = 3000;

/** Counts whose analysis takes some 20 s in one synchronous piece: few neurons in 400 folds, each left out once. */
async function writeManyCounts(dir: string): Promise<void> {
    const languages = ['en', 'ru', 'es', 'fr', 'de', 'zh', 'ja', 'bn'];
    const [layers, width, l] = [5, 800, languages.length];
    let state = 1;
    const random = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 12;
    const layer = (): BigInt64Array => BigInt64Array.from({ length: width * l }, () => BigInt(random() % 997));
    const fold = (): Counts => ({
        counts: Array.from({ length: layers }, layer),
        tokens: new BigInt64Array(l).fill(1000n),
    });
    const folds = Array.from({ length: 400 }, fold);
    const source = {
        model: { name: 'synthetic', architecture: 'llama', quantization: 'F16', fingerprint: '0'.repeat(64) },
        dataset: { name: 'none', hash: '0'.repeat(64) },
        versions: {},
    };
    mkdirSync(dir);
    await writeActivations(join(dir, 'activations.safetensors'), { languages, ...addCounts(folds), folds, source });
}

beforeAll(async () => {
    await writeManyCounts(at('counts'));
    mkdirSync(at('texts'));
    // One line of 5 MB: minutes of work between two lines.
    writeFileSync(at('texts', 'en.txt'), `${'The farmer eats bread and the girl reads the book. '.repeat(100_000)}\n`);
    writeFileSync(at('texts', 'de.txt'), 'Der Bauer isst das Brot.\n');
});

const identify = (): string[] => ['identify', at('counts'), '--json'];
const collect = (): string[] => [
    'collect',
    '--model',
    embeddedModel,
    '--gpu',
    'off',
    '--data',
    at('texts'),
    '--languages',
    'en,de',
    '--out',
    at('out'),
    '--json',
];

/** Processes that a process has started. */
function childrenOf({ pid }: ChildProcess): number[] {
    return readFileSync(`/proc/${pid!}/task/${pid!}/children`, 'utf8').trim().split(' ').map(Number);
}

/** Seconds of processor time that a process has used. */
function processorTime(pid: number): number {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
}

function isRunning(pid: number): boolean {
    return existsSync(`/proc/${pid}`) && !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

/** Starts the analysis and waits until it is deep in its work. */
async function startIdentify(): Promise<{ child: ChildProcess; ended: Promise<CliResult>; worker: number }> {
    const { child, ended } = startCli(identify());
    while (childrenOf(child)[0] === 0) await wait(50);
    const worker = childrenOf(child)[0]!;
    while (processorTime(worker) < 2) await wait(50); // starting and reading take 1
    return { child, ended, worker };
}

async function startCollect(): Promise<{ child: ChildProcess; ended: Promise<CliResult>; worker: number }> {
    const { child, ended } = startCli(collect());
    await sees(child, 'count en');
    await wait(1000);
    return { child, ended, worker: childrenOf(child)[0]! };
}

function expectStopped({ code, signal, stdout, stderr }: CliResult): void {
    expect({ code, signal, stdout }, stderr).toEqual({ code: 130, signal: null, stdout: '' });
    const lines = stderr.split('\n').filter((line) => line.startsWith('language-neurons: '));
    expect(lines, stderr).toHaveLength(1);
    expect(lines[0]).toMatch(/stopped.*run the same command again to continue/);
    expect(stderr).not.toMatch(/^\s+at /m);
}

describe.runIf(process.platform === 'linux')('a stop that is asked for', () => {
    it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('by %s ends work that looks at nothing', async (signal) => {
        const { child, ended, worker } = await startIdentify();
        const begin = performance.now();
        child.kill(signal);
        const result = await ended;
        expect(performance.now() - begin).toBeLessThan(bound);
        expectStopped(result);
        expect(result.stderr).toContain('finished parts are kept');
        expect(isRunning(worker)).toBe(false);
        expect(existsSync(at('counts', 'neurons.json'))).toBe(false); // a lock is left, and taken over by the next
    });

    it('twice ends it at once', async () => {
        const { child, ended, worker } = await startIdentify();
        child.kill('SIGINT');
        await wait(100);
        const begin = performance.now();
        child.kill('SIGINT');
        expectStopped(await ended);
        expect(performance.now() - begin).toBeLessThan(1000);
        expect(isRunning(worker)).toBe(false);
    });

    it('ends the counting in the middle of one line of 5 MB', async () => {
        const { child, ended, worker } = await startCollect();
        const begin = performance.now();
        child.kill('SIGINT');
        const result = await ended;
        expect(performance.now() - begin).toBeLessThan(bound);
        expectStopped(result);
        expect(isRunning(worker)).toBe(false);
        expect(existsSync(at('out', 'activations.safetensors'))).toBe(false);
    });

    it('and the end of the parent, which takes the work with it', async () => {
        const { child, ended, worker } = await startCollect();
        child.kill('SIGKILL');
        expect((await ended).signal).toBe('SIGKILL');
        for (let tries = 0; isRunning(worker) && tries < 30; tries++) await wait(100);
        expect(isRunning(worker)).toBe(false);
    });
});
