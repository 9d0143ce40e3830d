import type { EngineOptions } from './engineTypes.js';

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
    readonly split?: NonNullable<EngineOptions['split']>;
    readonly mainGpu?: number;
    /** Where there are any. */
    readonly cpuExperts?: number;
};

/** What settings depend on besides options: the backend's name, its GPUs, the bins of a histogram. */
interface Device {
    readonly name: string;
    readonly gpus: readonly unknown[];
    readonly bins: number;
}

export function engineSettings(
    { gpuLayers, split = 'layer', mainGpu = 0, cpuExperts = 0, values = false }: EngineOptions,
    { name: device, gpus, bins }: Device,
    batch: number,
    window: number,
): EngineSettings {
    const common = { device, batch, window, ...(values ? { values: bins } : {}) };
    if (gpus.length === 0) return common;
    return {
        ...common,
        gpuLayers: gpuLayers ?? 'auto',
        split,
        mainGpu,
        ...(cpuExperts > 0 ? { cpuExperts } : {}),
    };
}
