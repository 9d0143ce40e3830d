/** Bytes on the GPUs, and in the machine's own memory. */
export interface MemoryBytes {
    readonly gpu: number;
    readonly cpu: number;
}

/** The memory that a model needs with a number of layers on the GPU. */
export interface MemoryNeeds {
    readonly weights: MemoryBytes;
    /** KV cache, recurrent states, compute buffers and outputs. */
    readonly context: MemoryBytes;
    /** Counters and edits. */
    readonly adapter: MemoryBytes;
}

/** Where a model is placed, and the memory that this needs. */
export interface MemoryPlan extends MemoryNeeds {
    /** Layers on the GPU, the output head counted as one. */
    readonly gpuLayers: number;
    readonly totalLayers: number;
    /**
     * Tokens of a batch: smaller than asked for where that brings all layers onto the GPU, or the model into memory at
     * all.
     */
    readonly batchSize: number;
    readonly available: MemoryBytes;
}
