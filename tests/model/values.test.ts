import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readActivations, activationsPath } from '../../src/activations/activationsFile.js';
import { type ActivationValues, readValues } from '../../src/activations/ActivationValues.js';
import { collect } from '../../src/activations/collect.js';
import { openCorpus } from '../../src/data/openCorpus.js';
import type { CountResult } from '../../src/engine/types/engineTypes.js';
import { Engine } from '../../src/engine/Engine.js';
import { MeasuredEngine, type MeasuredOptions } from '../helpers/MeasuredEngine.js';
import type { SizedContext } from '../../src/engine/loading/SizedContext.js';
import { denseSites } from '../../src/engine/types/Site.js';
import { compileInterventions } from '../../src/interventions/compile.js';
import type { Intervention } from '../../src/interventions/Intervention.js';
import { merge } from '../../src/run/merge.js';
import { commandHere } from '../helpers/commandHere.js';
import { fillRow } from '../helpers/fillRow.js';
import { writeFirstLayer } from '../helpers/firstLayer.js';
import { embeddedModel } from '../helpers/models.js';
import { writeWidths } from '../helpers/syntheticModels.js';
import { udhrSamples } from '../helpers/texts.js';
import { writeUpcycled } from '../helpers/upcycled.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();

async function count(options: Partial<MeasuredOptions> = {}): Promise<CountResult> {
    const engine = await MeasuredEngine.open({ model: embeddedModel, gpu: 'off', values: true, ...options });
    try {
        return await engine.count(await udhrSamples(['en', 'zh'], '28-29'));
    } finally {
        engine.close();
    }
}

/** Of one site's sums, in activations a token. */
function furthest({ sums: a, tokens }: CountResult, { sums: b }: Pick<CountResult, 'sums'>): number {
    let most = 0n;
    for (const [i, site] of a.entries()) {
        for (const [j, sum] of site.entries()) {
            const difference = sum - b[i]![j]!;
            most = difference > most ? difference : -difference > most ? -difference : most;
        }
    }
    return Number(most) / 2 ** 20 / Number(tokens);
}

