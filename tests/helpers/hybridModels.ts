import { embedding, headSize, heads, metadata, Tensors, vocabulary } from './syntheticModels.js';
import { type GgufValue, writeGguf } from './writeGguf.js';

// Tiny models whose layers are attention or something recurrent, by turns: 'r' a recurrent layer, 'a' attention.
// Each layer has a gated FFN of the given width.

/** Numbers of the state-space layers: Mamba's inner width is twice the embedding. */
const [inner, state, kernel, rank] = [2 * embedding, 8, 4, 4];

/** Short convolutions and attention (LFM2). */
export function writeLfm2(path: string, layers: string, width: number): void {
    const cache = 3;
    const tensors = new Tensors()
        .add('token_embd.weight', embedding, vocabulary)
        .ones('token_embd_norm.weight', embedding);
    for (const [i, kind] of [...layers].entries()) {
        if (kind === 'a') {
            attention(tensors, i)
                .ones(`blk.${i}.attn_q_norm.weight`, headSize)
                .ones(`blk.${i}.attn_k_norm.weight`, headSize);
        } else {
            tensors
                .add(`blk.${i}.shortconv.conv.weight`, cache, embedding)
                .add(`blk.${i}.shortconv.in_proj.weight`, embedding, 3 * embedding)
                .add(`blk.${i}.shortconv.out_proj.weight`, embedding, embedding);
        }
        feedForward(tensors, i, width);
    }
    writeGguf(
        path,
        metadata('lfm2', layers.length, { ...hybrid(layers, width), 'shortconv.l_cache': { u32: cache } }),
        tensors.list,
    );
}

/** Mamba and attention (Jamba). */
export function writeJamba(path: string, layers: string, width: number): void {
    const tensors = new Tensors().add('token_embd.weight', embedding, vocabulary).ones('output_norm.weight', embedding);
    for (const [i, kind] of [...layers].entries()) {
        if (kind === 'a') {
            attention(tensors, i);
        } else {
            tensors
                .add(`blk.${i}.ssm_in.weight`, embedding, 2 * inner)
                .add(`blk.${i}.ssm_conv1d.weight`, kernel, inner)
                .add(`blk.${i}.ssm_conv1d.bias`, inner)
                .add(`blk.${i}.ssm_x.weight`, inner, rank + 2 * state)
                .add(`blk.${i}.ssm_dt.weight`, rank, inner)
                .add(`blk.${i}.ssm_dt.bias`, inner)
                .ones(`blk.${i}.ssm_dt_norm.weight`, rank)
                .ones(`blk.${i}.ssm_b_norm.weight`, state)
                .ones(`blk.${i}.ssm_c_norm.weight`, state)
                .add(`blk.${i}.ssm_a`, state, inner)
                .add(`blk.${i}.ssm_d`, inner)
                .add(`blk.${i}.ssm_out.weight`, inner, embedding);
        }
        feedForward(tensors, i, width);
    }
    writeGguf(path, metadata('jamba', layers.length, { ...hybrid(layers, width), ...stateSpace(rank) }), tensors.list);
}

/** Mamba 2 and attention (Granite 4). */
export function writeGraniteHybrid(path: string, layers: string, width: number): void {
    const ssmHeads = 4;
    const tensors = new Tensors().add('token_embd.weight', embedding, vocabulary).ones('output_norm.weight', embedding);
    for (const [i, kind] of [...layers].entries()) {
        if (kind === 'a') {
            attention(tensors, i);
        } else {
            tensors
                .add(`blk.${i}.ssm_in.weight`, embedding, 2 * inner + 2 * state + ssmHeads)
                .add(`blk.${i}.ssm_conv1d.weight`, kernel, inner + 2 * state)
                .add(`blk.${i}.ssm_conv1d.bias`, inner + 2 * state)
                .add(`blk.${i}.ssm_dt.bias`, ssmHeads)
                .add(`blk.${i}.ssm_a`, 1, ssmHeads)
                .add(`blk.${i}.ssm_d`, 1, ssmHeads)
                .ones(`blk.${i}.ssm_norm.weight`, inner, 1)
                .add(`blk.${i}.ssm_out.weight`, inner, embedding);
        }
        feedForward(tensors, i, width);
    }
    writeGguf(
        path,
        metadata('granitehybrid', layers.length, {
            ...hybrid(layers, width),
            ...stateSpace(ssmHeads),
            'ssm.group_count': { u32: 1 },
        }),
        tensors.list,
    );
}

