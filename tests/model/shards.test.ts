import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activationsPath } from '../../src/activations/activationsFile.js';
import { collect } from '../../src/activations/collect.js';
import { parseShard } from '../../src/activations/Shard.js';
import { openCorpus } from '../../src/data/openCorpus.js';
import type { Corpus, Sample } from '../../src/corpus/Corpus.js';
import { Engine } from '../../src/engine/Engine.js';
import { merge } from '../../src/run/merge.js';
import { commandHere } from '../helpers/commandHere.js';
import { writeFirstLayer } from '../helpers/firstLayer.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const root = temporaryFolder();
const layer = await writeFirstLayer(join(root, 'layer.gguf'));
const run = promisify(execFile);
const refusal = async (...args: string[]): Promise<string> => {
    const { code, stderr } = await commandHere(...args);
    return code === 0 ? 'done' : stderr;
};

describe('shards', () => {
    const folder = join(root, 'shards');
    const whole = join(root, 'whole');
    let engine: Engine;
    let corpus: Corpus;
    let few: Corpus;
    /** Several chunks in one language, one in the other. */
    beforeAll(async () => {
        engine = await Engine.open({ model: layer, gpu: 'off', countOnly: true });
        few = await openCorpus('udhr:1-6', { languages: ['en', 'de'] });
        corpus = {
            ...few,
            languages: few.languages,
            sources: few.sources,
            async *samples(language: string): AsyncGenerator<Sample> {
                for (let again = 0; again < (language === 'en' ? 140 : 1); again++) yield* few.samples(language);
            },
        };
        await collect({ engine, corpus, folder: whole });
    });
    afterAll(() => engine.close());
    const collectShard = (number: number, total: number): ReturnType<typeof collect> =>
        collect({ engine, corpus, folder, shard: { number, total } });

    it('in any order, one stopped in the middle, merge to the bytes of a run without', async () => {
        expect((await collectShard(3, 3)).decodedTokens).toBeGreaterThan(0);
        const stop = new AbortController();
        let batches = 0;
        const progress = {
            stage: () => undefined,
            note: () => undefined,
            done: () => undefined,
            advance: () => (++batches > 30 ? stop.abort() : undefined),
        };
        await expect(
            collect({ engine, corpus, folder, shard: { number: 1, total: 3 }, signal: stop.signal, progress }),
        ).rejects.toMatchObject({ code: 'ABORTED' });
        expect((await collectShard(2, 3)).decodedTokens).toBeGreaterThan(0);
        await expect(merge([folder], { folder: join(root, 'merged') })).rejects.toMatchObject({
            code: 'MISMATCH',
            message: 'the shards cannot be merged: shard 1 of 3 is missing; collect it first',
        });
        expect((await collectShard(1, 3)).decodedTokens).toBeGreaterThan(0);
        expect((await collectShard(2, 3)).decodedTokens).toBe(0);
        const out = join(root, 'merged');
        expect((await commandHere('merge', folder, '--out', out)).code).toBe(0);
        expect(readFileSync(activationsPath(out)).equals(readFileSync(activationsPath(whole)))).toBe(true);
        expect(readdirSync(folder).sort()).toEqual(
            [1, 2, 3].map((number) => `activations.shard-${number}-of-3.safetensors`),
        );
        expect(await refusal('merge', whole, '--out', out)).toContain(
            'whole: no shard files; run collect or deactivate with --shard first',
        );
        expect(await refusal('merge', activationsPath(whole), '--out', out)).toContain(
            'is not a shard but a whole result',
        );
    });

    const many = join(root, 'many');

    it('more of them than there are chunks are as good, in folds', async () => {
        for (let number = 1; number <= 7; number++)
            await collect({ engine, corpus: few, folder: many, folds: 2, shard: { number, total: 7 } });
        await collect({ engine, corpus: few, folder: join(root, 'whole of few'), folds: 2 });
        const out = join(root, 'merged many');
        expect((await commandHere('merge', many, '--out', out)).code).toBe(0);
        expect(
            readFileSync(activationsPath(out)).equals(readFileSync(activationsPath(join(root, 'whole of few')))),
        ).toBe(true);
    });

    it('twice, or of other work, is refused in one line', async () => {
        const twice = join(root, 'twice');
        mkdirSync(twice);
        copyFileSync(activationsPath(folder, { number: 2, total: 3 }), activationsPath(twice, { number: 2, total: 3 }));
        expect(await refusal('merge', folder, twice, '--out', join(root, 'x'))).toMatch(
            /^language-neurons: the shards cannot be merged: shard 2 of 3 is given twice, in .*; leave one out\n$/,
        );
        const other = join(root, 'other');
        await collect({
            engine,
            corpus: await openCorpus('udhr:1-1', { languages: ['en', 'de'] }),
            folder: other,
            shard: { number: 1, total: 3 },
        });
        expect(
            await refusal('merge', other, activationsPath(folder, { number: 2, total: 3 }), '--out', join(root, 'x')),
        ).toMatch(/differ in texts udhr:1-1 .* and udhr:1-6/);
        expect(
            await refusal(
                'merge',
                activationsPath(many, { number: 1, total: 7 }),
                activationsPath(folder, { number: 2, total: 3 }),
                '--out',
                join(root, 'x'),
            ),
        ).toMatch(/is of 3 shards, .* of 7/);
    });

    it('by the command line, with its place from the environment', async () => {
        const out = join(root, 'cli');
        const env = {
            ...process.env,
            SLURM_ARRAY_TASK_ID: '5',
            SLURM_ARRAY_TASK_MIN: '4',
            SLURM_ARRAY_TASK_COUNT: '2',
            SLURM_ARRAY_TASK_STEP: '1',
        };
        const { stdout } = await run(
            process.execPath,
            [
                resolve('dist/cli.js'),
                'collect',
                '--model',
                layer,
                '--gpu',
                'off',
                '--data',
                'udhr:1-2',
                '-l',
                'en,de',
                '--out',
                out,
                '--shard',
                'auto',
            ],
            { env },
        );
        expect(stdout).toContain('activations.shard-2-of-2.safetensors');
        expect(
            await refusal(
                'collect',
                '--model',
                layer,
                '--data',
                'udhr:1-2',
                '-l',
                'en,de',
                '--out',
                out,
                '--shard',
                '3/2',
            ),
        ).toContain('there is no shard 3 of 2');
        expect(
            await refusal(
                'collect',
                '--model',
                layer,
                '--data',
                'udhr:1-2',
                '-l',
                'en,de',
                '--out',
                out,
                '--shard',
                '1/2',
                '--fresh',
            ),
        ).toContain('remove');
    });
});

