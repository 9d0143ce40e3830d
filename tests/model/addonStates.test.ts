import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type {
    NativeAddon,
    NativeContextOptions,
    NativeModel,
    NativeModelOptions,
} from '../../src/engine/native/addon.js';
import { loadBackends } from '../../src/engine/native/loadBackends.js';
import { counting, mixedBatch, openNative, smallContext } from '../helpers/native.js';
import { writeWidths } from '../helpers/syntheticModels.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const path = join(folder, 'model.gguf');
const { addon } = await loadBackends('off');
beforeAll(() => writeWidths(path, [64, 96]));

const which: NativeModelOptions = {
    path,
    devices: [],
    gpuLayers: 0,
    split: 'layer',
    mainGpu: 0,
    cpuExperts: 0,
    loras: [],
};
const options: NativeContextOptions = { ...smallContext, threads: 1 };
const lists = [Int32Array.of(1, 2)];

/** Every operation of a model but `close`; without one, its type fails. The model has no vocabulary. */
const ofModel: Record<Exclude<keyof NativeModel, 'close'>, (model: NativeModel) => unknown> = {
    info: (model) => model.info(),
    tokenize: (model) => model.tokenize(['a'], false),
    detokenize: (model) => model.detokenize(lists),
    pieces: (model) => model.pieces(false),
    endTokens: (model) => model.endTokens(),
    createContext: (model) => model.createContext(options).then((context) => context.close()),
};

/** Every operation of the addon; of those that change the process, where they are tested. */
const ofAddon: Record<keyof NativeAddon, (() => unknown) | string> = {
    loadBackends: 'tests/model/foreignLibraries.test.ts',
    loadBackend: 'tests/model/foreignLibraries.test.ts',
    rpcVersion: 'tests/rpc/rpc.test.ts',
    addRpcServer: 'tests/rpc/rpc.test.ts',
    serveRpc: 'tests/rpc/commands.test.ts',
    products: 'tests/model/products.test.ts',
    ggmlBits: 'tests/model/products.test.ts',
    attentionHasGgmlBits: 'tests/model/products.test.ts',
    devices: () => addon.devices(),
    binEdges: () => addon.binEdges(),
    randomRows: 'tests/model/untrained.test.ts',
    quantizedTypes: () => addon.quantizedTypes(),
    quantize: 'tests/model/quantize.test.ts',
    writeImatrix: 'tests/model/quantize.test.ts',
    readHeader: () => addon.readHeader(path),
    loadModel: async () => (await addon.loadModel(which)).close(),
    measureMemory: () => addon.measureMemory(which, options),
    guests: () => addon.guests(),
    attachGuest: () => expect(addon.attachGuest(4711, false)).rejects.toMatchObject({ code: 'CLOSED' }),
    matrixColumns: 'tests/model/effects.test.ts',
    tokenEffects: 'tests/model/effects.test.ts',
    normalized: 'tests/model/logitLens.test.ts',
    editGuest: () => {
        expect(() => addon.editGuest(4711, null)).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    },
};
const anytime = Object.entries(ofAddon).filter(
    (entry): entry is [string, () => unknown] => typeof entry[1] === 'function',
);

describe('every operation of a model', () => {
    it('is one that the addon gives it', async () => {
        const model = await openNative(path);
        const own = Object.getOwnPropertyNames(Object.getPrototypeOf(model));
        expect([...Object.keys(ofModel), 'close', 'constructor'].sort()).toEqual(own.sort());
        model.close();
    });

    it.each(Object.entries(ofModel))('%s on a closed model throws CLOSED', async (_, operation) => {
        const model = await openNative(path);
        model.close();
        model.close(); // twice is fine
        expect(() => operation(model)).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    });

    it.each(Object.entries(ofModel))('%s goes on while the model closes', async (_, operation) => {
        const model = await openNative(path);
        const under = Promise.resolve(operation(model)).then(
            () => 'done',
            (error: Error & { code: string }) => error.code,
        );
        model.close();
        expect(['done', 'NATIVE', 'UNSUPPORTED']).toContain(await under);
    });
});

describe('every operation of the addon', () => {
    it('is one that it has', () => {
        expect(Object.keys(ofAddon).sort()).toEqual(Object.keys(addon).sort());
    });

    it.each(anytime)('%s while a context decodes leaves its counts as they are', async (_, operation) => {
        const model = await openNative(path);
        const batch = mixedBatch(64, 1);
        const count = (meanwhile: () => unknown): Promise<unknown> =>
            counting(model, { threads: 1 }, async (context) => {
                const decoding = context.decode(batch);
                await meanwhile();
                await decoding;
                return context.counts();
            });
        const alone = await count(() => undefined);
        expect(await count(operation)).toEqual(alone);
        model.close();
    });
});
