import type { NativeBatch, NativeContext, NativeContextOptions, NativeModel } from '../../src/engine/native/addon.js';
import type { GpuChoice } from '../../src/engine/types/engineTypes.js';
import { loadBackends } from '../../src/engine/native/loadBackends.js';
import { twoThreads } from './threads.mjs';

/** A context that the tests of the addon make; others change some of it. */
export const smallContext: NativeContextOptions = {
    contextSize: 256,
    batchSize: 64,
    sequences: 4,
    streams: false,
    threads: twoThreads,
    counting: 'automatic',
    countOnly: false,
    edits: 1,
    offsets: false,
    callbackTensor: '',
};

/** A model below the engine, for models without a vocabulary. */
export async function openNative(path: string, gpu: GpuChoice = 'off'): Promise<NativeModel> {
    const backends = await loadBackends(gpu);
    const devices = backends.gpus.map(({ name }) => name);
    return backends.addon.loadModel({
        path,
        devices,
        gpuLayers: -1,
        split: 'layer',
        mainGpu: 0,
        cpuExperts: 0,
        loras: [],
    });
}

/** Runs work in a context of its own, counting. */
export async function counting<T>(
    model: NativeModel,
    options: Partial<NativeContextOptions>,
    work: (context: NativeContext) => Promise<T>,
): Promise<T> {
    const context = await model.createContext({ ...smallContext, ...options });
    try {
        await context.setMode({ count: true, edit: false, edits: false, add: false, head: 'none' });
        return await work(context);
    } finally {
        context.close();
    }
}

/** Two sequences of different length in one batch, the first third of each a prompt. */
export function mixedBatch(vocabulary: number, seed: number): NativeBatch {
    const lengths = [23, 41];
    const n = lengths[0]! + lengths[1]!;
    const positions = Int32Array.from({ length: n }, (_, i) => (i < lengths[0]! ? i : i - lengths[0]!));
    const sequences = Int32Array.from({ length: n }, (_, i) => (i < lengths[0]! ? 0 : 1));
    return {
        tokens: Int32Array.from({ length: n }, (_, i) => (i * 7919 + seed * 104_729 + 13) % vocabulary),
        positions,
        sequences,
        counted: Uint8Array.from({ length: n }, (_, i) => (positions[i]! >= lengths[sequences[i]!]! / 3 ? 1 : 0)),
        targets: new Int32Array(n).fill(-1),
        edits: new Int32Array(n),
        finished: Int32Array.of(0, 1),
        trimmed: new Int32Array(0),
        moved: new Int32Array(0),
        shared: new Int32Array(0),
    };
}
