import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeRun } from '../../src/commands/words/describeRun.js';
import { readComparison } from '../../src/experiments/resultFiles/comparisonFile.js';
import { embeddedAdapter } from '../../src/run/embeddedRun.js';
import type { RunConfig } from '../../src/run/RunConfig.js';
import { run, type RunResult } from '../../src/run/run.js';
import { silent } from '../../src/support/progress.js';
import { embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';
import { writeBpe } from '../helpers/vocabularies.js';

const folder = temporaryFolder();

function configOf(models: RunConfig['models'], out: string): RunConfig {
    return {
        ...{ models, out, data: ['udhr:3-6'], evaluation: ['udhr:30-30'], languages: ['en', 'zh'] },
        ...{ gpu: 'off', threads: 1, topRate: 0.2, sets: ['specific+related'], controls: 1, metric: 'bits-per-byte' },
    };
}

describe('a run of several models', () => {
    const out = join(folder, 'versions');
    const config = configOf(
        { plain: embeddedModel, tuned: { model: embeddedModel, loras: [{ path: embeddedAdapter }] } },
        out,
    );
    const steps: string[] = [];
    let result: RunResult;
    beforeAll(async () => {
        result = await run(config, { progress: { ...silent, step: (name) => void steps.push(name) } });
    });

    it('examines each as a run of its own does', async () => {
        const alone = await run({ ...config, models: undefined, model: embeddedModel, out: join(folder, 'alone') });
        const { milliseconds: _, ...analysis } = result.models!.plain!.analysis;
        expect(alone.analysis).toMatchObject(
            JSON.parse(JSON.stringify({ ...analysis, source: alone.analysis.source })) as object,
        );
        expect(result.models!.plain!.matrices[0]!.sets).toEqual(alone.matrices[0]!.sets);
        expect(result.folder).toBe(join(out, 'plain'));
        expect(steps).toEqual([
            ...['read the texts and the model', 'count', 'identify', 'bits per byte'].map((step) => `${step}, plain`),
            ...['read the texts and the model', 'count', 'identify', 'bits per byte'].map((step) => `${step}, tuned`),
            ...['compare', 'report'],
        ]);
    });

    it('compares versions of one model neuron by neuron, and all in a table', async () => {
        const comparison = (await readComparison(out))!;
        expect(comparison.analyses.map(({ label }) => label)).toEqual(['plain', 'tuned']);
        expect(result.comparison).toMatchObject({ languages: ['en', 'zh'] });
        expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('tuned');
        const [head, ...all] = readFileSync(join(out, 'models.csv'), 'utf8').trim().split('\n');
        // A set of the same neurons is there too.
        const rows = all.filter((row) => row.split(',')[4] === 'specific+related');
        expect(head).toMatch(/^model,metric,specific,related,set,row,column,baseline,value,/);
        expect(rows.map((row) => [row.split(',')[0], row.split(',')[6]].join())).toEqual([
            ...['plain,en', 'plain,zh', 'tuned,en', 'tuned,zh'],
        ]);
        const { baseline } = result.models!.tuned!.matrices[0]!.sets['specific+related']!;
        expect(rows.slice(2).map((row) => Number(row.split(',')[7]))).toEqual([...baseline]);
    });

    it('scores whole models alone without sets, in report and table', async () => {
        const without = join(folder, 'whole');
        const { models } = await run({ ...config, sets: [], out: without });
        const rows = readFileSync(join(without, 'models.csv'), 'utf8').trim().split('\n').slice(1);
        const values = rows.map((row) => row.split(',')).map((cells) => [cells[0], cells[6], Number(cells[7])]);
        const whole = ['plain', 'tuned'].flatMap((name) => {
            const { baseline, columns } = result.models![name]!.matrices[0]!.sets['specific+related']!;
            return columns.map((language, i) => [name, language, baseline[i]]);
        });
        expect(values).toEqual(whole);
        expect(models!.plain!.matrices[0]!.sets).toEqual({});
        const page = readFileSync(join(without, 'plain', 'report.html'), 'utf8');
        expect(page).toMatch(
            /No neurons were removed\. The whole model’s bits per byte is \d\S* in en and \d\S* in zh\./,
        );
        expect(describeRun([{ label: 'plain', ...models!.plain! }])).toMatch(/^the whole model:\n/);
    });

    it('counts nothing again when it is done again', async () => {
        const times = (): number[] =>
            ['plain', 'tuned'].map((name) => statSync(join(out, name, 'activations.safetensors')).mtimeMs);
        const before = times();
        await run(config);
        expect(times()).toEqual(before);
    });

    it('of other layers has the table, no comparison, and says why', async () => {
        const other = join(folder, 'tiny.gguf');
        writeBpe(other, 'gpt-2');
        const notes: string[] = [];
        const mixed = configOf({ plain: embeddedModel, tiny: other }, join(folder, 'mixed'));
        const { models, comparison } = await run(mixed, {
            progress: { ...silent, note: (line) => void notes.push(line) },
        });
        expect([Object.keys(models!), comparison]).toEqual([['plain', 'tiny'], undefined]);
        expect(notes).toContain('the models have not the same layers: neurons are not compared one by one');
        expect(existsSync(join(folder, 'mixed', 'comparison.json'))).toBe(false);
        expect(readFileSync(join(folder, 'mixed', 'models.csv'), 'utf8')).toMatch(/^tiny,bits-per-byte,.*,zh,zh,/m);
    });

    it.each<[what: string, settings: Partial<RunConfig>, words: RegExp]>([
        ['a set', { sets: ['experts'] }, /has no experts/],
        ['a neuron', { examples: { neurons: ['L3N7'] } }, /L3N7/],
    ])('is refused before it counts where a later one has not %s', async (what, settings, words) => {
        const later = join(folder, 'later.gguf');
        writeBpe(later, 'gpt-2');
        const out = join(folder, `lacks ${what}`);
        const lacking = { ...configOf({ plain: embeddedModel, tiny: later }, out), ...settings };
        await expect(run(lacking)).rejects.toThrow(words);
        expect(existsSync(join(out, 'plain', 'activations.safetensors'))).toBe(false);
    });

    it('is refused before it counts where one cannot be opened', async () => {
        const broken = configOf({ plain: embeddedModel, gone: join(folder, 'gone.gguf') }, join(folder, 'broken'));
        await expect(run(broken)).rejects.toMatchObject({ code: 'NOT_FOUND' });
        expect(existsSync(join(folder, 'broken', 'plain', 'activations.safetensors'))).toBe(false);
    });

    it('is refused before it counts where one has not the vocabulary of the reference', async () => {
        const foreign = join(folder, 'foreign.gguf');
        writeBpe(foreign, 'gpt-2');
        const out = join(folder, 'reference');
        const several = { ...configOf({ plain: embeddedModel, foreign }, out), metric: 'kl', reference: embeddedModel };
        await expect(run(several)).rejects.toMatchObject({
            code: 'MISMATCH',
            message: expect.stringMatching(
                /foreign\.gguf: its vocabulary is not that of the reference .* tokens, not /,
            ),
        });
        expect(existsSync(join(out, 'plain', 'activations.safetensors'))).toBe(false);
        const alone = { ...several, models: undefined, model: foreign };
        await expect(run(alone)).rejects.toMatchObject({ code: 'MISMATCH' });
        expect(existsSync(join(out, 'activations.safetensors'))).toBe(false);
    });
});
