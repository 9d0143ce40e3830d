import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Activations } from '../../src/activations/Activations.js';
import { readActivations } from '../../src/activations/activationsFile.js';
import type { Sample } from '../../src/corpus/Corpus.js';
import type { CountResult } from '../../src/engine/types/engineTypes.js';
import type { AffineEdit, TextEdit } from '../../src/engine/types/edits.js';
import { MeasuredEngine } from '../helpers/MeasuredEngine.js';
import type { DeactivateResult } from '../../src/experiments/deactivate.js';
import { embeddedCollectTexts } from '../../src/run/embeddedRun.js';
import { commandHere } from '../helpers/commandHere.js';
import { writeFirstLayer } from '../helpers/firstLayer.js';
import { maskOf } from '../helpers/maskOf.js';
import { embeddedModel } from '../helpers/models.js';
import { flippedShare, udhrSamples } from '../helpers/texts.js';
import { gpusUnderTest } from '../helpers/gpu.js';
import { writeUpcycled } from '../helpers/upcycled.js';
import { writeUnquantized } from '../helpers/unquantized.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const gpus = await gpusUnderTest();
const folder = temporaryFolder();
/** For tests to which further layers, computed by the same kernels, add nothing but time. */
const layer = await writeFirstLayer(join(folder, 'layer.gguf'));

/**
 * Most signs that may differ between the software device and the CPU: its matrix products round to F16
 * where the CPU rounds inputs to 8 bits. Measured: 1.0e-5 on the embedded model, whose gates keep away from zero.
 */
const differingDevices = 1e-4;

/** The first third of some texts: each more tokens than a batch. */
async function shortSamples(languages: readonly string[]): Promise<Sample[]> {
    const samples = await udhrSamples(languages, '29-29');
    return samples.map((sample) => ({ ...sample, response: sample.response.slice(0, sample.response.length / 3) }));
}

