import { constants } from 'node:buffer';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backendReason } from '../../../src/engine/native/backendReason.js';
import type { MemoryNeeds } from '../../../src/engine/types/MemoryPlan.js';
import {
    checkWatchedFit,
    checkWeightsFit,
    choosePlan,
    describePlan,
    totalNeeds,
} from '../../../src/engine/loading/planMemory.js';
import { temporaryFolder } from '../../helpers/temporaryFolder.js';

const folder = temporaryFolder();

describe('a memory plan', () => {
    const sync =
        (layers: number) =>
        (gpuLayers: number): MemoryNeeds => ({
            weights: { gpu: 10 * gpuLayers, cpu: 10 * (layers - gpuLayers) },
            context: { gpu: gpuLayers > 0 ? 5 : 0, cpu: 3 },
            adapter: { gpu: gpuLayers, cpu: layers - gpuLayers },
        });
    const needs =
        (layers: number) =>
        (gpuLayers: number): Promise<MemoryNeeds> =>
            Promise.resolve(sync(layers)(gpuLayers));

    it('puts as many layers on the GPU as fit, and what is left in memory', async () => {
        await fc.assert(
            fc.asyncProperty(
                fc.integer({ min: 1, max: 40 }),
                fc.nat(500),
                fc.nat(500),
                async (layers, onGpu, inMemory) => {
                    const fits = (n: number): boolean => {
                        const { gpu, cpu } = totalNeeds(sync(layers)(n));
                        return gpu <= onGpu && cpu <= inMemory && (n === 0 || onGpu > 0);
                    };
                    const best = Array.from({ length: layers + 1 }, (_, n) => layers - n).find(fits);
                    const plan = choosePlan('m.gguf', layers, needs(layers), { gpu: onGpu, cpu: inMemory }, [512]);
                    if (best !== undefined) {
                        expect((await plan).gpuLayers).toBe(best);
                        return;
                    }
                    const message =
                        onGpu > 0
                            ? /^m\.gguf: needs \d+ MiB of memory or \d+ MiB on the GPU; \d+ MiB and \d+ MiB are free/
                            : /^m\.gguf: needs \d+ MiB of memory; \d+ MiB and \d+ MiB are free/;
                    await expect(plan).rejects.toMatchObject({
                        code: 'OUT_OF_MEMORY',
                        message: expect.stringMatching(message),
                    });
                },
            ),
        );
    });

    it('makes the batch smaller where that brings all layers onto the GPU, and not otherwise', async () => {
        const withBatch = async (gpuLayers: number, batchSize: number): Promise<MemoryNeeds> => ({
            ...sync(10)(gpuLayers),
            context: { gpu: batchSize / 10, cpu: 0 },
        });
        const plan = (gpu: number): ReturnType<typeof choosePlan> =>
            choosePlan('m', 10, withBatch, { gpu, cpu: 1000 }, [512, 256, 128]);
        expect(await plan(200)).toMatchObject({ gpuLayers: 10, batchSize: 512 });
        expect(await plan(140)).toMatchObject({ gpuLayers: 10, batchSize: 256 });
        expect(await plan(125)).toMatchObject({ gpuLayers: 10, batchSize: 128 });
        expect(await plan(120)).toMatchObject({ gpuLayers: 6, batchSize: 512 });
        expect(await plan(40)).toMatchObject({ gpuLayers: 1, batchSize: 256 });
    });

    it('keeps what the user asked for, and says itself in a line', async () => {
        const available = { gpu: 0, cpu: 0 };
        expect((await choosePlan('m', 10, needs(10), available, [512, 256], 4)).gpuLayers).toBe(4);
        expect((await choosePlan('m', 10, needs(10), available, [512], 99)).gpuLayers).toBe(10);
        const all = await choosePlan('m', 10, needs(10), available, [512], -1);
        expect(describePlan(all)).toMatch(
            /^10 of 10 layers on the GPU, batches of 512 tokens: 1 MiB of 0 MiB there, 1 MiB of 0 MiB in memory/,
        );
    });

    it('asks for few measurements', async () => {
        let asked = 0;
        const counted = (gpuLayers: number): Promise<MemoryNeeds> => {
            asked++;
            return needs(80)(gpuLayers);
        };
        await choosePlan('m', 80, counted, { gpu: 10_000, cpu: 10_000 }, [512, 256, 128]);
        expect(asked).toBe(1);
        await choosePlan('m', 80, counted, { gpu: 500, cpu: 10_000 }, [512, 256, 128]);
        expect(asked).toBeLessThan(1 + 3 + 1 + 8); // whole at three sizes, none, then by halves
    });
});

describe('a model in several files', () => {
    const part = (i: number): string => join(folder, `big-0000${i}-of-00003.gguf`);
    for (const i of [1, 2, 3]) writeFileSync(part(i), new Uint8Array(1000 * i));

    it('is as large as all of them', async () => {
        const files = [1, 2, 3].map(part);
        await checkWeightsFit(files, 6000);
        await expect(checkWeightsFit(files, 5999)).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' });
    });

    it('and one file by itself', async () => {
        const path = join(folder, 'one.gguf');
        writeFileSync(path, new Uint8Array(1000));
        await checkWeightsFit([path], 1000);
        await expect(checkWeightsFit([path], 999)).rejects.toMatchObject({
            code: 'OUT_OF_MEMORY',
            message: expect.stringContaining('one.gguf'),
        });
    });
});

describe('watched neurons', () => {
    it('are as many as a batch of their values fits into memory four times', () => {
        const available = 4 * 1000 * 512 * 4;
        checkWatchedFit(1000, 512, available);
        checkWatchedFit(2000, 256, available);
        expect(() => checkWatchedFit(1001, 512, available)).toThrow(
            expect.objectContaining({
                code: 'OUT_OF_MEMORY',
                message: expect.stringMatching(/^1001 watched neurons need 8 MiB .*there is space for 1000 neurons/),
            }),
        );
    });

    it('are no more than one array holds, whatever the memory', () => {
        checkWatchedFit(constants.MAX_LENGTH / 4, 1, Infinity);
        expect(() => checkWatchedFit(constants.MAX_LENGTH / 4 + 1, 1, Infinity)).toThrow('watch fewer at a time');
    });
});

describe('why a backend is not used', () => {
    it.each([
        [
            'load_backend: failed to load /x/libggml-cuda.so: libcublas.so.13: ' +
                'cannot open shared object file: No such file or directory',
            ['libcublas.so.13', 'cuBLAS'],
        ],
        [
            'load_backend: failed to load /x/libggml-cuda.so: libcuda.so.1: cannot open shared object file: ' +
                'No such file or directory',
            ['libcuda.so.1', 'NVIDIA driver'],
        ],
        [
            'load_backend: failed to load /x/libggml-vulkan.so: libvulkan.so.1: ' +
                'cannot open shared object file: No such file or directory',
            ['libvulkan.so.1', 'apt-get install libvulkan1'],
        ],
        [
            'load_backend: failed to load /x/libggml-vulkan.so: libfoo.so.2: cannot open shared object file: ' +
                'No such file or directory',
            ['libfoo.so.2 is missing'],
        ],
        ['something else', ['something else']],
    ])('%s', (errors, words) => {
        const reason = backendReason(errors);
        for (const word of words) expect(reason).toContain(word);
        expect(reason).not.toContain('\n');
    });
});
