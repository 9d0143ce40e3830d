import { readFile, writeFile } from 'node:fs/promises';
import { gguf } from '@huggingface/gguf';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

const used = 2;
const alignment = 32;
const types = { F32: 0, u32: 4 };

const u32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
};
const u64 = (value: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return bytes;
};
const text = (value: string): Buffer => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
const padded = (data: Buffer): Buffer =>
    Buffer.concat([data, Buffer.alloc((alignment - (data.length % alignment)) % alignment)]);

interface Part {
    readonly name: string;
    readonly shape: readonly number[];
    readonly type: number;
    readonly data: Buffer;
}

/** Rewrites an expert's matrix, or leaves it. */
export type Edit = (data: Buffer, tensor: string, expert: number) => Buffer;

/**
 * A mixture of experts out of a dense `llama` model: every expert is a copy of the layer's FFN, behind a router of
 * random weights of which two are picked. Their weights add up to 1, so it says what the dense model says, and a neuron
 * is active in just the experts that a token went through if it is active in the dense model.
 */
export async function writeUpcycled(
    model: string,
    path: string,
    experts: number,
    edit: Edit = (data) => data,
): Promise<string> {
    const { tensorInfos, tensorDataOffset, metadata } = await gguf(model, { allowLocalFile: true });
    const file = await readFile(model);
    const offsets = [...tensorInfos.map(({ offset }) => Number(offset)), file.length - Number(tensorDataOffset)].sort(
        (a, b) => a - b,
    );
    const parts = tensorInfos.flatMap(({ name, shape: long, dtype, offset }): Part[] => {
        const [from, shape] = [Number(offset), long.map(Number)];
        const to = offsets.find((other) => other > from)!;
        const data = file.subarray(Number(tensorDataOffset) + from, Number(tensorDataOffset) + to);
        const found = /^(blk\.\d+\.ffn_(?:gate|up|down))\.weight$/.exec(name);
        if (found === null) return [{ name, shape, type: Number(dtype), data }];
        const copies = Array.from({ length: experts }, (_, expert) => edit(Buffer.from(data), found[1]!, expert));
        return [
            {
                name: `${found[1]}_exps.weight`,
                shape: [...shape, experts],
                type: Number(dtype),
                data: Buffer.concat(copies),
            },
        ];
    });
    const numbers = metadata as unknown as Readonly<Record<string, unknown>>;
    const [width, layers] = [Number(numbers['llama.embedding_length']), Number(numbers['llama.block_count'])];
    const random = xoroshiro128plus(11);
    for (let layer = 0; layer < layers; layer++) {
        const weights = Float32Array.from({ length: width * experts }, () => uniformInt(random, -1000, 1000) / 1000);
        parts.push({
            name: `blk.${layer}.ffn_gate_inp.weight`,
            shape: [width, experts],
            type: types.F32,
            data: Buffer.from(weights.buffer),
        });
    }
    // The metadata as they are, from behind the head to the first tensor's entry, and two more.
    const end = file.indexOf(text(tensorInfos[0]!.name));
    const more = (
        [
            ['llama.expert_count', experts],
            ['llama.expert_used_count', used],
        ] as const
    ).map(([key, value]) => Buffer.concat([text(key), u32(types.u32), u32(value)]));
    let offset = 0;
    const entries = parts.map(({ name, shape, type, data }) => {
        const entry = Buffer.concat([text(name), u32(shape.length), ...shape.map(u64), u32(type), u64(offset)]);
        offset += padded(data).length;
        return entry;
    });
    const head = [
        file.subarray(0, 8),
        u64(parts.length),
        u64(Number(file.readBigUInt64LE(16)) + more.length),
        file.subarray(24, end),
        ...more,
        ...entries,
    ];
    await writeFile(path, Buffer.concat([padded(Buffer.concat(head)), ...parts.map(({ data }) => padded(data))]));
    return path;
}
