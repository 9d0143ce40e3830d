// A model of any shape and quantization, of Llama's architecture or Qwen3's mixture of experts, with random weights: a
// real GGUF, to measure speed on. What it says means nothing.
//   node scripts/synthetic/model.mjs --shape 1b|8b|30b-a3b --type q4_0|q8_0|q4_k_m|f16 --out MODEL.gguf
//       [--layers N ...]

import { randomFillSync } from 'node:crypto';
import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import yargs from 'yargs';
import { ggufHead, paddingOf, tensorBytes, tensorTypes } from './gguf.mjs';

/** Llama 3.2 1B, Llama 3.1 8B, and Qwen3 30B-A3B; width: of each expert, where there are any. */
export const shapes = {
    '1b': { layers: 16, embedding: 2048, width: 8192, heads: 32, kvHeads: 8, vocabulary: 128_256 },
    '8b': { layers: 32, embedding: 4096, width: 14_336, heads: 32, kvHeads: 8, vocabulary: 128_256 },
    '30b-a3b': {
        layers: 48,
        embedding: 2048,
        width: 768,
        heads: 32,
        kvHeads: 4,
        headSize: 128,
        experts: 128,
        used: 8,
        vocabulary: 151_936,
    },
};

/**
 * The type of each tensor. `q4_k_m` mixes as llama.cpp does: half of the layers keep the tensors that matter most at 6
 * bits.
 */
const mixes = {
    f16: () => 'f16',
    q4_0: (name) => (name === 'output.weight' ? 'q6_k' : 'q4_0'),
    q8_0: () => 'q8_0',
    q4_k_m: (name, layer, layers) => {
        const more = layer < layers / 8 || layer >= (7 * layers) / 8 || (layer - Math.floor(layers / 8)) % 3 === 2;
        return name === 'output.weight' || (more && /attn_v|ffn_down/.test(name)) ? 'q6_k' : 'q4_k';
    },
};

/** The head of the model's file, its tensors in their order, and the bytes of all of them. */
export function modelHead(shape, mix) {
    const {
        layers,
        embedding,
        width,
        heads,
        kvHeads,
        vocabulary,
        headSize = embedding / heads,
        experts = 0,
        used = 0,
    } = shape;
    const architecture = experts > 0 ? 'qwen3moe' : 'llama';
    const tensors = [];
    const matrix = (name, rows, columns, layer = 0, ...copies) =>
        tensors.push({ name, shape: [rows, columns, ...copies], type: mixes[mix](name, layer, layers) });
    const norm = (name, size = embedding) => tensors.push({ name, shape: [size], type: 'f32' });
    matrix('token_embd.weight', embedding, vocabulary);
    for (let i = 0; i < layers; i++) {
        norm(`blk.${i}.attn_norm.weight`);
        matrix(`blk.${i}.attn_q.weight`, embedding, heads * headSize, i);
        matrix(`blk.${i}.attn_k.weight`, embedding, kvHeads * headSize, i);
        matrix(`blk.${i}.attn_v.weight`, embedding, kvHeads * headSize, i);
        matrix(`blk.${i}.attn_output.weight`, heads * headSize, embedding, i);
        norm(`blk.${i}.ffn_norm.weight`);
        if (experts > 0) {
            for (const head of ['q', 'k']) norm(`blk.${i}.attn_${head}_norm.weight`, headSize);
            tensors.push({
                name: `blk.${i}.ffn_gate_inp.weight`,
                shape: [embedding, experts],
                type: 'f32',
                random: true,
            });
        }
        const [of, copies] = experts > 0 ? ['_exps', [experts]] : ['', []];
        matrix(`blk.${i}.ffn_gate${of}.weight`, embedding, width, i, ...copies);
        matrix(`blk.${i}.ffn_up${of}.weight`, embedding, width, i, ...copies);
        matrix(`blk.${i}.ffn_down${of}.weight`, width, embedding, i, ...copies);
    }
    norm('output_norm.weight');
    matrix('output.weight', embedding, vocabulary);

    const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
    const special = ['<unk>', '<s>', '</s>'];
    const words = Array.from({ length: vocabulary - special.length - bytes.length }, (_, i) => `▁w${i}`);
    const [control, byte, normal] = [3, 6, 1];
    const metadata = {
        'general.architecture': { string: architecture },
        'general.name': { string: `synthetic ${mix}` },
        ...Object.fromEntries(
            Object.entries({
                block_count: { u32: layers },
                context_length: { u32: 8192 },
                embedding_length: { u32: embedding },
                feed_forward_length: { u32: width },
                'attention.head_count': { u32: heads },
                'attention.head_count_kv': { u32: kvHeads },
                'attention.layer_norm_rms_epsilon': { f32: 1e-5 },
                'rope.dimension_count': { u32: headSize },
                'rope.freq_base': { f32: 500_000 },
                vocab_size: { u32: vocabulary },
                ...(experts > 0
                    ? {
                          'attention.key_length': { u32: headSize },
                          'attention.value_length': { u32: headSize },
                          expert_count: { u32: experts },
                          expert_used_count: { u32: used },
                          expert_feed_forward_length: { u32: width },
                      }
                    : {}),
            }).map(([key, value]) => [`${architecture}.${key}`, value]),
        ),
        'tokenizer.ggml.model': { string: 'llama' },
        'tokenizer.ggml.tokens': { strings: [...special, ...bytes, ...words] },
        'tokenizer.ggml.scores': { f32s: Array.from({ length: vocabulary }, (_, i) => -i) },
        'tokenizer.ggml.token_type': {
            i32s: [2, control, control, ...bytes.map(() => byte), ...words.map(() => normal)],
        },
        'tokenizer.ggml.bos_token_id': { u32: 1 },
        'tokenizer.ggml.eos_token_id': { u32: 2 },
        'tokenizer.ggml.add_bos_token': { bool: true },
    };
    return {
        head: ggufHead(metadata, tensors),
        tensors,
        bytes: tensors.reduce((sum, tensor) => sum + tensorBytes(tensor) + paddingOf(tensorBytes(tensor)), 0),
    };
}

