import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Activations } from '../../../src/activations/Activations.js';
import { writeActivations } from '../../../src/activations/activationsFile.js';
import { check } from '../../../src/checks/runChecks.js';
import { checkedFindings } from '../../../src/checks/checkedFindings.js';
import { identify } from '../../../src/neurons/classes/identify.js';
import { writeNeurons } from '../../../src/neurons/analysis/neuronsFile.js';
import { silent } from '../../../src/support/progress.js';
import { randomGenerator } from '../../../src/support/randomGenerator.js';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { someSource } from '../../helpers/analysed.js';
import { folderOfTest } from '../../helpers/temporaryFolder.js';

const { counts: _, ...source } = someSource;
const [l, width, T] = [4, 2000, 2000];

/** One layer; the first `planted` neurons are one language's, all others active alike everywhere but for chance. */
function counts(planted: number): Activations {
    const generator = randomGenerator(7);
    const count = (rate: number): bigint => BigInt(Math.round(T * rate) + uniformInt(generator, -9, 9));
    const rows = Array.from({ length: width }, (_, row) => {
        const rate = 0.05 + (0.4 * ((row * 7919) % width)) / width;
        return Array.from({ length: l }, (_, k) => {
            if (row < planted) return count(k === row % l ? 0.9 : 0.02);
            return count(rate);
        });
    });
    return {
        languages: ['en', 'de', 'zh', 'fr'],
        source,
        tokens: new BigInt64Array(l).fill(BigInt(T)),
        counts: [BigInt64Array.from(rows.flat())],
    };
}

async function folderOf(activations: Activations, options: Parameters<typeof identify>[1] = {}): Promise<string> {
    const folder = folderOfTest();
    await writeActivations(join(folder, 'activations.safetensors'), activations);
    await writeNeurons(join(folder, 'neurons.json'), identify(activations, options));
    return folder;
}

describe('the check of settings', () => {
    it('holds where neurons are planted, whatever the settings, and says what it rests on', async () => {
        const folder = await folderOf(counts(40), { topRate: 0.02 });
        const [result] = await check(folder, { names: ['settings'] });
        expect(result).toMatchObject({ name: 'settings', verdict: 'holds' });
        expect(result!.numbers.map(({ value }) => value)).toEqual([1, 1, expect.any(Number), 0]);
        expect(result!.table!.rows.length).toBe(27);
        expect(result!.figure).toMatchObject({ form: 'grid', outlined: [[2, 2]] });
    });

    it('does not hold where only chance tells neurons apart', async () => {
        const folder = await folderOf(counts(0), { topRate: 0.02, bar: 0.9 });
        const [result] = await check(folder, { names: ['settings'] });
        expect(['fails', 'doubtful', 'not told']).toContain(result!.verdict);
    });
});

describe('check', () => {
    it('does not compute again what is there, and does where the neurons are others', async () => {
        const activations = counts(40);
        const folder = await folderOf(activations, { topRate: 0.02 });
        const notes: string[] = [];
        const progress = {
            ...{ stage: () => undefined, advance: () => undefined, done: () => undefined },
            note: (line: string) => void notes.push(line),
        };
        const path = join(folder, 'checks/settings.json');
        const first = await check(folder, { names: ['settings'] });
        const { mtimeMs } = statSync(path);
        expect(await check(folder, { names: ['settings'], progress })).toEqual(first);
        expect(notes).toEqual(['settings: already checked']);
        expect(statSync(path).mtimeMs).toBe(mtimeMs);
        expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ format: 'language-neurons/check', version: 1 });

        const analysis = identify(activations, { topRate: 0.01 });
        await writeNeurons(join(folder, 'neurons.json'), analysis);
        expect(await checkedFindings(folder, analysis)).toEqual({ results: [], others: ['checks/settings'] });
        const [second] = await check(folder, { names: ['settings'] });
        expect(second!.key).not.toBe(first[0]!.key);
        expect(await checkedFindings(folder, analysis)).toEqual({ results: [second], others: [] });
    });

    it('took what all its sessions took, those that were stopped too', async () => {
        const folder = await folderOf(counts(40), { topRate: 0.02 });
        const stop = new AbortController();
        const waited = 700;
        const advance = (): void => {
            if (stop.signal.aborted) return;
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waited);
            stop.abort();
        };
        const progress = { ...silent, advance };
        const options = { names: ['chance'], repeats: 3 };
        await expect(check(folder, { ...options, progress, signal: stop.signal })).rejects.toMatchObject({
            code: 'ABORTED',
        });
        const [result] = await check(folder, options);
        expect(1000 * result!.seconds).toBeGreaterThan(waited);
    });

    it('refuses a check that there is not, and neurons of other counts', async () => {
        const folder = await folderOf(counts(40), { topRate: 0.02 });
        await expect(check(folder, { names: ['setings'] })).rejects.toMatchObject({
            code: 'WRONG_USE',
            message: expect.stringContaining('there is no check "setings"; did you mean settings?') as string,
        });
        await writeActivations(join(folder, 'activations.safetensors'), counts(41));
        await expect(check(folder)).rejects.toMatchObject({ code: 'MISMATCH' });
    });

    it('names a file that is damaged', async () => {
        const folder = await folderOf(counts(40));
        mkdirSync(join(folder, 'checks'));
        writeFileSync(join(folder, 'checks/settings.json'), '{');
        await expect(check(folder)).rejects.toMatchObject({
            code: 'DAMAGED',
            message: expect.stringContaining('checks/settings.json: is not the result of a check') as string,
        });
    });
});
