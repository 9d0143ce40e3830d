import { closeSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { modelHead, shapes } from '../../scripts/synthetic/model.mjs';
import type { NativeContextOptions, NativeDevice, NativeMemory } from '../../src/engine/native/addon.js';
import type { GpuChoice } from '../../src/engine/types/engineTypes.js';
import { loadBackends } from '../../src/engine/native/loadBackends.js';
import { describePlan, type PlannedModel, planMemory, totalNeeds } from '../../src/engine/loading/planMemory.js';
import { commandHere } from '../helpers/commandHere.js';
import { gpusUnderTest } from '../helpers/gpu.js';
import { writeGraniteHybrid, writeJamba, writeLfm2, writePlamo2 } from '../helpers/hybridModels.js';
import { embeddedModel } from '../helpers/models.js';
import { openNative, smallContext } from '../helpers/native.js';
import { processorHas } from '../helpers/processorHas.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

const gibibyte = 1024 ** 3;
const layers = 'rarra';
const width = 96;
const hybrids = { lfm2: writeLfm2, jamba: writeJamba, granitehybrid: writeGraniteHybrid, plamo2: writePlamo2 };
const context: NativeContextOptions = { ...smallContext, contextSize: 1024, batchSize: 128, sequences: 16, edits: 3 };

/** Of each site a counter and edits, F32 a neuron, and a mark a token of the batch. */
function adapterBytes(
    sites: number,
    neurons: number,
    { batchSize, edits }: Pick<NativeContextOptions, 'batchSize' | 'edits'>,
): number {
    return sites * 4 * (neurons * (1 + edits) + batchSize);
}

async function planned(path: string, gpu: GpuChoice = 'off'): Promise<PlannedModel> {
    const { addon, gpus } = await loadBackends(gpu);
    return { addon, devices: gpus.map(({ name }) => name), path, split: 'layer', mainGpu: 0, cpuExperts: 0 };
}

/** What the model would take, and what it takes once it is there. */
async function measuredAndReal(path: string): Promise<{ measured: NativeMemory; real: NativeMemory }> {
    const { addon, ...model } = await planned(path);
    const measured = await addon.measureMemory({ ...model, gpuLayers: 0, loras: [] }, context);
    const loaded = await openNative(path);
    try {
        const opened = await loaded.createContext(context);
        const real = await opened.memory();
        opened.close();
        return { measured, real };
    } finally {
        loaded.close();
    }
}

it('watched neurons need a value for each token of a batch', async () => {
    const { addon, ...model } = await planned(embeddedModel);
    const adapterOf = async (watched?: Int32Array): Promise<number> =>
        (await addon.measureMemory({ ...model, gpuLayers: 0, loras: [] }, { ...context, watched })).adapter.cpu;
    const watched = Int32Array.from({ length: 2 * 512 }, (_, i) => (i % 2 === 0 ? 3 : i >> 1));
    const more = (await adapterOf(watched)) - (await adapterOf());
    expect(more).toBeGreaterThanOrEqual(512 * 128 * 4);
    expect(more).toBeLessThan(512 * 128 * 4 + 512 * 8 + 4096); // and which ones they are
});

beforeAll(() => {
    for (const [name, write] of Object.entries(hybrids)) write(at(`${name}.gguf`), layers, width);
});

describe('what a model would take is what it takes', () => {
    it.each(['lfm2', 'jamba', 'granitehybrid', 'plamo2'])('%s, attention and recurrent layers', async (name) => {
        const { measured, real } = await measuredAndReal(at(`${name}.gguf`));
        expect(measured.layers).toBe(layers.length + 1);
        expect(measured.adapter).toEqual({ gpu: 0, cpu: adapterBytes(layers.length, width, context) });
        expect(real.adapter).toEqual(measured.adapter);
        expect(real.context).toEqual(measured.context);
        expect(measured.weights.gpu).toBe(0);
        // A file's tensors are mapped whole, with their padding.
        expect(Math.abs(real.weights.cpu - measured.weights.cpu) / measured.weights.cpu).toBeLessThan(0.05);
        expect(measured.weights.cpu).toBeLessThan(statSync(at(`${name}.gguf`)).size);
    });

    it('the embedded model', async () => {
        const { measured, real } = await measuredAndReal(embeddedModel);
        expect(measured.layers).toBe(7);
        expect(measured.adapter).toEqual({ gpu: 0, cpu: adapterBytes(6, 1024, context) });
        expect(real.context).toEqual(measured.context);
        // With AMX, ggml keeps weights in an order of its own; what is mapped of the file is counted whole beside it.
        const mapped = processorHas('amx_int8') ? statSync(embeddedModel).size : 0;
        expect(real.weights.cpu).toBeGreaterThan(0.95 * measured.weights.cpu);
        expect(real.weights.cpu).toBeLessThan(1.05 * measured.weights.cpu + mapped);
    });

    it('recurrent states grow with the sequences, keys and values with the context', async () => {
        const { addon, ...model } = await planned(at('jamba.gguf'));
        const contextOf = async (more: Partial<NativeContextOptions>): Promise<number> =>
            (await addon.measureMemory({ ...model, gpuLayers: 0, loras: [] }, { ...context, ...more })).context.cpu;
        const least = await contextOf({});
        expect(await contextOf({ sequences: 32 })).toBeGreaterThan(least);
        // Two attention layers: K and V of 32 values in F16 for each cell.
        expect((await contextOf({ contextSize: 2048 })) - least).toBeGreaterThanOrEqual(1024 * 2 * 2 * 32 * 2);
    });
});

describe('a plan on the CPU', () => {
    it.each(Object.keys(hybrids))('inspect tells it of %s, without NaN', async (name) => {
        const text = await commandHere('inspect', at(`${name}.gguf`), '--gpu', 'off');
        expect(text.code, text.stderr).toBe(0);
        expect(text.stdout).not.toContain('NaN');
        expect(text.stdout).toMatch(/memory: 0 of 6 layers on the GPU, .* \d+ MiB of \d+ MiB in memory/);
        const json = JSON.parse(
            (await commandHere('inspect', at(`${name}.gguf`), '--gpu', 'off', '--json')).stdout,
        ) as {
            memory: { plan: NativeMemory };
        };
        for (const part of ['weights', 'context', 'adapter'] as const)
            expect(json.memory.plan[part].cpu).toBeGreaterThan(0);
    });

    it('refuses what is larger than the machine, with the numbers', async () => {
        const sizes = { contextSize: 1024, batchSize: 128, edits: 1 };
        await expect(planMemory(await planned(at('jamba.gguf')), [], sizes, 10_000)).rejects.toMatchObject({
            code: 'OUT_OF_MEMORY',
            message: expect.stringMatching(/jamba\.gguf: needs \d+ MiB of memory; 1 MiB and 0 MiB are free/),
        });
    });

    it('of a file that is no model says what loading it says', async () => {
        await expect(
            planMemory(await planned(import.meta.filename), [], { contextSize: 1024, batchSize: 128, edits: 1 }),
        ).rejects.toMatchObject({ code: 'DAMAGED', message: expect.stringContaining('memoryPlan.test.ts') });
    });
});

/** A file with a true head and no weights: nothing but the head is read. */
function writeHead(path: string): number {
    const { head, bytes } = modelHead(shapes['8b'], 'q4_k_m');
    const file = openSync(path, 'w');
    writeSync(file, head);
    ftruncateSync(file, head.length + bytes);
    closeSync(file);
    return bytes;
}

describe('of an 8B model', () => {
    const path = at('8b.gguf');
    const bytes = writeHead(path);
    const sizes = { contextSize: 2560, batchSize: 512, edits: 1 };
    const memory = 64 * gibibyte;

    it('the CPU takes all of it', async () => {
        const plan = await planMemory(await planned(path), [], sizes, memory);
        expect(plan).toMatchObject({ gpuLayers: 0, totalLayers: 33 });
        expect(plan.weights.cpu / bytes).toBeCloseTo(1, 1);
        // Keys and values of 32 layers, 8 heads of 128, in F16.
        expect(plan.context.cpu).toBeGreaterThan(2560 * 32 * 2 * 1024 * 2);
        await expect(planMemory(await planned(path), [], sizes, 2 * gibibyte)).rejects.toMatchObject({
            code: 'OUT_OF_MEMORY',
        });
    });
});

for (const { gpu, absent } of await gpusUnderTest())
    describe.skipIf(absent !== undefined)(`on ${gpu}${absent === undefined ? '' : ` (${absent})`}`, () => {
        const path = at('8b-gpu.gguf');
        const sizes = { contextSize: 2560, batchSize: 512, edits: 1 };
        const memory = 64 * gibibyte;
        const device = (free: number): NativeDevice => ({
            name: 'GPU0',
            description: 'GPU0',
            kind: 'gpu',
            backend: gpu,
            freeBytes: free * gibibyte,
            totalBytes: free * gibibyte,
        });

        it('a small model goes there whole, with its weights, counters and edits', async () => {
            const whole = { contextSize: 1024, batchSize: 512, edits: 11 };
            const plan = await planMemory(await planned(embeddedModel, gpu), [device(2)], whole);
            const adapter = { gpu: adapterBytes(6, 1024, whole), cpu: 0 };
            expect(plan).toMatchObject({ gpuLayers: 7, totalLayers: 7, adapter });
            expect(describePlan(plan)).toMatch(
                /^7 of 7 layers on the GPU, batches of 512 tokens: \d+ MiB of \d+ MiB there/,
            );
        });

        it('an 8B model goes there whole, in part or not', async () => {
            const bytes = writeHead(path);
            const model = await planned(path, gpu);
            const whole = await planMemory(model, [device(24)], sizes, memory);
            expect(whole.gpuLayers).toBe(33);
            expect((whole.weights.gpu + whole.weights.cpu) / bytes).toBeCloseTo(1, 1);
            expect(whole.adapter.cpu).toBe(0);
            const part = await planMemory(model, [device(3)], sizes, memory);
            expect(part.gpuLayers).toBeGreaterThan(5);
            expect(part.gpuLayers).toBeLessThan(30);
            expect(totalNeeds(part).gpu).toBeLessThan(3 * gibibyte);
            // Layers in memory have counters on both.
            expect(part.adapter.gpu).toBe(whole.adapter.gpu);
            expect(part.adapter.cpu).toBeGreaterThan(0);
            await expect(planMemory(model, [device(1)], sizes, 2 * gibibyte)).rejects.toMatchObject({
                code: 'OUT_OF_MEMORY',
                message: expect.stringContaining('8b-gpu.gguf'),
            });
        });
    });
