import { totalmem } from 'node:os';
import { stat } from 'node:fs/promises';
import { LanguageNeuronsError } from '../errors.js';
import type { NativeDevice } from './addon.js';

/** Bytes on the GPUs, and in the machine's own memory. */
export interface Split {
    readonly gpu: number;
    readonly cpu: number;
}

/** What a model takes with so many layers on the GPU. */
export interface MemoryNeeds {
    readonly weights: Split;
    /** KV cache, compute buffers and outputs. */
    readonly context: Split;
    /** Counters and masks. */
    readonly adapter: Split;
}

export interface MemoryPlan extends MemoryNeeds {
    /** Layers on the GPU, the output head counted as one. */
    readonly gpuLayers: number;
    readonly totalLayers: number;
    /** Tokens of a batch: smaller than asked for where that brings all layers onto the GPU, or the model into memory at all. */
    readonly batchSize: number;
    readonly available: Split;
}

export interface MemorySizes {
    readonly contextSize: number;
    readonly batchSize: number;
    /** Smallest batch that is worth trying. Default: `batchSize`. */
    readonly leastBatchSize?: number;
    readonly masks: number;
    /** Layers that the user wants on the GPU. Default: as many as fit. */
    readonly gpuLayers?: number | undefined;
}

/** Left free on each GPU, for the driver and what is not counted. */
const gpuMargin = 0.06;
const mostGpuMargin = 1024 ** 3;

/**
 * Decides how many layers go to the GPUs, from node-llama-cpp's estimates and the adapter's own needs.
 * @param memory bytes that the machine has
 * @throws LanguageNeuronsError OUT_OF_MEMORY, with the numbers, where the model fits in no way
 */
export async function planMemory(path: string, devices: readonly NativeDevice[], sizes: MemorySizes, memory = machineMemory()): Promise<MemoryPlan> {
    const { GgufInsights, readGgufFileInfo } = await import('node-llama-cpp'); // heavy
    const info = await readGgufFileInfo(path, { logWarnings: false, sourceType: 'filesystem' });
    const insights = await GgufInsights.from(info);
    const widths = neuronWidths(info.architectureMetadata as Metadata);
    const { contextSize, batchSize, masks, leastBatchSize = batchSize } = sizes;
    const needs = (gpuLayers: number, batchSize: number): MemoryNeeds => {
        const of = ({ gpuVram, cpuRam }: { gpuVram: number; cpuRam: number }): Split => ({ gpu: gpuVram, cpu: cpuRam });
        const adapter = splitLayers(widths.map((width) => 4 * width * (1 + masks)), gpuLayers, insights.totalLayers, devices.some(({ kind }) => kind === 'gpu'));
        return {
            weights: of(insights.estimateModelResourceRequirements({ gpuLayers })),
            // One sequence of all cells: they are shared by all sequences.
            context: of(insights.estimateContextResourceRequirements({ contextSize, modelGpuLayers: gpuLayers, batchSize, sequences: 1 })),
            adapter,
        };
    };
    return choosePlan(path, insights.totalLayers, needs, { gpu: freeOnGpus(devices), cpu: memory }, halvings(batchSize, leastBatchSize), sizes.gpuLayers);
}

/**
 * As many layers on the GPU as fit there, the rest in the machine's own memory.
 * @param batchSizes to choose from, the one asked for first
 * @param asked layers that the user wants on the GPU
 */