describe('values of activations', () => {
    let fused: CountResult;
    beforeAll(async () => {
        fused = await count();
    });

    it('leave the counts as they are', async () => {
        const plain = await count({ values: false });
        expect(fused.counts).toEqual(plain.counts);
        expect([plain.sums, plain.histograms]).toEqual([[], []]);
    });

    it.each(['repeat', 'transpose'] as const)('are summed alike by %s, in its own operations', async (counting) => {
        const other = await count({ counting });
        expect(other.counts).toEqual(fused.counts);
        expect(furthest(fused, other)).toBeLessThan(1e-6);
        expect(furthest(fused, { sums: fused.sums.map((site) => site.map(() => 0n)) })).toBeGreaterThan(0.1);
    });

    it('are spread over the bins: all counted tokens on the CPU, the positive ones where they were counted', () => {
        for (const [i, histogram] of fused.histograms.entries()) {
            for (let j = 0; j < histogram.length / 64; j++) {
                const bins = histogram.subarray(64 * j, 64 * (j + 1));
                const above = bins.subarray(16).reduce((sum, n) => sum + n, 0);
                const near = bins[15]!;
                expect(bins.reduce((sum, n) => sum + n, 0)).toBe(Number(fused.tokens));
                expect(Number(fused.counts[i]![j])).toBeGreaterThanOrEqual(above);
                expect(Number(fused.counts[i]![j])).toBeLessThanOrEqual(above + near);
            }
        }
    });

    it('of every 16th token of a batch are in the same bins by its own operations', async () => {
        // Of a batch of 17 tokens the first and the last are looked at; alone, all sixteen of them are.
        const tokens = Int32Array.from({ length: 17 }, (_, i) => 20 + i);
        const binsOf = async (options: Partial<MeasuredOptions>): Promise<Uint32Array[]> => {
            const engine = await MeasuredEngine.open({ model: embeddedModel, gpu: 'off', values: true, ...options });
            try {
                const lead = engine.info.bos >= 0 ? 1 : 0;
                const text = { tokens: tokens.subarray(lead), promptLength: 15, characters: 0 };
                return (await engine.count([text])).histograms;
            } finally {
                engine.close();
            }
        };
        const sampled = await binsOf({ counting: 'repeat' });
        const all = await binsOf({});
        for (const [i, histogram] of sampled.entries()) {
            const found = histogram.reduce((sum, n) => sum + n, 0);
            expect(found).toBeLessThanOrEqual(all[i]!.reduce((sum, n) => sum + n, 0));
            for (const [bin, n] of histogram.entries()) expect(n).toBeLessThanOrEqual(all[i]![bin]!);
        }
    });

    it('of copied experts add up to the dense ones, once for each that a token went through', async () => {
        const path = join(folder, 'experts.gguf');
        await writeUpcycled(embeddedModel, path, 8);
        const [routed, oneHot] = [await count({ model: path }), await count({ model: path, counting: 'repeat' })];
        expect(routed.histograms.every(({ length }) => length === 0)).toBe(true);
        expect(furthest(routed, oneHot)).toBeLessThan(1e-5);
        const folded = routed.sums.map((site) =>
            BigInt64Array.from({ length: 1024 }, (_, j) => {
                let over = 0n;
                for (let expert = 0; expert < 8; expert++) over += site[expert * 1024 + j]!;
                return over / 2n;
            }),
        );
        expect(furthest(fused, { sums: folded })).toBeLessThan(0.01);
    });

    it('too large to add up fail the count by their layer, and leave nothing behind for the next', async () => {
        const path = join(folder, 'infinite.gguf');
        writeWidths(path, [64, 64]);
        for (const tensor of ['blk.0.ffn_gate.weight', 'blk.0.ffn_up.weight']) await fillRow(path, tensor, 9, 1e30);
        const open = (): Promise<Engine> => Engine.open({ model: path, gpu: 'off', windowSize: 64, values: true });
        const countOf = (engine: Engine, token: number): Promise<CountResult> =>
            engine.count([{ tokens: Int32Array.of(token), promptLength: 0, characters: 0 }]);
        // The neuron is off after one token and far beyond all bounds after another.
        const [off, beyond]: [number[], number[]] = [[], []];
        for (let token = 3; token < 15; token++) {
            using engine = await open();
            await countOf(engine, token).then(
                () => off.push(token),
                () => beyond.push(token),
            );
        }
        using alone = await open();
        const { sums } = await countOf(alone, off[0]!);
        using engine = await open();
        await expect(countOf(engine, beyond[0]!)).rejects.toMatchObject({
            code: 'NATIVE',
            message: expect.stringContaining('activations of layer 0 are infinite or larger') as string,
        });
        expect((await countOf(engine, off[0]!)).sums).toEqual(sums);
    });

    it('are refused where the context has no room for them', async () => {
        const engine = await Engine.open({ model: embeddedModel, gpu: 'off', countOnly: true });
        const { passes } = engine as unknown as { passes: { context: SizedContext } };
        const mode = { count: true, values: true, edit: false, edits: false, add: false, head: 'none' } as const;
        await expect(passes.context.native.setMode(mode)).rejects.toThrow('the context holds no values');
        engine.close();
    });
});

