import { embedding, headSize, heads, metadata, Tensors, vocabulary } from './syntheticModels.js';
import { writeGguf } from './writeGguf.js';

// Tiny models of architectures that build their FFN by hand and that llama.cpp's own program cannot write.

const layers = 2;
const width = 48;

function attention(tensors: Tensors, i: number): Tensors {
    for (const part of ['q', 'k', 'v', 'output']) tensors.add(`blk.${i}.attn_${part}.weight`, embedding, embedding);
    for (const norm of ['q', 'k']) tensors.ones(`blk.${i}.attn_${norm}_norm.weight`, headSize);
    return tensors.ones(`blk.${i}.attn_norm.weight`, embedding).ones(`blk.${i}.ffn_norm.weight`, embedding);
}

function feedForward(tensors: Tensors, i: number, names: readonly string[]): void {
    for (const name of names) tensors.add(`blk.${i}.ffn_${name}.weight`, embedding, width);
    tensors.add(`blk.${i}.ffn_down.weight`, width, embedding);
}

const attentive = {
    feed_forward_length: { u32: width },
    'attention.head_count': { u32: heads },
    'attention.head_count_kv': { u32: heads },
    'attention.key_length': { u32: headSize },
    'attention.value_length': { u32: headSize },
    'rope.dimension_count': { u32: headSize },
};

/** Ungated xIELU, whose sign is not its input's: with these numbers it is positive for many negative ones. */
export function writeApertus(path: string): void {
    const tensors = new Tensors()
        .add('token_embd.weight', embedding, vocabulary)
        .add('output.weight', embedding, vocabulary)
        .ones('output_norm.weight', embedding)
        .ones('rope_freqs.weight', headSize / 2);
    for (let i = 0; i < layers; i++) feedForward(attention(tensors, i), i, ['up']);
    const each = (value: number) => ({ f32s: Array.from({ length: layers }, () => value) });
    writeGguf(
        path,
        {
            ...metadata('apertus', layers, attentive),
            'xielu.alpha_n': each(0.8),
            'xielu.alpha_p': each(0.8),
            'xielu.beta': each(0.1),
            'xielu.eps': each(-1e-6),
        },
        tensors.list,
    );
}

/** Gates cut at a quantile, several residual streams (Gemma 3n); sizes that the architecture fixes. */
export function writeGemma3n(path: string): void {
    const [streams, rank, perLayer] = [4, 64, 256];
    const tensors = new Tensors()
        .add('token_embd.weight', embedding, vocabulary)
        .ones('output_norm.weight', embedding)
        .add('altup_proj.weight', embedding, embedding, streams - 1)
        .add('altup_unembd_proj.weight', embedding, embedding, streams - 1)
        .add('per_layer_token_embd.weight', perLayer * layers, vocabulary)
        .add('per_layer_model_proj.weight', embedding, perLayer * layers)
        .ones('per_layer_proj_norm.weight', perLayer);
    for (let i = 0; i < layers; i++) {
        feedForward(attention(tensors, i), i, ['gate', 'up']);
        for (const norm of [
            'post_attention_norm',
            'post_ffw_norm',
            'post_norm',
            'laurel_post_norm',
            'altup_router_norm',
            'altup_correct_scale',
        ]) {
            tensors.ones(`blk.${i}.${norm}.weight`, embedding);
        }
        tensors
            .add(`blk.${i}.inp_gate.weight`, embedding, perLayer)
            .add(`blk.${i}.proj.weight`, perLayer, embedding)
            .add(`blk.${i}.altup_correct_coef.weight`, streams, streams)
            .add(`blk.${i}.altup_predict_coef.weight`, streams, streams * streams)
            .add(`blk.${i}.altup_router.weight`, embedding, streams)
            .add(`blk.${i}.laurel_l.weight`, embedding, rank)
            .add(`blk.${i}.laurel_r.weight`, rank, embedding);
    }
    writeGguf(
        path,
        metadata('gemma3n', layers, { ...attentive, 'attention.sliding_window': { u32: 32 } }),
        tensors.list,
    );
}

