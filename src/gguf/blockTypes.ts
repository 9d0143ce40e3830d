import type { ScaleFormat } from './scaleFormats.js';

/**
 * How ggml lays out a type's weights, in little-endian blocks. All weights of a block are multiples of its scales, so
 * that multiplying the scales multiplies the block; types with a minimum have a scale for it too.
 * A block of zero bytes holds zeros in every type.
 */
export interface BlockType {
    readonly name: string;
    readonly weights: number;
    readonly bytes: number;
    readonly format: ScaleFormat;
    /** Where the scales are in a block, in bytes. */
    readonly scales: readonly number[];
}

function block(
    name: string,
    weights: number,
    bytes: number,
    scales: readonly number[] = [0],
    format: ScaleFormat = 'f16',
): BlockType {
    return { name, weights, bytes, format, scales };
}

/** The types that a matrix in a GGUF file may have, by number (`enum ggml_type`); the structs are in ggml-common.h. */
export const blockTypes: Readonly<Record<number, BlockType>> = {
    0: block('F32', 1, 4, [0], 'f32'),
    1: block('F16', 1, 2),
    2: block('Q4_0', 32, 18),
    3: block('Q4_1', 32, 20, [0, 2]),
    6: block('Q5_0', 32, 22),
    7: block('Q5_1', 32, 24, [0, 2]),
    8: block('Q8_0', 32, 34),
    10: block('Q2_K', 256, 84, [80, 82]),
    11: block('Q3_K', 256, 110, [108]),
    12: block('Q4_K', 256, 144, [0, 2]),
    13: block('Q5_K', 256, 176, [0, 2]),
    14: block('Q6_K', 256, 210, [208]),
    16: block('IQ2_XXS', 256, 66),
    17: block('IQ2_XS', 256, 74),
    18: block('IQ3_XXS', 256, 98),
    19: block('IQ1_S', 256, 50),
    20: block('IQ4_NL', 32, 18),
    21: block('IQ3_S', 256, 110),
    22: block('IQ2_S', 256, 82),
    23: block('IQ4_XS', 256, 136),
    29: block('IQ1_M', 256, 56, [48], 'iq1_m'),
    30: block('BF16', 1, 2, [0], 'bf16'),
    34: block('TQ1_0', 256, 54, [52]),
    35: block('TQ2_0', 256, 66, [64]),
    39: block('MXFP4', 32, 17, [0], 'e8m0'),
    40: block('NVFP4', 64, 36, [0, 1, 2, 3], 'ue4m3'),
    41: block('Q1_0', 128, 18),
    42: block('Q2_0', 64, 18),
};

/** Types of ggml that no matrix of a model has: whole numbers, doubles, and what its kernels use on the way. */
export const otherTypes: Readonly<Record<number, string>> = {
    9: 'Q8_1',
    15: 'Q8_K',
    24: 'I8',
    25: 'I16',
    26: 'I32',
    27: 'I64',
    28: 'F64',
};