/** Mamba 2 and attention, gate and up in one matrix (PLaMo 2). */
export function writePlamo2(path: string, layers: string, width: number): void {
    const [ssmHeads, timeSteps] = [4, 64];
    const tensors = new Tensors().add('token_embd.weight', embedding, vocabulary).ones('output_norm.weight', embedding);
    for (const [i, kind] of [...layers].entries()) {
        if (kind === 'a') {
            tensors
                .add(`blk.${i}.attn_qkv.weight`, embedding, 3 * embedding)
                .ones(`blk.${i}.attn_q_norm.weight`, headSize, heads)
                .ones(`blk.${i}.attn_k_norm.weight`, headSize, heads)
                .add(`blk.${i}.attn_output.weight`, embedding, embedding);
        } else {
            tensors
                .add(`blk.${i}.ssm_in.weight`, embedding, 2 * inner)
                .add(`blk.${i}.ssm_conv1d.weight`, kernel, inner)
                .add(`blk.${i}.ssm_x.weight`, inner, timeSteps + 2 * state)
                .add(`blk.${i}.ssm_dt.weight`, timeSteps, ssmHeads)
                .add(`blk.${i}.ssm_dt.bias`, ssmHeads)
                .add(`blk.${i}.ssm_a`, ssmHeads)
                .add(`blk.${i}.ssm_d`, ssmHeads)
                .ones(`blk.${i}.ssm_dt_norm`, timeSteps)
                .ones(`blk.${i}.ssm_b_norm`, state)
                .ones(`blk.${i}.ssm_c_norm`, state)
                .add(`blk.${i}.ssm_out.weight`, inner, embedding);
        }
        tensors
            .ones(`blk.${i}.attn_norm.weight`, embedding)
            .ones(`blk.${i}.post_attention_norm`, embedding)
            .ones(`blk.${i}.ffn_norm.weight`, embedding)
            .ones(`blk.${i}.post_ffw_norm`, embedding)
            .add(`blk.${i}.ffn_up.weight`, embedding, 2 * width)
            .add(`blk.${i}.ffn_down.weight`, width, embedding);
    }
    writeGguf(
        path,
        metadata('plamo2', layers.length, {
            ...hybrid(layers, width),
            ...stateSpace(ssmHeads),
            'ssm.group_count': { u32: 0 },
            'attention.key_length': { u32: headSize },
            'attention.value_length': { u32: headSize },
        }),
        tensors.list,
    );
}

function attention(tensors: Tensors, i: number): Tensors {
    for (const part of ['q', 'k', 'v', 'output']) tensors.add(`blk.${i}.attn_${part}.weight`, embedding, embedding);
    return tensors;
}

function feedForward(tensors: Tensors, i: number, width: number): void {
    tensors
        .ones(`blk.${i}.attn_norm.weight`, embedding)
        .ones(`blk.${i}.ffn_norm.weight`, embedding)
        .add(`blk.${i}.ffn_gate.weight`, embedding, width)
        .add(`blk.${i}.ffn_up.weight`, embedding, width)
        .add(`blk.${i}.ffn_down.weight`, width, embedding);
}

/** A recurrent layer is one without heads of keys and values. */
function hybrid(layers: string, width: number): Record<string, GgufValue> {
    return {
        feed_forward_length: { u32: width },
        'attention.head_count': { u32: heads },
        'attention.head_count_kv': { u32s: [...layers].map((kind) => (kind === 'a' ? heads : 0)) },
        'rope.dimension_count': { u32: headSize },
    };
}

function stateSpace(timeStepRank: number): Record<string, GgufValue> {
    return {
        'ssm.conv_kernel': { u32: kernel },
        'ssm.inner_size': { u32: inner },
        'ssm.state_size': { u32: state },
        'ssm.time_step_rank': { u32: timeStepRank },
    };
}