describe('collect --values', () => {
    const whole = join(folder, 'whole');
    let values: ActivationValues;
    beforeAll(async () => {
        const common = ['--model', embeddedModel, '--gpu', 'off', '--data', 'udhr:1-8', '--languages', 'en,zh,de'];
        await commandHere('collect', ...common, '--out', join(folder, 'plain'), '--folds', '2');
        await commandHere('collect', ...common, '--out', whole, '--folds', '2');
        const again = await commandHere('collect', ...common, '--out', whole, '--folds', '2', '--values', '--json');
        expect(JSON.parse(again.stdout)).toMatchObject({ decodedTokens: expect.any(Number) as number });
        expect((JSON.parse(again.stdout) as { decodedTokens: number }).decodedTokens).toBeGreaterThan(0);
        values = await readValues(whole);
    });

    it('adds values to finished counts, which stay the same', async () => {
        const [with_, plain] = [await readActivations(whole), await readActivations(join(folder, 'plain'))];
        expect(with_.counts).toEqual(plain.counts);
        expect(with_.values).toBeUndefined();
        await expect(readValues(join(folder, 'plain'))).rejects.toMatchObject({
            code: 'NOT_FOUND',
            message: `${join(folder, 'plain')}: its counts hold no values; collect with \`values\` first`,
        });
    });

    it('finds them there the next time', async () => {
        const args = ['--model', embeddedModel, '--gpu', 'off', '--data', 'udhr:1-8', '--languages', 'en,zh,de'];
        const { stdout } = await commandHere('collect', ...args, '--out', whole, '--folds', '2', '--values', '--json');
        expect(JSON.parse(stdout)).toMatchObject({ decodedTokens: 0 });
        const plain = await commandHere('collect', ...args, '--out', whole, '--folds', '2', '--json');
        expect(JSON.parse(plain.stdout)).toMatchObject({ decodedTokens: 0 });
        expect((await readValues(whole)).languages).toEqual(['en', 'zh', 'de']);
    });

    it('in shards, merged, gives the bytes of a run without', async () => {
        const model = await writeFirstLayer(join(folder, 'layer.gguf'));
        const engine = await Engine.open({ model, gpu: 'off', countOnly: true, values: true });
        const few = await openCorpus('udhr:1-6', { languages: ['en', 'de'] });
        const corpus = {
            name: few.name,
            languages: few.languages,
            sources: few.sources,
            async *samples(language: string) {
                for (let again = 0; again < 100; again++) yield* few.samples(language);
            },
        };
        const [one, shards, merged] = ['one', 'shards', 'merged'].map((name) => join(folder, name)) as [
            string,
            string,
            string,
        ];
        await collect({ engine, corpus, folder: one });
        for (const number of [2, 1]) await collect({ engine, corpus, folder: shards, shard: { number, total: 2 } });
        engine.close();
        await merge([shards], { folder: merged });
        expect(readFileSync(activationsPath(merged)).equals(readFileSync(activationsPath(one)))).toBe(true);
    });

    it('gives interventions their means, percentiles and differences', async () => {
        const neurons = [0, 100, 900].map((index) => [3, index] as const);
        const [en, zh, de] = [0, 1, 2].map((k) => neurons.map(([site, index]) => values.mean(site, index, k))) as [
            number[],
            number[],
            number[],
        ];
        const offsets = (intervention: Omit<Intervention, 'neurons'>): number[] => {
            const edit = compileInterventions([{ ...intervention, neurons }], { sites: values.sites, values });
            if (edit === undefined || !('factors' in edit)) throw new Error('one edit for all tokens');
            return neurons.map(([site, index]) => edit.offsets![site]![index]!);
        };
        const near = (found: number[], wanted: number[]): void =>
            found.forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 5));
        near(offsets({ op: 'replace', value: 'mean:zh' }), zh);
        near(
            offsets({ op: 'add', value: 'mean:de', strength: 2 }),
            de.map((mean) => 2 * mean),
        );
        near(
            offsets({ op: 'diffmean', value: 'mean:en' }),
            en.map((mean, i) => mean - (zh[i]! + de[i]!) / 2),
        );
        near(
            offsets({ op: 'replace', value: 'p90:en' }),
            neurons.map(([site, index]) => values.percentile(site, index, 90, 0)),
        );
        expect(Math.max(...zh.map((mean, i) => Math.abs(mean - en[i]!)))).toBeGreaterThan(1e-3);
        expect(() => offsets({ op: 'diffmean' })).toThrow('neurons that are named without a language need a value');
        expect(() => offsets({ op: 'scale', value: 'mean:zh' })).toThrow('its value must be a number');
        expect(() => offsets({ op: 'add', value: 'mean:sw' })).toThrow('no values of sw were collected');
        expect(() => compileInterventions([{ neurons, op: 'add', value: 'mean' }], { sites: values.sites })).toThrow(
            'its value mean was not collected; collect with `values` first',
        );
        expect(() => compileInterventions([{ neurons, op: 'zero' }], { sites: denseSites([3]), values })).toThrow(
            /neuron|model/,
        );
    });
});
