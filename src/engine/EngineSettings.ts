import type { NativeSplit } from './addon.js';
import type { EngineOptions } from './engineTypes.js';
import type { LoadedBackends } from './loadBackends.js';

/**
 * What of an engine's options shapes its results beside model and adapters: part of every key. Threads, edits
 * held and ways of counting change nothing; the KV cache's size only what is generated.
 */
export type EngineSettings = {
    /** The backend, and how many RPC servers: what stands behind an address is not known, and may move. */
    readonly device: string;
    /** Tokens of a batch that was asked for. */
    readonly batch: number;
    /** Most tokens of one text. */
    readonly window: number;
    /** Bins of each neuron's histogram, where activations are added up too. */
    readonly values?: number;
    /** On devices: layers asked for, or `auto`, and how the model is spread. */
    readonly gpuLayers?: number | 'auto';
    readonly split?: NativeSplit;
    readonly mainGpu?: number;
    /** Where there are any. */
    readonly cpuExperts?: number;
};

export function engineSettings(
    { gpuLayers, split = 'layer', mainGpu = 0, cpuExperts = 0, values = false }: EngineOptions,
    { name: device, gpus, addon }: LoadedBackends,
    batch: number,
    window: number,
): EngineSettings {
    const common = { device, batch, window, ...(values ? { values: addon.binEdges().length } : {}) };
    if (gpus.length === 0) return common;
    return {
        ...common,
        gpuLayers: gpuLayers ?? 'auto',
        split,
        mainGpu,
        ...(cpuExperts > 0 ? { cpuExperts } : {}),
    };
}