/** Writes the model; about a gigabyte a second. */
export function writeSyntheticModel(path, shape, mix) {
    const { head, tensors } = modelHead(shape, mix);
    const file = openSync(`${path}.part`, 'w');
    try {
        writeSync(file, head);
        for (const tensor of tensors) writeTensor(file, tensor);
    } finally {
        closeSync(file);
    }
    renameSync(`${path}.part`, path);
}

const chunkBlocks = 16_384;

function writeTensor(file, tensor) {
    const { type, shape } = tensor;
    const { bytes: blockBytes } = tensorTypes[type];
    const bytes = tensorBytes(tensor);
    const chunk =
        type === 'f32'
            ? tensor.random
                ? randomFloats(bytes / 4)
                : ones(shape[0])
            : randomBlocks(type, 1 / Math.sqrt(shape[0]), Math.min(chunkBlocks, bytes / blockBytes));
    for (let written = 0; written < bytes; written += chunk.length)
        writeSync(file, chunk, 0, Math.min(chunk.length, bytes - written));
    writeSync(file, Buffer.alloc(paddingOf(bytes)));
}

function ones(length) {
    const bytes = Buffer.alloc(4 * length);
    for (let i = 0; i < length; i++) bytes.writeFloatLE(1, 4 * i);
    return bytes;
}

/** Weights of a router. */
function randomFloats(length) {
    const bytes = randomFillSync(Buffer.alloc(4 * length));
    for (let i = 0; i < length; i++) bytes.writeFloatLE(bytes.readInt32LE(4 * i) / 2 ** 31, 4 * i);
    return bytes;
}

/**
 * Blocks of random weights, with scales of about `deviation`: the spread that keeps activations as large
 * as they come in.
 */
function randomBlocks(type, deviation, count) {
    const { bytes } = tensorTypes[type];
    const blocks = randomFillSync(Buffer.alloc(count * bytes));
    for (let at = 0; at < blocks.length; at += bytes) {
        switch (type) {
            case 'f16':
                blocks.writeUInt16LE(half((blocks.readUInt16LE(at) / 65_536 - 0.5) * Math.sqrt(12) * deviation), at);
                break;
            case 'q4_0': // d, then 4-bit numbers around 8
                blocks.writeUInt16LE(half(deviation / 4.6), at);
                break;
            case 'q8_0': // d, then 8-bit numbers
                blocks.writeUInt16LE(half(deviation / 74), at);
                break;
            case 'q4_k': // d, dmin; 6-bit scales and minima; 4-bit numbers from 0
                blocks.writeUInt16LE(half(deviation / 170), at);
                blocks.writeUInt16LE(half((7.5 * deviation) / 170), at + 2);
                break;
            case 'q6_k': // 6-bit numbers around 32, 8-bit scales; d comes last
                blocks.writeUInt16LE(half(deviation / 1400), at + 208);
                break;
        }
    }
    return blocks;
}

/** The nearest half-precision number, as bits. */
function half(value) {
    const magnitude = Math.abs(value);
    const sign = value < 0 ? 0x8000 : 0;
    if (magnitude < 2 ** -14) return sign | Math.round(magnitude * 2 ** 24);
    const exponent = Math.floor(Math.log2(magnitude));
    return sign + ((exponent + 15) << 10) + Math.round((magnitude / 2 ** exponent - 1) * 1024);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const { shape, type, out, ...changed } = await yargs(process.argv.slice(2))
        .option('shape', { choices: Object.keys(shapes), demandOption: true })
        .option('type', { choices: Object.keys(mixes), demandOption: true })
        .option('out', { type: 'string', demandOption: true })
        .options(Object.fromEntries(Object.keys(shapes['30b-a3b']).map((key) => [key, { type: 'number' }])))
        .strict()
        .parseAsync();
    const given = Object.fromEntries(
        Object.keys(shapes[shape])
            .filter((key) => changed[key] !== undefined)
            .map((key) => [key, changed[key]]),
    );
    writeSyntheticModel(out, { ...shapes[shape], ...given }, type);
}
