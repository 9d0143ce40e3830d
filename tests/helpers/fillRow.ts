import { closeSync, openSync, writeSync } from 'node:fs';
import { gguf } from '@huggingface/gguf';

/** Writes a number over one row of an F32 tensor. */
export async function fillRow(path: string, name: string, row: number, value: number): Promise<void> {
    const { tensorInfos, tensorDataOffset } = await gguf(path, { allowLocalFile: true });
    const { shape, offset } = tensorInfos.find((tensor) => tensor.name === name)!;
    const values = new Float32Array(Number(shape[0])).fill(value);
    const file = openSync(path, 'r+');
    writeSync(file, values, 0, values.byteLength, Number(tensorDataOffset + offset) + row * values.byteLength);
    closeSync(file);
}
