import type { BlockType } from '../../src/gguf/blockTypes.js';
import { type GgmlBlocks, randomBlocks } from './ggmlBlocks.js';
import { embedding, headSize, heads, metadata, Tensors, vocabulary } from './syntheticModels.js';
import { writeGguf } from './writeGguf.js';

/** Whole blocks of every type. */
const [width, neurons, layers] = [256, 512, 2];
/** What keeps activations as large as they come in. */
const deviation = 1 / Math.sqrt(width);

/** A gated model (Llama) whose FFN's matrices are random blocks of a type; without a vocabulary. */
export function writeTyped(path: string, number: number, type: BlockType, ggml: GgmlBlocks): void {
    const tensors = new Tensors().add('token_embd.weight', width, vocabulary).ones('output_norm.weight', width);
    for (let layer = 0; layer < layers; layer++) {
        for (const norm of ['attn_norm', 'ffn_norm']) tensors.ones(`blk.${layer}.${norm}.weight`, width);
        for (const part of ['q', 'k', 'v', 'output']) tensors.add(`blk.${layer}.attn_${part}.weight`, width, width);
    }
    const blocks = (neurons * width) / type.weights;
    const sample = ggml.weights(number, randomBlocks(type, blocks, 1));
    const spread = Math.sqrt(sample.reduce((sum, weight) => sum + weight * weight, 0) / sample.length);
    const typed = Array.from({ length: layers }, (_, layer) =>
        ['gate', 'up', 'down'].map((name, i) => ({
            name: `blk.${layer}.ffn_${name}.weight`,
            shape: name === 'down' ? [neurons, width] : [width, neurons],
            data: randomBlocks(type, blocks, 3 * layer + i, deviation / spread),
            type: { number, weights: type.weights, bytes: type.bytes },
        })),
    ).flat();
    writeGguf(
        path,
        metadata('llama', layers, {
            embedding_length: { u32: width },
            feed_forward_length: { u32: neurons },
            'attention.head_count': { u32: (heads * width) / embedding },
            'attention.head_count_kv': { u32: (heads * width) / embedding },
            'rope.dimension_count': { u32: headSize },
        }),
        [...tensors.list, ...typed],
    );
}