describe('a place', () => {
    it.each([
        ['2/8', {}, { number: 2, total: 8 }],
        [
            'auto',
            { SLURM_ARRAY_TASK_ID: '0', SLURM_ARRAY_TASK_MIN: '0', SLURM_ARRAY_TASK_COUNT: '3' },
            { number: 1, total: 3 },
        ],
        [
            'auto',
            {
                SLURM_ARRAY_TASK_ID: '7',
                SLURM_ARRAY_TASK_MIN: '1',
                SLURM_ARRAY_TASK_STEP: '3',
                SLURM_ARRAY_TASK_COUNT: '4',
            },
            { number: 3, total: 4 },
        ],
        ['auto/64', { JOB_COMPLETION_INDEX: '63' }, { number: 64, total: 64 }],
        ['auto/4', { PARALLEL_SEQ: '4' }, { number: 4, total: 4 }],
    ])('%s', (text, environment, shard) => expect(parseShard(text, environment)).toEqual(shard));

    it.each([
        ['0/4', {}, 'there is no shard 0 of 4; they are counted from 1'],
        ['2', {}, 'give a number and how many there are, such as 2/8, or auto'],
        [
            'auto',
            {},
            'none of SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX, PARALLEL_SEQ is set; give a number, such as 1/8',
        ],
        [
            'auto',
            { JOB_COMPLETION_INDEX: '1' },
            'JOB_COMPLETION_INDEX does not say how many there are; give auto/8 for eight',
        ],
        ['auto/2', { PARALLEL_SEQ: '3' }, 'there is no shard 3 of 2; they are counted from 1'],
        [
            'auto',
            { SLURM_ARRAY_TASK_ID: 'x', SLURM_ARRAY_TASK_COUNT: '2' },
            'SLURM_ARRAY_TASK_ID is x, which is no place among 2',
        ],
        ['1/0', {}, 'there can be 1 to 10000 shards, not 0'],
    ])('%s is refused', (text, environment, why) =>
        expect(() => parseShard(text, environment)).toThrow(`\`shard: ${text}\`: ${why}`),
    );
});
