import { constants } from 'node:buffer';
import { stat } from 'node:fs/promises';
import { LanguageNeuronsError } from '../../errors.js';
import { sum } from '../../support/averages.js';
import { machineMemory } from '../../support/machineMemory.js';
import type { NativeAddon, NativeDevice, NativeMemory, NativeModelOptions } from '../native/addon.js';
import type { MemoryBytes, MemoryNeeds, MemoryPlan } from '../types/MemoryPlan.js';
import { awaitNative } from '../native/nativeError.js';

export interface MemorySizes {
    readonly contextSize: number;
    readonly batchSize: number;
    /** Smallest batch that is worth trying. Default: `batchSize`. */
    readonly leastBatchSize?: number;
    readonly edits: number;
    /** Theirs too. Default false. */
    readonly offsets?: boolean;
    /** Sums and histograms of activations too. Default false. */
    readonly values?: boolean;
    /** Neurons whose activations are kept, as pairs of site and index. Default: none. */
    readonly watched?: Int32Array | undefined;
    /** No memory for logits and scores. Default false. */
    readonly countOnly?: boolean | undefined;
    /** Layers that the user wants on the GPU. Default: as many as fit. */
    readonly gpuLayers?: number | undefined;
}

/** Left free on each GPU, for the driver and what is not counted. */
const gpuMargin = 0.06;
const mostGpuMargin = 1024 ** 3;

/** Most sequences at once: a batch of short sentences; llama.cpp allows 256. */
export const maxSequences = 64;

/** The model whose memory is planned: what it is loaded with, but for the layers on the GPU. */
export interface PlannedModel extends Omit<NativeModelOptions, 'gpuLayers' | 'loras'> {
    readonly addon: NativeAddon;
}

/**
 * Decides how many layers go to the GPUs. What the model takes is measured: llama.cpp builds the model and a
 * context with the adapter for a number of layers, allocates none of it and tells the sizes. LoRA adapters are
 * left out.
 * @param devices GPUs to use, with what is free on them
 * @param memory bytes that the machine has
 * @throws LanguageNeuronsError OUT_OF_MEMORY, with the numbers, where the model fits in no way; DAMAGED and
 * UNSUPPORTED as loading it
 */
export async function planMemory(
    { addon, ...model }: PlannedModel,
    devices: readonly NativeDevice[],
    sizes: MemorySizes,
    memory = machineMemory(),
): Promise<MemoryPlan> {
    const { contextSize, batchSize, edits, offsets = false, values = false, countOnly = false, watched } = sizes;
    const { leastBatchSize = batchSize } = sizes;
    const sequences = Math.min(maxSequences, batchSize);
    const measured = new Map<string, Promise<NativeMemory>>();
    const needs = (gpuLayers: number, batch: number): Promise<NativeMemory> => {
        const key = `${gpuLayers} ${batch}`;
        const known =
            measured.get(key) ??
            awaitNative(() =>
                addon.measureMemory(
                    { ...model, gpuLayers, loras: [] },
                    {
                        contextSize,
                        streams: false,
                        batchSize: batch,
                        sequences,
                        threads: 1,
                        counting: 'automatic',
                        countOnly,
                        edits,
                        offsets,
                        values,
                        watched,
                        callbackTensor: '',
                    },
                ),
            );
        measured.set(key, known);
        return known;
    };
    const available = { gpu: freeOnGpus(devices), cpu: memory };
    const { layers } = await needs(0, batchSize);
    return choosePlan(model.path, layers, needs, available, halvings(batchSize, leastBatchSize), sizes.gpuLayers);
}

/**
 * As many layers on the GPU as fit there, the rest in the machine's own memory.
 * @param needs asked as seldom as can be: each answer is a measurement. More layers never take less of the GPU.
 * @param batchSizes to choose from, the one asked for first
 * @param asked layers that the user wants on the GPU
 */
