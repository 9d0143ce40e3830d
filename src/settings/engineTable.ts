import { mostTokens, mostWhole, type NumberRange } from '../support/numberRanges.js';
import { inGroup, type ShapedResult } from './Setting.js';

const fromZero = { whole: true, least: 0, most: mostWhole } as const satisfies NumberRange;
export const contextTokens = { whole: true, least: 2, most: mostTokens } as const satisfies NumberRange;

/** All that the model computes. */
export const computed = ['counts', 'cells', 'answers'] as const satisfies readonly ShapedResult[];

/** Of everything that opens a model: the command line, `run`, `EngineOptions`. */
export const engineTable = inGroup('Devices and memory', {
    /** `auto`: the best backend that loads. */
    gpu: {
        choices: ['auto', 'off', 'cuda', 'vulkan', 'metal'],
        default: 'auto',
        describe: 'GPU backend',
        shapes: computed,
        identity: 'device',
    },
    /**
     * RPC servers, `host:port`, whose devices get layers before the GPU's; a build `--with rpc`. Trusted networks only.
     * The process is aborted where a server is lost.
     */
    rpc: {
        list: true,
        describe: 'RPC servers on trusted machines, host:port,...; their devices get layers too (see rpc-server)',
        shapes: computed,
        identity: 'device',
    },
    /** Layers on the GPU, the output head counted as one. */
    gpuLayers: {
        number: fromZero,
        defaultWords: 'as many as fit',
        describe: 'layers to keep on the GPU',
        shapes: computed,
        onDevice: true,
    },
    /** How a model is spread over several GPUs. */
    split: {
        choices: ['layer', 'row', 'none'],
        default: 'layer',
        describe: 'how to spread the model over several GPUs',
        shapes: computed,
        onDevice: true,
    },
    /** GPU to use where the model is not spread. */
    mainGpu: {
        number: fromZero,
        default: 0,
        describe: 'GPU to use with `split: none`',
        shapes: computed,
        onDevice: true,
    },
    /** The experts of the first so many layers stay in CPU memory. */
    cpuExperts: {
        number: fromZero,
        default: 0,
        describe: 'keep the experts of the first N layers in CPU memory',
        shapes: computed,
        onDevice: true,
    },
    /**
     * How batches of 32 tokens or more are multiplied with weights on the CPU: by ggml, which rounds activations to 8
     * bits for most quantizations; in F32; in BF16, attention too, where the processor has AVX-512 BF16; or in 8-bit
     * integers, with attention in BF16, where it has AVX-512 VNNI too.
     * `auto`: those of the first three that measure fastest on this processor. Results are of what it chose.
     */
    products: {
        choices: ['auto', 'ggml', 'f32', 'bf16', 'int8'],
        default: 'ggml',
        describe: 'matrix products of large batches on the CPU (see docs/scale.md)',
        shapes: computed,
    },
    /**
     * Everything in F32: products of batches of any size, attention and GELU, so that counts are those of any other
     * implementation that computes in F32. On the CPU.
     */
    exact: {
        flag: true,
        describe: 'compute in F32 throughout, on the CPU (see docs/scale.md)',
        shapes: computed,
        identity: 'products',
    },
    /** Tokens of a batch. */
    batchSize: {
        number: contextTokens,
        default: 512,
        describe: 'tokens in a batch',
        shapes: computed,
        identity: 'batch',
    },
    /** Most tokens of one text with its prompt; longer ones are cut into windows. */
    windowSize: {
        number: contextTokens,
        defaultWords: "the model's training context, at most 2048",
        describe: 'most tokens of one text with its prompt; longer texts are cut into windows',
        shapes: ['counts', 'cells', 'matrix'],
        identity: 'window',
    },
    /** Threads; by default those of the fast cores where there are two kinds. */
    threads: {
        number: { whole: true, least: 1, most: 512 }, // GGML_MAX_N_THREADS
        defaultWords: 'one for each physical core',
        describe: 'CPU threads',
        shapes: [],
    },
    /**
     * Goes on where an activation that is counted or a logit is NaN or infinite, and gives what comes of it. Without
     * it: an error that names layer and text.
     */
    allowNonfinite: { flag: true, describe: 'go on when activations or logits are NaN or infinite', shapes: [] },
});

/** The model, as commands take it. */
export const modelTable = inGroup('Input and output', {
    model: {
        alias: 'm',
        path: true,
        required: true,
        describe: 'GGUF file, or hf:user/repo:quant',
        shapes: [...computed, 'matrix'],
    },
    lora: {
        many: true,
        path: true,
        describe: 'LoRA adapter in GGUF, with its scale if not 1: FILE:0.5',
        shapes: [...computed, 'matrix'],
    },
});