export function choosePlan(
    path: string, totalLayers: number, needs: (gpuLayers: number, batchSize: number) => MemoryNeeds, available: Split,
    batchSizes: readonly number[], asked?: number,
): MemoryPlan {
    const planOf = (gpuLayers: number, batchSize: number): MemoryPlan => ({ ...needs(gpuLayers, batchSize), gpuLayers, totalLayers, batchSize, available });
    const fits = (plan: MemoryPlan): boolean => total(plan).gpu <= available.gpu && total(plan).cpu <= available.cpu;
    const mostLayers = (batchSize: number): MemoryPlan | undefined => {
        for (let gpuLayers = available.gpu > 0 ? totalLayers : 0; gpuLayers >= 0; gpuLayers--) {
            const plan = planOf(gpuLayers, batchSize);
            if (fits(plan)) return plan;
        }
        return undefined;
    };
    if (asked !== undefined) return planOf(asked < 0 ? totalLayers : Math.min(asked, totalLayers), batchSizes[0]!);
    // A smaller batch costs less than a layer that is not on the GPU.
    const plans = batchSizes.map(mostLayers);
    const found = plans.find((plan) => plan?.gpuLayers === totalLayers) ?? plans.find((plan) => plan !== undefined);
    if (found !== undefined) return found;
    const least = batchSizes.at(-1)!;
    const [whole, none] = [total(needs(totalLayers, least)), total(needs(0, least))];
    throw new LanguageNeuronsError(
        'OUT_OF_MEMORY',
        `${path}: takes ${mebibytes(none.cpu)} in memory or ${mebibytes(whole.gpu)} on the GPU; there are ${mebibytes(available.cpu)} and ${mebibytes(available.gpu)}; use a smaller quantization, context or batch`,
    );
}

/** Everything together. */
export function total({ weights, context, adapter }: MemoryNeeds): Split {
    return { gpu: weights.gpu + context.gpu + adapter.gpu, cpu: weights.cpu + context.cpu + adapter.cpu };
}

/** A plan in one line. */
export function describePlan(plan: MemoryPlan): string {
    const { gpu, cpu } = total(plan);
    return `${plan.gpuLayers} of ${plan.totalLayers} layers on the GPU, batches of ${plan.batchSize} tokens: ${mebibytes(gpu)} of ${mebibytes(plan.available.gpu)} there, ${mebibytes(cpu)} of ${mebibytes(plan.available.cpu)} in memory (estimates)`;
}

/**
 * Refuses a model whose weights alone are larger than the machine's memory: it would be read from disk for every batch.
 * @throws LanguageNeuronsError OUT_OF_MEMORY with the numbers
 */
export async function checkWeightsFit(path: string): Promise<void> {
    const [{ size }, available] = [await stat(path), machineMemory()];
    if (size > available) {
        throw new LanguageNeuronsError('OUT_OF_MEMORY', `${path}: is ${mebibytes(size)} large, the machine has ${mebibytes(available)} of memory; use a smaller quantization`);
    }
}

function freeOnGpus(devices: readonly NativeDevice[]): number {
    const free = ({ freeBytes, totalBytes }: NativeDevice): number => Math.max(0, freeBytes - Math.min(mostGpuMargin, gpuMargin * totalBytes));
    return devices.filter(({ kind }) => kind === 'gpu').reduce((sum, device) => sum + free(device), 0);
}

/** A container may have less than the machine. */
function machineMemory(): number {
    const limit = process.constrainedMemory();
    return limit > 0 && limit < totalmem() ? limit : totalmem();
}

interface Metadata {
    readonly block_count?: number;
    readonly feed_forward_length?: number | readonly number[];
}

/** Neurons of each layer, as the file says. */
function neuronWidths({ block_count: layers = 0, feed_forward_length: width = 0 }: Metadata): number[] {
    return typeof width === 'number' ? new Array<number>(layers).fill(width) : [...width];
}

/** llama.cpp puts the last layers on the GPU, and the head first of all; the adapter counts the others there too. */
function splitLayers(bytes: readonly number[], gpuLayers: number, totalLayers: number, gpu: boolean): Split {
    const sum = (list: readonly number[]): number => list.reduce((all, one) => all + one, 0);
    const first = Math.max(0, totalLayers - gpuLayers);
    return { gpu: gpu ? sum(bytes) : 0, cpu: sum(bytes.slice(0, first)) };
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
