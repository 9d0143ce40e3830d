import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { blockTypes, otherTypes } from '../../../src/gguf/blockTypes.js';
import { scaleRow } from '../../../src/gguf/scaleRow.js';
import { GgmlBlocks, noGgml, randomBlocks } from '../../helpers/ggmlBlocks.js';

/** Numbers and names of `enum ggml_type`, in the header of the llama.cpp that is built. */
function ggmlTypes(): Map<number, string> {
    const header = readFileSync(resolve('build/llama.cpp/ggml/include/ggml.h'), 'utf8');
    const body = /enum ggml_type \{(.*?)\};/s.exec(header)![1]!;
    const entries = [...body.matchAll(/^\s*GGML_TYPE_(\w+)\s*=\s*(\d+)/gm)];
    return new Map(entries.filter(([, name]) => name !== 'COUNT').map(([, name, n]) => [Number(n), name!]));
}

const types = Object.entries(blockTypes).map(([number, type]) => ({ number: Number(number), ...type }));
const [rows, row] = [4, 512];
const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Buffer =>
    Buffer.from(buffer, byteOffset, byteLength);

describe.skipIf(noGgml !== undefined)(`block types${noGgml === undefined ? '' : ` (skipped: ${noGgml})`}`, () => {
    let ggml: GgmlBlocks;
    beforeAll(() => {
        ggml = new GgmlBlocks();
    });

    it('are those of ggml.h, each a matrix can have or not', () => {
        const ours = [...types.map(({ number, name }) => [number, name] as const), ...Object.entries(otherTypes)];
        expect(new Map(ours.map(([number, name]) => [Number(number), name]))).toEqual(
            new Map([...ggmlTypes()].sort(([a], [b]) => a - b)),
        );
        expect(ggmlTypes().size).toBeGreaterThan(30);
    });

    it('have the weights and bytes that ggml says', () => {
        const theirs = ggml.sizes();
        const ours = Object.fromEntries(types.map(({ number, weights, bytes }) => [number, { weights, bytes }]));
        const said = types.map(({ number }) => [number, theirs[number]!] as const);
        expect(ours).toEqual(
            Object.fromEntries(said.map(([number, { weights, bytes }]) => [number, { weights, bytes }])),
        );
    });

    describe.each(types)('$name', ({ number, ...type }) => {
        let blocks: Buffer;
        let before: Float32Array;
        const rowBytes = (row / type.weights) * type.bytes;
        const rowOf = (weights: Float32Array, i: number): Float32Array => weights.subarray(i * row, (i + 1) * row);
        /** The weights after the second row's blocks were edited. */
        const edited = (edit: (bytes: Buffer) => void): Float32Array => {
            const copy = Buffer.from(blocks);
            edit(copy.subarray(rowBytes, 2 * rowBytes));
            return ggml.weights(number, copy);
        };
        const othersStay = (after: Float32Array): void => {
            // as bytes, which are compared at once: thousands of numbers are not
            for (const i of [0, 2, 3]) expect(bytesOf(rowOf(after, i)).equals(bytesOf(rowOf(before, i)))).toBe(true);
        };
        beforeAll(() => {
            blocks = randomBlocks(type, (rows * row) / type.weights, 5);
            before = ggml.weights(number, blocks);
        });

        it('holds zeros where its bytes are zero', () => {
            expect(rowOf(before, 1).filter((weight) => weight !== 0).length).toBeGreaterThan(row / 4);
            const after = edited((bytes) => bytes.fill(0));
            expect(rowOf(after, 1).every((weight) => weight === 0)).toBe(true);
            othersStay(after);
        });

        it.each([0.5, 2, 4])('is multiplied by %d exactly', (factor) => {
            const after = edited((bytes) => expect(scaleRow(bytes, type, factor)).toBe(0));
            expect(rowOf(after, 1)).toEqual(rowOf(before, 1).map((weight) => weight * factor));
            othersStay(after);
        });

        it.each([0.7, -1.3])('is multiplied by %d up to the rounding that it tells, or refuses', (factor) => {
            let rounding: ReturnType<typeof scaleRow> = 0;
            const after = edited((bytes) => (rounding = scaleRow(bytes, type, factor)));
            if (type.format === 'e8m0' || type.format === 'ue4m3') return expect(rounding).toBe('coarse');
            const mantissa = { f32: 23, f16: 10, iq1_m: 10, bf16: 7 }[type.format];
            expect(rounding).toBeLessThanOrEqual(2 ** -(mantissa + 1));
            const most = Math.max(...rowOf(before, 1).map(Math.abs)) * Math.abs(factor);
            // scale and minimum are rounded apart, and the last products in F32
            const error = Math.max(...rowOf(after, 1).map((w, i) => Math.abs(w - rowOf(before, 1)[i]! * factor)));
            expect(error / most).toBeLessThan(type.scales.length * 3 * 2 ** -(mantissa + 1));
            if (type.format !== 'f32') expect(error).toBeGreaterThan(0);
            othersStay(after);
        });

        it('refuses a product that its scales cannot hold', () => {
            const faults: unknown[] = [];
            edited((bytes) => faults.push(scaleRow(bytes, type, 2 ** 200)));
            expect(faults[0]).toBe(type.format === 'e8m0' || type.format === 'ue4m3' ? 'coarse' : 'overflow');
        });

        it('keeps zeros where it is multiplied', () => {
            const zeros = Buffer.alloc(rowBytes);
            expect(scaleRow(zeros, type, 0.5)).toBe(0);
            expect(zeros.every((byte) => byte === 0)).toBe(true);
        });
    });
});
