import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { NativeDevice } from '../../../src/engine/addon.js';
import { backendReason } from '../../../src/engine/backendReason.js';
import { choosePlan, describePlan, type MemoryNeeds, planMemory, total } from '../../../src/engine/planMemory.js';
import { embeddedModel } from '../../helpers/models.js';
import { modelHead, shapes } from '../../../scripts/synthetic/model.mjs';

const folder = mkdtempSync(join(tmpdir(), 'language-neurons-'));
afterAll(() => rmSync(folder, { recursive: true }));
const gibibyte = 1024 ** 3;
const gpu = (free: number, name = 'GPU0'): NativeDevice => ({ name, description: name, kind: 'gpu', backend: 'CUDA', freeBytes: free * gibibyte, totalBytes: free * gibibyte });

describe('a memory plan', () => {
    const needs = (layers: number) => (gpuLayers: number): MemoryNeeds => ({
        weights: { gpu: 10 * gpuLayers, cpu: 10 * (layers - gpuLayers) }, context: { gpu: gpuLayers > 0 ? 5 : 0, cpu: 3 }, adapter: { gpu: gpuLayers, cpu: layers - gpuLayers },
    });

    it('puts as many layers on the GPU as fit, and what is left in memory', () => {
        fc.assert(fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(500), fc.nat(500), (layers, onGpu, inMemory) => {
            const fits = (n: number): boolean => total(needs(layers)(n)).gpu <= onGpu && total(needs(layers)(n)).cpu <= inMemory && (n === 0 || onGpu > 0);
            const best = Array.from({ length: layers + 1 }, (_, n) => layers - n).find(fits);
            const plan = (): number => choosePlan('m.gguf', layers, needs(layers), { gpu: onGpu, cpu: inMemory }, [512]).gpuLayers;
            if (best === undefined) expect(plan).toThrow(expect.objectContaining({ code: 'OUT_OF_MEMORY', message: expect.stringMatching(/^m\.gguf: takes \d+ MiB in memory or \d+ MiB on the GPU; there are/) }));
            else expect(plan()).toBe(best);
        }));
    });

    it('makes the batch smaller where that brings all layers onto the GPU, and not otherwise', () => {
        const withBatch = (gpuLayers: number, batchSize: number): MemoryNeeds => ({ ...needs(10)(gpuLayers), context: { gpu: batchSize / 10, cpu: 0 } });
        const plan = (gpu: number): Record<string, unknown> => ({ ...choosePlan('m', 10, withBatch, { gpu, cpu: 1000 }, [512, 256, 128]) });
        expect(plan(200)).toMatchObject({ gpuLayers: 10, batchSize: 512 });
        expect(plan(140)).toMatchObject({ gpuLayers: 10, batchSize: 256 });
        expect(plan(125)).toMatchObject({ gpuLayers: 10, batchSize: 128 });
        expect(plan(120)).toMatchObject({ gpuLayers: 6, batchSize: 512 });
        expect(plan(40)).toMatchObject({ gpuLayers: 1, batchSize: 256 });
    });

    it('keeps what the user asked for', () => {
        const available = { gpu: 0, cpu: 0 };
        expect(choosePlan('m', 10, needs(10), available, [512, 256], 4).gpuLayers).toBe(4);
        expect(choosePlan('m', 10, needs(10), available, [512], 99).gpuLayers).toBe(10);
        expect(choosePlan('m', 10, needs(10), available, [512], -1).gpuLayers).toBe(10);
    });

    it('of a small model takes it whole, with its weights, counters and masks', async () => {
        const plan = await planMemory(embeddedModel, [gpu(2)], { contextSize: 1024, batchSize: 512, masks: 11 });
        expect(plan).toMatchObject({ gpuLayers: 7, totalLayers: 7 });
        expect(plan.adapter).toEqual({ gpu: 6 * 1024 * 4 * 12, cpu: 0 });
        expect(plan.weights.gpu / 1024 ** 2).toBeCloseTo(2.9, 1); // 0.03 off
        expect(describePlan(plan)).toMatch(/^7 of 7 layers on the GPU, batches of 512 tokens: \d+ MiB of \d+ MiB there/);
    });

    it('of an 8B model splits it over GPU and memory, over two GPUs, or refuses it', async () => {
        // A file with a true head and no weights: nothing but the head is read.
        const path = join(folder, '8b.gguf');
        const { head, bytes } = modelHead(shapes['8b'], 'q4_k_m');
        const file = openSync(path, 'w');
        writeSync(file, head);
        ftruncateSync(file, head.length + bytes);
        closeSync(file);
        const sizes = { contextSize: 2560, batchSize: 512, masks: 1 };
        const memory = 64 * gibibyte;
        const whole = await planMemory(path, [gpu(24)], sizes, memory);
        expect(whole.gpuLayers).toBe(33);
        expect(whole.weights.gpu + whole.weights.cpu).toBe(bytes);
        const part = await planMemory(path, [gpu(2.5)], sizes, memory);
        expect(part.gpuLayers).toBeGreaterThan(5);
        expect(part.gpuLayers).toBeLessThan(30);
        expect(total(part).gpu).toBeLessThan(2.5 * gibibyte);
        // Layers in memory have counters on both.
        expect(part.adapter.gpu).toBe(whole.adapter.gpu);
        expect(part.adapter.cpu).toBeGreaterThan(0);
        expect(whole.adapter.cpu).toBe(0);
        const two = await planMemory(path, [gpu(2.5), gpu(2.5, 'GPU1')], sizes, memory);
        expect(two.gpuLayers).toBeGreaterThan(1.6 * part.gpuLayers);
        expect((await planMemory(path, [], sizes, memory)).gpuLayers).toBe(0);
        await expect(planMemory(path, [gpu(1)], sizes, 2 * gibibyte)).rejects.toMatchObject({ code: 'OUT_OF_MEMORY', message: expect.stringContaining('8b.gguf') });
    });
});

describe('why a backend is not used', () => {
    it.each([
        ['load_backend: failed to load /x/libggml-cuda.so: libcublas.so.13: cannot open shared object file: No such file or directory', ['libcublas.so.13', 'cuBLAS']],
        ['load_backend: failed to load /x/libggml-cuda.so: libcuda.so.1: cannot open shared object file: No such file or directory', ['libcuda.so.1', 'NVIDIA driver']],
        ['load_backend: failed to load /x/libggml-vulkan.so: libvulkan.so.1: cannot open shared object file: No such file or directory', ['libvulkan.so.1', 'apt-get install libvulkan1']],
        ['load_backend: failed to load /x/libggml-vulkan.so: libfoo.so.2: cannot open shared object file: No such file or directory', ['libfoo.so.2 is missing']],
        ['something else', ['something else']],
    ])('%s', (errors, words) => {
        const reason = backendReason(errors);
        for (const word of words) expect(reason).toContain(word);
        expect(reason).not.toContain('\n');
    });
});
