import { closeSync, copyFileSync, openSync, readSync, writeSync } from 'node:fs';
import { gguf } from '@huggingface/gguf';
import { type GgufTensor, writeGguf } from './writeGguf.js';

/** An adapter of one matrix, or of each expert's: to the weight W is added B · A. */
interface Pair {
    /** Of the model's tensor. */
    readonly name: string;
    /** Of the model's tensor: width of its input, of its output, experts. */
    readonly shape: readonly number[];
    /** [experts, rank, input] and [experts, output, rank]. */
    readonly a: Float32Array;
    readonly b: Float32Array;
}

const rank = 2;

/** Small numbers that are the same everywhere. */
function wave(length: number, seed: number): Float32Array {
    return Float32Array.from({ length }, (_, i) => Math.sin(seed + i) / 10);
}

/** Adapters of a model's tensors whose names match. */
export async function loraPairs(model: string, names: RegExp): Promise<Pair[]> {
    const { tensorInfos } = await gguf(model, { allowLocalFile: true });
    return tensorInfos
        .filter(({ name }) => names.test(name))
        .map(({ name, shape: long }, i): Pair => {
            const shape = long.map(Number);
            const [input, output, experts = 1] = shape as [number, number, number?];
            return { name, shape, a: wave(experts * rank * input, 1 + i), b: wave(experts * output * rank, 2 + i) };
        });
}

/** Writes them as a LoRA adapter whose alpha is its rank. */
export function writeLora(path: string, pairs: readonly Pair[]): void {
    const tensors = pairs.flatMap(({ name, shape: [input, output, ...experts], a, b }): GgufTensor[] => [
        { name: `${name}.lora_a`, shape: [input!, rank, ...experts], data: a },
        { name: `${name}.lora_b`, shape: [rank, output!, ...experts], data: b },
    ]);
    const metadata = {
        'general.type': { string: 'adapter' },
        'general.architecture': { string: 'llama' },
        'adapter.type': { string: 'lora' },
        'adapter.lora.alpha': { f32: rank },
    };
    writeGguf(path, metadata, tensors);
}

/** Writes a copy of an F32 model with the adapters, at a scale, in its weights. */
export async function writeMerged(model: string, pairs: readonly Pair[], scale: number, path: string): Promise<void> {
    const { tensorInfos, tensorDataOffset } = await gguf(model, { allowLocalFile: true });
    copyFileSync(model, path);
    const file = openSync(path, 'r+');
    for (const { name, shape, a, b } of pairs) {
        const [input, output, experts = 1] = shape as [number, number, number?];
        const at = Number(tensorDataOffset + tensorInfos.find((tensor) => tensor.name === name)!.offset);
        const weights = new Float32Array(experts * output * input);
        readSync(file, weights, 0, weights.byteLength, at);
        for (let row = 0; row < experts * output; row++) {
            const expert = Math.floor(row / output);
            for (let i = 0; i < input; i++) {
                let sum = 0;
                for (let r = 0; r < rank; r++) sum += b[row * rank + r]! * a[(expert * rank + r) * input + i]!;
                weights[row * input + i]! += scale * sum;
            }
        }
        writeSync(file, weights, 0, weights.byteLength, at);
    }
    closeSync(file);
}
