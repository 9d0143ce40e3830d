import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { type GgufTensor, type GgufValue, writeGguf } from './writeGguf.js';

// Tiny models with random weights, one for each way a layer can be built; without a vocabulary but for one.

export const vocabulary = 64;
export const embedding = 32;
export const heads = 2;
export const headSize = embedding / heads;
const context = 128;

/** Gated layers of different widths (OpenELM); `more`: further metadata. */
export function writeWidths(
    path: string,
    widths: readonly number[],
    more: Readonly<Record<string, GgufValue>> = {},
    words = vocabulary,
): void {
    const tensors = new Tensors();
    tensors.add('token_embd.weight', embedding, words).ones('output_norm.weight', embedding);
    for (const [i, width] of widths.entries()) {
        tensors
            .ones(`blk.${i}.attn_norm.weight`, embedding)
            .add(`blk.${i}.attn_qkv.weight`, embedding, 3 * embedding)
            .ones(`blk.${i}.attn_q_norm.weight`, headSize)
            .ones(`blk.${i}.attn_k_norm.weight`, headSize)
            .add(`blk.${i}.attn_output.weight`, embedding, embedding)
            .ones(`blk.${i}.ffn_norm.weight`, embedding)
            .add(`blk.${i}.ffn_gate.weight`, embedding, width)
            .add(`blk.${i}.ffn_up.weight`, embedding, width)
            .add(`blk.${i}.ffn_down.weight`, width, embedding);
    }
    writeGguf(
        path,
        {
            ...more,
            ...metadata('openelm', widths.length, {
                feed_forward_length: { u32s: widths },
                'attention.head_count': { u32s: widths.map(() => heads) },
                'attention.head_count_kv': { u32s: widths.map(() => heads) },
                'attention.key_length': { u32: headSize },
                'attention.value_length': { u32: headSize },
                'rope.dimension_count': { u32: headSize },
                vocab_size: { u32: words },
            }),
        },
        tensors.list,
    );
}

/** A sound file of an architecture that no llama.cpp knows. */
export function writeUnknownArchitecture(path: string): void {
    writeGguf(path, metadata('nosuch', 1, {}), new Tensors().add('token_embd.weight', embedding, vocabulary).list);
}

/** Ungated layers with biases (GPT-2). */
export function writeUngated(path: string, layers: number, width: number): void {
    const tensors = new Tensors();
    tensors
        .add('token_embd.weight', embedding, vocabulary)
        .add('position_embd.weight', embedding, context)
        .ones('output_norm.weight', embedding)
        .add('output_norm.bias', embedding);
    for (let i = 0; i < layers; i++) {
        tensors
            .ones(`blk.${i}.attn_norm.weight`, embedding)
            .add(`blk.${i}.attn_norm.bias`, embedding)
            .add(`blk.${i}.attn_qkv.weight`, embedding, 3 * embedding)
            .add(`blk.${i}.attn_qkv.bias`, 3 * embedding)
            .add(`blk.${i}.attn_output.weight`, embedding, embedding)
            .add(`blk.${i}.attn_output.bias`, embedding)
            .ones(`blk.${i}.ffn_norm.weight`, embedding)
            .add(`blk.${i}.ffn_norm.bias`, embedding)
            .add(`blk.${i}.ffn_up.weight`, embedding, width)
            .add(`blk.${i}.ffn_up.bias`, width)
            .add(`blk.${i}.ffn_down.weight`, width, embedding)
            .add(`blk.${i}.ffn_down.bias`, embedding);
    }
    writeGguf(
        path,
        metadata('gpt2', layers, { feed_forward_length: { u32: width }, 'attention.head_count': { u32: heads } }),
        tensors.list,
    );
}

/**
 * One gated layer, and a vocabulary as SentencePiece makes them: a word begins with a blank (`▁`), a text
 * loses the one it begins with, and what no piece spells is written in bytes.
 * @param pieces beside `<unk>`, `<s>`, `</s>` and the 256 bytes, which can be left out; the first ones are preferred
 */
export function writeSentencePiece(path: string, pieces: readonly string[], { bytes: spelled = true } = {}): void {
    const width = 32;
    const byteToken = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
    const bytes = spelled ? Array.from({ length: 256 }, (_, byte) => byteToken(byte)) : [];
    const tokens = ['<unk>', '<s>', '</s>', ...bytes, ...pieces];
    const types = { unknown: 2, control: 3, byte: 6, normal: 1 };
    const tensors = attention(new Tensors(), 'split', tokens.length)
        .add('blk.0.ffn_gate.weight', embedding, width)
        .add('blk.0.ffn_up.weight', embedding, width)
        .add('blk.0.ffn_down.weight', width, embedding);
    writeGguf(
        path,
        {
            ...metadata('llama', 1, {
                ...llamaLike(width),
                vocab_size: { u32: tokens.length },
                'rope.dimension_count': { u32: headSize },
            }),
            'tokenizer.ggml.model': { string: 'llama' },
            'tokenizer.ggml.tokens': { strings: tokens },
            'tokenizer.ggml.scores': { f32s: tokens.map((_, i) => -i) },
            'tokenizer.ggml.token_type': {
                i32s: [
                    types.unknown,
                    types.control,
                    types.control,
                    ...bytes.map(() => types.byte),
                    ...pieces.map(() => types.normal),
                ],
            },
            'tokenizer.ggml.unknown_token_id': { u32: 0 },
            'tokenizer.ggml.bos_token_id': { u32: 1 },
            'tokenizer.ggml.eos_token_id': { u32: 2 },
        },
        tensors.list,
    );
}