export async function choosePlan(
    path: string,
    totalLayers: number,
    needs: (gpuLayers: number, batchSize: number) => Promise<MemoryNeeds>,
    available: MemoryBytes,
    batchSizes: readonly number[],
    asked?: number,
): Promise<MemoryPlan> {
    const planOf = async (gpuLayers: number, batchSize: number): Promise<MemoryPlan> => {
        const { weights, context, adapter } = await needs(gpuLayers, batchSize);
        return { weights, context, adapter, gpuLayers, totalLayers, batchSize, available };
    };
    const fitsGpu = (plan: MemoryPlan): boolean => totalNeeds(plan).gpu <= available.gpu;
    const fits = (plan: MemoryPlan): boolean => fitsGpu(plan) && totalNeeds(plan).cpu <= available.cpu;
    if (asked !== undefined) return planOf(asked < 0 ? totalLayers : Math.min(asked, totalLayers), batchSizes[0]!);
    if (available.gpu > 0) {
        // A smaller batch costs less than a layer that is not on the GPU.
        for (const batchSize of batchSizes) {
            const whole = await planOf(totalLayers, batchSize);
            if (fits(whole)) return whole;
        }
    }
    for (const batchSize of batchSizes) {
        let [most, tooMany] = [await planOf(0, batchSize), available.gpu > 0 ? totalLayers + 1 : 1];
        while (tooMany - most.gpuLayers > 1) {
            const middle = await planOf(Math.floor((most.gpuLayers + tooMany) / 2), batchSize);
            if (fitsGpu(middle)) most = middle;
            else tooMany = middle.gpuLayers;
        }
        if (fits(most)) return most;
    }
    const least = batchSizes.at(-1)!;
    const none = totalNeeds(await needs(0, least));
    const whole =
        available.gpu > 0 ? ` or ${mebibytes(totalNeeds(await needs(totalLayers, least)).gpu)} on the GPU` : '';
    throw new LanguageNeuronsError(
        'OUT_OF_MEMORY',
        `${path}: needs ${mebibytes(none.cpu)} of memory${whole}; ${mebibytes(available.cpu)} and ` +
            `${mebibytes(available.gpu)} are free; use a smaller quantization, context or batch`,
    );
}

/** Everything together. */
export function totalNeeds({ weights, context, adapter }: MemoryNeeds): MemoryBytes {
    return { gpu: weights.gpu + context.gpu + adapter.gpu, cpu: weights.cpu + context.cpu + adapter.cpu };
}

/**
 * A plan in one line.
 * @param place what the devices are
 */
export function describePlan(plan: MemoryPlan, place = 'the GPU'): string {
    const { gpu, cpu } = totalNeeds(plan);
    return (
        `${plan.gpuLayers} of ${plan.totalLayers} layers on ${place}, batches of ${plan.batchSize} tokens: ` +
        `${mebibytes(gpu)} of ${mebibytes(plan.available.gpu)} there, ` +
        `${mebibytes(cpu)} of ${mebibytes(plan.available.cpu)} in memory (estimates)`
    );
}

/**
 * Refuses a model whose weights alone are larger than the machine's memory: it would be read from disk for every
 * batch.
 * @param files all of the model
 * @param available bytes that the machine has
 * @throws LanguageNeuronsError OUT_OF_MEMORY with the numbers
 */
export async function checkWeightsFit(files: readonly string[], available = machineMemory()): Promise<void> {
    // One that is gone meanwhile is for the loader to name.
    const sizes = await Promise.all(
        files.map((file) =>
            stat(file).then(
                ({ size }) => size,
                () => 0,
            ),
        ),
    );
    const size = sum(sizes);
    if (size > available) {
        throw new LanguageNeuronsError(
            'OUT_OF_MEMORY',
            `${files[0]!}: has ${mebibytes(size)}, but the machine has only ${mebibytes(available)} of memory; ` +
                'use a smaller quantization',
        );
    }
}

/** Of a batch's watched values: on the device, as they come off it, in the order of the neurons, and the engine's. */
const watchedCopies = 4;

/**
 * Refuses more watched neurons than the machine's memory holds a batch of.
 * @param available bytes that the machine has
 * @throws LanguageNeuronsError OUT_OF_MEMORY with the numbers
 */
export function checkWatchedFit(neurons: number, batchSize: number, available = machineMemory()): void {
    const values = neurons * batchSize * Float32Array.BYTES_PER_ELEMENT;
    const most = Math.min(available / watchedCopies, constants.MAX_LENGTH);
    if (values <= most) return;
    throw new LanguageNeuronsError(
        'OUT_OF_MEMORY',
        `${neurons} watched neurons need ${mebibytes(watchedCopies * values)} for a batch of ${batchSize} tokens; ` +
            `there is space for ${Math.floor(most / (batchSize * Float32Array.BYTES_PER_ELEMENT))} neurons; ` +
            'watch fewer at a time, or lower `batchSize`',
    );
}

function freeOnGpus(devices: readonly NativeDevice[]): number {
    const free = ({ freeBytes, totalBytes }: NativeDevice): number =>
        Math.max(0, freeBytes - Math.min(mostGpuMargin, gpuMargin * totalBytes));
    return sum(
        devices.filter(({ kind }) => kind === 'gpu'),
        free,
    );
}

/** A batch size and its halves, down to the least. */
function halvings(batchSize: number, least: number): number[] {
    const sizes = [batchSize];
    while (Math.floor(sizes.at(-1)! / 2) >= least) sizes.push(Math.floor(sizes.at(-1)! / 2));
    return sizes;
}

function mebibytes(bytes: number): string {
    return `${Math.ceil(bytes / 1024 ** 2)} MiB`;
}