for (const { gpu, absent } of gpus)
    describe.skipIf(absent !== undefined)(
        `on a device of ${gpu}${absent === undefined ? '' : ` (skipped: ${absent})`}`,
        () => {
            // The software device is slow; a few short texts are enough to cross every kernel.
            const options = { model: embeddedModel, gpu, batchSize: 64 } as const;

            describe('counts as the eval callback does on the same device, integer for integer:', () => {
                let samples: Sample[];
                let reference: CountResult;
                beforeAll(async () => {
                    samples = await shortSamples(['en', 'zh']);
                    using callback = await MeasuredEngine.open({ ...options, callbackTensor: 'ffn_gate' });
                    reference = await callback.count(samples);
                }, 600_000);

                it.each(['automatic', 'repeat', 'transpose'] as const)('%s', async (counting) => {
                    using adapter = await MeasuredEngine.open({ ...options, counting });
                    expect(adapter.sites.every((site) => site.counting !== 'fused')).toBe(true);
                    const own = await adapter.count(samples);
                    expect(own.counts).toEqual(reference.counts);
                    expect(own.counts.some((layer) => layer.some((count) => count > 0n && count < own.tokens))).toBe(
                        true,
                    );
                });
            });

            it('agrees with the CPU but for signs near zero, and adds no split to the graph', async () => {
                const samples = await shortSamples(['en', 'zh']);
                const [device, host] = [
                    await MeasuredEngine.open(options),
                    await MeasuredEngine.open({ ...options, gpu: 'off' }),
                ];
                try {
                    const [there, here] = [await device.count(samples), await host.count(samples)];
                    expect(there.tokens).toBe(here.tokens);
                    const share = flippedShare(there.counts, here.counts, here.tokens);
                    console.log(`${gpu} against CPU: ${share.toExponential(1)} of the signs differ`);
                    expect(share).toBeLessThan(differingDevices);

                    const plain = { count: false, edit: false, edits: false, add: false, head: 'logits' } as const;
                    const splits = await device.graphSplits(plain);
                    expect(await device.graphSplits({ ...plain, count: true })).toBe(splits);
                    expect(await device.graphSplits({ ...plain, edit: true })).toBe(splits);
                    expect(await device.graphSplits({ ...plain, edits: true })).toBe(splits);
                    expect(await device.graphSplits({ ...plain, head: 'scores' })).toBe(splits);
                } finally {
                    device.close();
                    host.close();
                }
            });

            // Moving the compute buffers on a mode change makes lavapipe 22.3 use the old ones after they are freed.
            it('counts, scores and edits in turn on one engine, each time the same', async () => {
                const samples = await shortSamples(['en']);
                const engine = await MeasuredEngine.open({ ...options, model: layer });
                try {
                    const widths = engine.sites.map(({ width }) => width);
                    const edit = maskOf(
                        widths.map((_, i) => [i, 0] as const),
                        widths,
                    );
                    const round = async () => [
                        await engine.count(samples),
                        await engine.score(samples),
                        await engine.score(samples, { edit }),
                    ];
                    const first = await round();
                    expect(await round()).toEqual(first);
                    await engine.graphSplits({ count: true, edit: true, edits: false, add: false, head: 'scores' });
                    expect(await round()).toEqual(first);
                } finally {
                    engine.close();
                }
            });

            it('scores and edits as the CPU does', async () => {
                const samples = await shortSamples(['en']);
                const model = await writeUnquantized(embeddedModel, join(folder, 'unquantized.gguf'));
                const [device, host] = [
                    await MeasuredEngine.open({ ...options, model }),
                    await MeasuredEngine.open({ ...options, model, gpu: 'off' }),
                ];
                try {
                    const edit = maskOf(
                        device.sites.flatMap(({ width }, i) =>
                            Array.from({ length: width / 4 }, (_, j) => [i, 4 * j] as const),
                        ),
                        device.sites.map(({ width }) => width),
                    );
                    const raised: AffineEdit = {
                        factors: edit.map((site) => Float32Array.from(site, (one) => 1 - one / 2)),
                        offsets: edit.map((site) => Float32Array.from(site, (one) => one / 4)),
                    };
                    const behind: TextEdit = {
                        edits: [undefined, raised],
                        at: (position: number) => (position < 9 ? 0 : 1),
                    };
                    const scores = new Set<number>();
                    for (const choice of [{}, { edit }, { edit: raised }, { edit: behind }]) {
                        const [there, here] = [await device.score(samples, choice), await host.score(samples, choice)];
                        expect(there.tokens).toBe(here.tokens);
                        expect(Math.abs(there.logProbability / here.logProbability - 1)).toBeLessThan(1e-3);
                        scores.add(Math.round(there.logProbability));
                    }
                    expect(scores.size).toBe(4);
                } finally {
                    device.close();
                    host.close();
                }
            });

            it('adds up activations as the CPU does, and counts every 16th token of a batch by bins', async () => {
                const whole = { ...options, batchSize: 128 };
                const samples = await udhrSamples(['en'], '28-29');
                const model = await writeUnquantized(embeddedModel, join(folder, 'unquantized.gguf'));
                const [device, host] = [
                    await MeasuredEngine.open({ ...whole, model, values: true }),
                    await MeasuredEngine.open({ ...whole, model, values: true, gpu: 'off' }),
                ];
                try {
                    const [there, here] = [await device.count(samples), await host.count(samples)];
                    expect(there.tokens).toBe(here.tokens);
                    let furthest = 0;
                    for (const [i, site] of there.sums.entries()) {
                        for (const [j, sum] of site.entries()) {
                            const difference = Number(sum - here.sums[i]![j]!) / 2 ** 20 / Number(there.tokens);
                            furthest = Math.max(furthest, Math.abs(difference));
                        }
                        const bins = there.histograms[i]!.subarray(0, 64).reduce((sum, n) => sum + n, 0);
                        expect(bins).toBeGreaterThan(Number(there.tokens) / 32);
                        expect(bins).toBeLessThan(Number(there.tokens) / 8);
                    }
                    console.log(
                        `${gpu} against CPU: means of activations differ by up to ${furthest.toExponential(1)}`,
                    );
                    expect(furthest).toBeLessThan(1e-3);
                } finally {
                    device.close();
                    host.close();
                }
            });

            it('watches neurons as the CPU does, and adds no split to the graph', async () => {
                const samples = await shortSamples(['en']);
                const model = await writeUnquantized(embeddedModel, join(folder, 'unquantized.gguf'));
                const valuesOf = async (engine: MeasuredEngine): Promise<number[]> => {
                    const neurons = engine.sites.flatMap((_, site) => [900, 7, 64].map((j) => [site, j] as const));
                    const values: number[] = [];
                    for await (const text of engine.watch(samples, { neurons })) values.push(...text.values);
                    return values;
                };
                const [device, host] = [
                    await MeasuredEngine.open({ ...options, model }),
                    await MeasuredEngine.open({ ...options, model, gpu: 'off' }),
                ];
                try {
                    const [there, here] = [await valuesOf(device), await valuesOf(host)];
                    const furthest = here.reduce((most, value, i) => Math.max(most, Math.abs(value - there[i]!)), 0);
                    console.log(`${gpu} against CPU: activations differ by up to ${furthest.toExponential(1)}`);
                    expect(there.length).toBe(here.length);
                    expect(furthest).toBeLessThan(1e-3);
                    const largest = here.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
                    expect(largest).toBeGreaterThan(0.02);
                    const plain = { count: false, edit: false, edits: false, add: false, head: 'logits' } as const;
                    expect(await device.graphSplits({ ...plain, watch: true })).toBe(await device.graphSplits(plain));
                } finally {
                    device.close();
                    host.close();
                }
            });

            it('does the whole way from the command line, as the CPU does', async () => {
                const texts = join(folder, `${gpu}-texts`);
                mkdirSync(texts);
                for (const language of ['en', 'zh']) {
                    const lines = readFileSync(join(embeddedCollectTexts, `${language}.txt`), 'utf8')
                        .split('\n')
                        .slice(0, 1)
                        .join('\n');
                    writeFileSync(join(texts, `${language}.txt`), lines);
                }
                const json = async (...args: string[]): Promise<unknown> => {
                    const { code, stdout, stderr } = await commandHere(...args, '--json');
                    expect(code, stderr).toBe(0);
                    return JSON.parse(stdout) as unknown;
                };
                const runs: Record<string, { activations: Activations; matrix: DeactivateResult }> = {};
                for (const choice of ['off', gpu]) {
                    const dir = join(folder, `${gpu}-run-${choice}`);
                    const model = ['--model', layer, '--gpu', choice];
                    await json('collect', ...model, '--data', texts, '--out', dir);
                    await json('identify', dir, '--top-rate', '0.1');
                    const matrix = (await json(
                        'deactivate',
                        dir,
                        ...model,
                        '--data',
                        texts,
                        '--sets',
                        'specific',
                        '--controls',
                        '1',
                    )) as DeactivateResult;
                    runs[choice] = { activations: await readActivations(dir), matrix };
                }
                const [there, here] = [runs[gpu]!, runs.off!];
                expect(there.activations.source.versions.backend).toContain(gpu);
                expect(there.activations.tokens).toEqual(here.activations.tokens);
                const tokens = there.activations.tokens.reduce((sum, n) => sum + n, 0n);
                // Columns of all languages in one array: the mean over them of what one language may flip.
                expect(flippedShare(there.activations.counts, here.activations.counts, tokens) * 2).toBeLessThan(
                    2 * differingDevices,
                );
                for (const [c, value] of there.matrix.sets.specific!.baseline.entries())
                    expect(value / here.matrix.sets.specific!.baseline[c]!).toBeCloseTo(1, 2);
            });

            it('says at start where the model goes, and puts less there where told to', async () => {
                const [all, some] = [
                    await MeasuredEngine.open(options),
                    await MeasuredEngine.open({ ...options, gpuLayers: 3 }),
                ];
                try {
                    expect(all.plan).toMatchObject({ gpuLayers: 7, totalLayers: 7 });
                    expect(all.notes).toEqual([
                        expect.stringContaining('7 of 7 layers on the GPU, batches of 64 tokens'),
                    ]);
                    expect(some.plan).toMatchObject({ gpuLayers: 3 });
                    // Counters live with their layers.
                    const ways = some.sites.map(({ counting }) => counting);
                    expect(ways.filter((way) => way === 'fused').length).toBeGreaterThan(0);
                    expect(ways.filter((way) => way !== 'fused').length).toBeGreaterThan(0);
                    const samples = await shortSamples(['en']);
                    const [whole, split] = [await all.count(samples), await some.count(samples)];
                    expect(flippedShare(whole.counts, split.counts, whole.tokens)).toBeLessThan(differingDevices);
                    const plain = { count: false, edit: false, edits: false, add: false, head: 'logits' } as const;
                    const full = { ...plain, count: true, edit: true, head: 'scores' } as const;
                    expect(await some.graphSplits(full)).toBe(await some.graphSplits(plain));
                } finally {
                    all.close();
                    some.close();
                }
            });

            it('counts experts where they are: on the device, or some layers of them in memory beside it', async () => {
                const model = await writeUpcycled(embeddedModel, join(folder, 'experts.gguf'), 8);
                const opened = { ...options, model, cpuExperts: 3 };
                const [beside, host] = [
                    await MeasuredEngine.open(opened),
                    await MeasuredEngine.open({ ...opened, gpu: 'off' }),
                ];
                const callback = await MeasuredEngine.open({ ...opened, callbackTensor: '*' });
                try {
                    expect(beside.sites.map(({ counting }) => counting)).toEqual([
                        'fused',
                        'fused',
                        'fused',
                        'one-hot',
                        'one-hot',
                        'one-hot',
                    ]);
                    const samples = await shortSamples(['en']);
                    const [split, here, reference] = [
                        await beside.count(samples),
                        await host.count(samples),
                        await callback.count(samples),
                    ];
                    expect([split.counts, split.routed]).toEqual([reference.counts, reference.routed]);
                    const share = flippedShare(split.counts, here.counts, here.tokens);
                    console.log(`${gpu} against CPU, experts: ${share.toExponential(1)} of the signs differ`);
                    expect(share).toBeLessThan(differingDevices);
                    const plain = { count: false, edit: false, edits: false, add: false, head: 'logits' } as const;
                    const full = { ...plain, count: true, edit: true, head: 'scores' } as const;
                    expect(await beside.graphSplits(full)).toBe(await beside.graphSplits(plain));
                } finally {
                    for (const engine of [beside, host, callback]) engine.close();
                }
            });
        },
    );