/** No FFN at all (Mamba). */
export function writeMamba(path: string): void {
    const [inner, state, rank, kernel] = [2 * embedding, 8, 4, 4];
    const tensors = new Tensors();
    tensors
        .add('token_embd.weight', embedding, vocabulary)
        .ones('output_norm.weight', embedding)
        .ones('blk.0.attn_norm.weight', embedding)
        .add('blk.0.ssm_in.weight', embedding, 2 * inner)
        .add('blk.0.ssm_conv1d.weight', kernel, inner)
        .add('blk.0.ssm_conv1d.bias', inner)
        .add('blk.0.ssm_x.weight', inner, rank + 2 * state)
        .add('blk.0.ssm_dt.weight', rank, inner)
        .add('blk.0.ssm_dt.bias', inner)
        .add('blk.0.ssm_a', state, inner)
        .add('blk.0.ssm_d', inner)
        .add('blk.0.ssm_out.weight', inner, embedding);
    writeGguf(
        path,
        metadata('mamba', 1, {
            feed_forward_length: { u32: 0 },
            'attention.head_count': { u32: 0 },
            'ssm.conv_kernel': { u32: kernel },
            'ssm.inner_size': { u32: inner },
            'ssm.state_size': { u32: state },
            'ssm.time_step_rank': { u32: rank },
        }),
        tensors.list,
    );
}

/** Loads, then trips an assertion of llama.cpp while its graph is built: RoPE over half a head (Qwen 2). */
export function writeAborting(path: string): void {
    const width = 32;
    const tensors = attention(new Tensors(), 'biased')
        .add('blk.0.ffn_gate.weight', embedding, width)
        .add('blk.0.ffn_up.weight', embedding, width)
        .add('blk.0.ffn_down.weight', width, embedding);
    writeGguf(
        path,
        metadata('qwen2', 1, { ...llamaLike(width), 'rope.dimension_count': { u32: headSize / 2 } }),
        tensors.list,
    );
}

export function attention(tensors: Tensors, kind: 'split' | 'biased', tokens = vocabulary): Tensors {
    tensors
        .add('token_embd.weight', embedding, tokens)
        .ones('output_norm.weight', embedding)
        .ones('blk.0.attn_norm.weight', embedding)
        .ones('blk.0.ffn_norm.weight', embedding)
        .add('blk.0.attn_output.weight', embedding, embedding);
    for (const part of ['q', 'k', 'v']) {
        tensors.add(`blk.0.attn_${part}.weight`, embedding, embedding);
        if (kind === 'biased') tensors.add(`blk.0.attn_${part}.bias`, embedding);
    }
    return tensors;
}

export function llamaLike(width: number): Record<string, GgufValue> {
    return {
        feed_forward_length: { u32: width },
        'attention.head_count': { u32: heads },
        'attention.head_count_kv': { u32: heads },
    };
}

export function metadata(
    architecture: string,
    layers: number,
    more: Readonly<Record<string, GgufValue>>,
): Record<string, GgufValue> {
    const keyed = Object.entries({
        block_count: { u32: layers },
        context_length: { u32: context },
        embedding_length: { u32: embedding },
        vocab_size: { u32: vocabulary },
        'attention.layer_norm_epsilon': { f32: 1e-5 },
        'attention.layer_norm_rms_epsilon': { f32: 1e-5 },
        ...more,
    }).map(([key, value]) => [`${architecture}.${key}`, value as GgufValue]);
    return {
        'general.architecture': { string: architecture },
        'general.name': { string: `synthetic ${architecture}` },
        'tokenizer.ggml.model': { string: 'none' },
        ...(Object.fromEntries(keyed) as Record<string, GgufValue>),
    };
}

export class Tensors {
    readonly list: GgufTensor[] = [];
    readonly #random = xoroshiro128plus(7);

    /** Random weights in [-0.5, 0.5). */
    add(name: string, ...shape: number[]): this {
        return this.#push(name, shape, () => uniformInt(this.#random, 0, 9999) / 10_000 - 0.5);
    }

    ones(name: string, ...shape: number[]): this {
        return this.#push(name, shape, () => 1);
    }

    #push(name: string, shape: number[], value: () => number): this {
        const data = Float32Array.from({ length: shape.reduce((product, n) => product * n, 1) }, value);
        this.list.push({ name, shape, data });
        return this;
    }
}
