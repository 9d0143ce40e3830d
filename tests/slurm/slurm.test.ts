import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { embeddedModel } from '../helpers/models.js';
import { absence, Cluster } from './Cluster.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const absent = absence();
if (absent !== undefined) console.log(`tests/slurm: skipped, ${absent}`);
const root = temporaryFolder();
const at = (...names: string[]): string => join(root, ...names);
const model = ['--model', embeddedModel, '--gpu', 'off', '--threads', '1', '--data'];
/** Counts, neurons and matrix as the commands of a job, each with what differs from a run without shards. */
const collect = (folder: string, ...more: string[]): string[] => [
    'collect',
    ...model,
    at('texts'),
    '--out',
    at(folder),
    ...more,
];
const identify = (folder: string): string[] => ['identify', at(folder), '--top-rate', '0.1'];
const deactivate = (folder: string, ...more: string[]): string[] => [
    'deactivate',
    at(folder),
    ...model,
    at('held-out'),
    '--sets',
    'specific',
    '--controls',
    '1',
    ...more,
];
const merge = (folder: string): string[] => ['merge', at(folder), '--out', at(folder)];
const program = [process.execPath, resolve('dist/cli.js')];
const script = (...commands: string[][]): string =>
    commands.map((args) => [...program, ...args].map((word) => `'${word}'`).join(' ')).join(' &&\n');

const title = `job arrays of a Slurm${absent === undefined ? '' : ` (skipped: ${absent})`}`;
describe.skipIf(absent !== undefined)(title, () => {
    const cluster = new Cluster();
    beforeAll(async () => {
        for (const name of ['texts', 'held-out']) mkdirSync(at(name));
        for (const language of ['en', 'de']) {
            const lines = readFileSync(resolve(`src/embedded/texts/collect/${language}.txt`), 'utf8').split('\n');
            writeFileSync(at('held-out', `${language}.txt`), lines.slice(0, 10).join('\n'));
            // Of English four chunks, two for each shard: one to be saved, one to be killed in.
            let text = '';
            while (text.length < (language === 'en' ? 4 * 65_536 - 30_000 : 1000)) text += `${lines.join('\n')}\n`;
            writeFileSync(at('texts', `${language}.txt`), text);
        }
        for (const args of [collect('whole'), identify('whole'), deactivate('whole')]) {
            execFileSync(program[0]!, [program[1]!, ...args], { stdio: 'ignore' });
        }
        await cluster.start();
    });
    afterAll(async () => {
        await cluster.stop();
    });

    it('a node that dies in the middle costs nothing finished: its shard runs again, to the same bytes', async () => {
        const counted = cluster.submit(script(collect('jobs', '--shard', 'auto')), '--array=1-2', '--requeue');
        const after = (job: string): string => `--dependency=afterok:${job}`;
        const merged = cluster.submit(script(merge('jobs'), identify('jobs')), after(counted));
        const cells = script(deactivate('jobs', '--shard', 'auto'));
        const measured = cluster.submit(cells, '--array=0-6:3', '--requeue', after(merged));
        cluster.submit(script(merge('jobs')), after(measured));

        const isSaved = (): boolean =>
            existsSync(at('jobs', 'parts')) &&
            readdirSync(at('jobs', 'parts')).some((name) => /^en\.shard-1-of-2\.[0-9a-f]+\.safetensors$/.test(name));
        while (!isSaved()) await wait(20);
        cluster.kill('n1');
        expect(existsSync(at('jobs', 'activations.shard-1-of-2.safetensors'))).toBe(false);
        await cluster.finished();

        expect(cluster.log()).toContain('due to failure of node n1');
        expect(cluster.outputs()).toMatch(/en: continues after [1-9]\d* of \d+ texts/);
        for (const name of ['activations.safetensors', 'ppl.matrix.json', 'ppl.matrix.csv']) {
            expect(existsSync(at('jobs', name)), `${name}: ${cluster.outputs()}`).toBe(true);
            expect(readFileSync(at('jobs', name)).equals(readFileSync(at('whole', name))), name).toBe(true);
        }
        const finished = readdirSync(at('jobs')).filter((name) => /^ppl\.matrix\.shard-\d-of-3\.json$/.test(name));
        expect(finished).toHaveLength(3);
    });
});
