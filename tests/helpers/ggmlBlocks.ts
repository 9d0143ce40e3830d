import { execFileSync } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { resolveBackends } from '../../src/prebuilt/backends.mjs';
import type { BlockType } from '../../src/gguf/blockTypes.js';
import { scaleFormats } from '../../src/gguf/scaleFormats.js';
import { randomGenerator } from '../../src/support/randomGenerator.js';
import { nativeProgram } from './nativeProgram.js';

/** Why ggml cannot be asked here, or undefined. */
export const noGgml =
    process.platform === 'win32' || resolveBackends().prebuilt === null
        ? 'no prebuilt ggml to link with here'
        : undefined;

/** ggml's own blocks: which types it has, and what is in them. See tests/native/blocks.cpp. */
export class GgmlBlocks {
    readonly #program: string;

    constructor() {
        const { ggmlBase } = resolveBackends().prebuilt!;
        this.#program = nativeProgram('blocks', {
            include: [resolve('build/llama.cpp/ggml/include')],
            link: [ggmlBase, `-Wl,-rpath,${dirname(ggmlBase)}`],
        });
    }

    /** Every type of ggml by its number. */
    sizes(): Record<string, { readonly name: string; readonly weights: number; readonly bytes: number }> {
        return JSON.parse(this.#run(['sizes']).toString()) as ReturnType<GgmlBlocks['sizes']>;
    }

    /** The weights of blocks of a type. */
    weights(type: number, blocks: Uint8Array): Float32Array {
        const bytes = this.#run(['weights', String(type)], blocks);
        return new Float32Array(Uint8Array.from(bytes).buffer);
    }

    #run(args: readonly string[], input?: Uint8Array): Buffer {
        return execFileSync(this.#program, args, {
            ...(input === undefined ? {} : { input }),
            maxBuffer: 2 ** 30,
            stdio: ['pipe', 'pipe', 'inherit'],
        });
    }
}

/** Blocks of random bytes, which are weights in every type, with scales from 1/16 to 1/8 times a number. */
export function randomBlocks(type: BlockType, count: number, seed: number, times = 1): Buffer {
    const random = randomGenerator(seed);
    const blocks = Buffer.from(Uint8Array.from({ length: count * type.bytes }, () => uniformInt(random, 0, 255)));
    const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
    const { set } = scaleFormats[type.format];
    for (let block = 0; block < blocks.length; block += type.bytes) {
        for (const scale of type.scales)
            set(view, block + scale, (times * (1 + uniformInt(random, 0, 999) / 1000)) / 16);
    }
    return blocks;
}