/** A channel mix of squared ReLU (RWKV 7). One head: ggml computes only heads of whole vectors rightly. */
export function writeRwkv7(path: string): void {
    const [rank, size] = [8, 64];
    const tensors = new Tensors().add('token_embd.weight', size, vocabulary).add('output.weight', size, vocabulary);
    for (const norm of ['output_norm', 'token_embd_norm'])
        tensors.ones(`${norm}.weight`, size).add(`${norm}.bias`, size);
    for (let i = 0; i < layers; i++) {
        const at = (name: string): string => `blk.${i}.${name}`;
        for (const norm of ['attn_norm', 'attn_norm_2', 'time_mix_ln'])
            tensors.ones(at(`${norm}.weight`), size).add(at(`${norm}.bias`), size);
        for (const name of ['w0', 'a0', 'v0', 'k_k', 'k_a', 'r_k']) tensors.add(at(`time_mix_${name}.weight`), size);
        for (const name of ['w', 'a', 'v', 'g']) {
            tensors.add(at(`time_mix_${name}1.weight`), size, rank).add(at(`time_mix_${name}2.weight`), rank, size);
        }
        for (const name of ['key', 'value', 'receptance', 'output'])
            tensors.add(at(`time_mix_${name}.weight`), size, size);
        tensors
            .add(at('time_mix_lerp_fused.weight'), size, 1, 1, 6)
            .add(at('channel_mix_lerp_k.weight'), size, 1, 1)
            .add(at('channel_mix_key.weight'), size, width)
            .add(at('channel_mix_value.weight'), width, size);
    }
    const ranks = ['decay', 'iclr', 'value_residual_mix', 'gate'].map(
        (name) => [`attention.${name}_lora_rank`, { u32: rank }] as const,
    );
    writeGguf(
        path,
        metadata('rwkv7', layers, {
            embedding_length: { u32: size },
            feed_forward_length: { u32: width },
            'attention.head_count': { u32: 0 },
            'wkv.head_size': { u32: size },
            token_shift_count: { u32: 2 },
            ...Object.fromEntries(ranks),
        }),
        tensors.list,
    );
}

/** Adapters that a token switches on (Granite switch): two of them, and the model without. */
export function writeGraniteSwitch(path: string): void {
    const [rank, slots, headsOf] = [4, 3, { q: embedding, k: embedding, v: embedding }];
    const tensors = new Tensors().add('token_embd.weight', embedding, vocabulary).ones('output_norm.weight', embedding);
    const adapter = (name: string, from: number, to: number): void => {
        tensors.add(`${name}.lora_a`, from, rank, slots).add(`${name}.lora_b`, rank, to, slots);
    };
    for (let i = 0; i < layers; i++) {
        for (const norm of ['attn_norm', 'ffn_norm']) tensors.ones(`blk.${i}.${norm}.weight`, embedding);
        tensors
            .add(`blk.${i}.attn_qkv.weight`, embedding, 3 * embedding)
            .add(`blk.${i}.attn_output.weight`, embedding, embedding);
        feedForward(tensors, i, ['gate', 'up']);
        for (const [name, to] of Object.entries({ ...headsOf, output: embedding }))
            adapter(`blk.${i}.attn_${name}`, embedding, to);
        for (const name of ['gate', 'up']) adapter(`blk.${i}.ffn_${name}`, embedding, width);
        adapter(`blk.${i}.ffn_down`, width, embedding);
    }
    writeGguf(
        path,
        metadata('graniteswitch', layers, {
            ...attentive,
            logit_scale: { f32: 1 },
            'adapters.count': { u32: slots - 1 },
            'adapters.lora_rank': { u32: rank },
            'adapters.token_ids_activate': { i32s: [11, 48] },
            'adapters.token_ids_substitute': { i32s: [1, 2] },
        }),
        tensors.list,
    );
}
