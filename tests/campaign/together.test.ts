import type { ChildProcess } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openCorpus } from '../../src/data/openCorpus.js';
import { collect } from '../../src/activations/collect.js';
import { Engine } from '../../src/engine/Engine.js';
import { embeddedModel } from '../../src/run/embeddedRun.js';
import { sees, startCli } from '../helpers/cli.js';
import { compareFolders } from './compareFolders.js';
import { modelArguments, writeInputs } from './inputs.js';
import { runIn } from './kills/chain.js';
import { childrenOf } from './kills/processTree.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const root = temporaryFolder();
const collecting = ['collect', ...modelArguments, '--data', 'texts', '--out', 'run'];
const identifying = ['identify', 'run', '--top-rate', '0.2', '--bar', '0.98'];
const deactivating = [
    'deactivate',
    'run',
    ...modelArguments,
    '--data',
    'evaluate',
    '--sets',
    'specific,specific+related',
];

/** Folders by what is done in them, one after another: before, collected, identified and deactivated. */
const [empty, collected, counted, measured] = ['empty', 'collected', 'counted', 'measured'].map((name) =>
    join(root, name),
) as [string, string, string, string];

beforeAll(async () => {
    writeInputs(empty, { texts: 78, evaluate: 3, questions: 1 });
    for (const [from, args, to] of [
        [empty, collecting, collected],
        [collected, identifying, counted],
        [counted, deactivating, measured],
    ] as const) {
        cpSync(from, to, { recursive: true });
        expect((await runIn(to, args)).code).toBe(0);
    }
});

/** Does work while a process and its children stand still: they cannot end before it, however fast the machine. */
async function whileStopped<T>(child: ChildProcess, work: () => Promise<T>): Promise<{ holders: number[]; result: T }> {
    const holders = [child.pid!, ...childrenOf(child.pid!)];
    for (const pid of holders) process.kill(pid, 'SIGSTOP');
    try {
        return { holders, result: await work() };
    } finally {
        for (const pid of holders) process.kill(pid, 'SIGCONT');
    }
}

/** Side by side: each waits seconds for a holder to end. */
describe.concurrent('one process at a time in a run folder', () => {
    const firstCollects = { from: empty, first: collecting, seen: 'count ', alone: collected };
    const firstDeactivates = { from: counted, first: deactivating, seen: 'perplexity', alone: measured };
    it.each([
        { what: 'collect twice', ...firstCollects, second: collecting },
        { what: 'run beside collect', ...firstCollects, second: ['run', 'run.yaml'] },
        { what: 'deactivate twice', ...firstDeactivates, second: deactivating },
        { what: 'identify beside deactivate', ...firstDeactivates, second: identifying },
    ])('$what: the second refuses and names the first', async ({ what, from, first, seen, second, alone }) => {
        const folder = join(root, what.replaceAll(' ', '-'));
        cpSync(from, folder, { recursive: true });
        const { child, ended } = startCli(first, {}, folder);
        await sees(child, seen);
        const { holders, result: refused } = await whileStopped(child, () => runIn(folder, second));
        expect(refused.code, refused.stderr).toBe(1);
        const lines = refused.stderr.split('\n').filter((line) => line.startsWith('language-neurons: '));
        expect(lines).toHaveLength(1);
        expect(lines[0]).toContain('run');
        expect(holders.map(String), lines[0]).toContain(/\b(\d{2,})\b/g.exec(lines[0]!.replaceAll(folder, ''))?.[1]);
        expect(child.exitCode, 'the first ended before the second').toBe(null);
        const { code, stderr } = await ended;
        expect(code, stderr).toBe(0);
        expect(compareFolders(folder, alone).faults).toEqual([]);
    });

    it('the library refuses with BUSY', async () => {
        const folder = join(root, 'library');
        cpSync(empty, folder, { recursive: true });
        const { child, ended } = startCli(collecting, {}, folder);
        await sees(child, 'count ');
        const engine = await Engine.open({ model: embeddedModel, gpu: 'off', threads: 1 });
        try {
            const corpus = await openCorpus(join(folder, 'texts'));
            await whileStopped(child, () =>
                expect(collect({ engine, corpus, folder: join(folder, 'run') })).rejects.toMatchObject({
                    code: 'BUSY',
                }),
            );
        } finally {
            engine.close();
        }
        expect((await ended).code).toBe(0);
    });
});
