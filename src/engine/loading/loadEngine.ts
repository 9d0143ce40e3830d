import { LanguageNeuronsError } from '../../errors.js';
import { type Progress, silent } from '../../support/progress.js';
import type {
    NativeContext,
    NativeContextOptions,
    NativeDevice,
    NativeMode,
    NativeModel,
    NativeModelOptions,
} from '../native/addon.js';
import { checkOptions, checkTrainContext, checkWindow } from './checkOptions.js';
import { defaultThreads } from './defaultThreads.js';
import { type EditCapacity, largerCapacity } from './editSlots.js';
import { type EngineSettings, engineSettings } from '../types/EngineSettings.js';
import type { EngineOptions, Products } from '../types/engineTypes.js';
import { type LoadedBackends, loadBackends } from '../native/loadBackends.js';
import type { MemoryPlan } from '../types/MemoryPlan.js';
import { modelFiles } from '../files/modelFiles.js';
import { modelFingerprint } from '../files/modelFingerprint.js';
import { awaitNative, nativeError } from '../native/nativeError.js';
import { checkWeightsFit, describePlan, maxSequences, planMemory } from './planMemory.js';
import type { OpenCounting } from './fastestProducts.js';
import { resolveModel } from '../files/resolveModel.js';
import { settledProducts } from './settledProducts.js';
import { usualWindow } from './usualWindow.js';

const defaultBatchSize = 512;
/** Least batch worth going on with. */
export const leastBatchSize = maxSequences; // a generated batch has a token of each sequence

/** How the cells of a KV cache are given to sequences: each has an equal part, its stream, or all share them. */
export interface CacheLayout {
    /** Of all sequences. */
    readonly cells: number;
    readonly sequences: number;
    readonly streams: boolean;
}

/** Edits that a context holds before any are used. */
const firstCapacity: EditCapacity = { edits: 1, offsets: false };
/** What the plan of a device's memory keeps free for more, so that they need not be split into groups. */
const plannedCapacity: EditCapacity = { edits: 8, offsets: false };

/** Makes a context; default: a cache that all sequences share, of the engine's size. */
export type OpenContext = (batchSize: number, capacity: EditCapacity, layout?: CacheLayout) => Promise<NativeContext>;

/** What an engine is made of. */
export interface EngineParts {
    readonly path: string;
    /** The model's file, and those of its adapters. */
    readonly files: readonly string[];
    readonly model: NativeModel;
    readonly context: NativeContext;
    readonly open: OpenContext;
    readonly backends: LoadedBackends;
    readonly fingerprint: string;
    readonly settings: EngineSettings;
    readonly plan: MemoryPlan | undefined;
    readonly notes: readonly string[];
    readonly steppedDown: boolean;
    /** Counting adds up activations too. */
    readonly values: boolean;
    readonly allowNonfinite: boolean;
    /** What the context holds. */
    readonly capacity: EditCapacity;
    readonly progress: Progress;
    readonly sizes: Readonly<
        Record<'requestedBatchSize' | 'batchSize' | 'windowSize' | 'sequences' | 'contextSize', number>
    >;
}

/** What tests and benchmarks ask for beside an engine's options. */
export interface EngineInternals
    extends
        Partial<Pick<NativeContextOptions, 'counting' | 'callbackTensor' | 'f32Cache' | 'ggmlAlone'>>,
        Pick<NativeModelOptions, 'fileOrder'> {
    /** Edits that are held from the beginning. Default: one, without offsets. */
    readonly capacity?: EditCapacity;
}

/**
 * Plans the memory, loads the model and its adapters, and makes a context.
 * @param open for what has to be measured first
 * @throws LanguageNeuronsError as `Engine.open`
 */
export async function loadEngine(given: EngineOptions & EngineInternals, open: OpenCounting): Promise<EngineParts> {
    const { files, path, loras, backends, notes, options } = await foundParts(given, open);
    const { batchSize: requestedBatchSize = defaultBatchSize, values = false, progress = silent, signal } = options;
    const { capacity = firstCapacity } = options;
    const onDevice = backends.gpus.length > 0;
    const plan = onDevice ? await planOf(path, backends, options, requestedBatchSize) : undefined;
    if (plan === undefined) await checkWeightsFit(files);
    else notes.push(`${backends.name}: ${describePlan(plan, backends.place)}`);
    const fingerprint = await modelFingerprint(path, loras, { signal, progress });
    const gpuLayers = plan?.gpuLayers ?? options.gpuLayers ?? -1;
    const model = await awaitNative(() =>
        backends.addon.loadModel({ path, ...placement(options, backends.gpus), gpuLayers, loras }),
    );
    try {
        const { trainContext, warnings } = model.info();
        for (const warning of warnings) notes.push(`warning: ${path}: ${tokenWarning(warning)}`);
        checkTrainContext(trainContext, path);
        const { windowSize, contextSize } = sizesOf(options, requestedBatchSize, trainContext);
        checkWindow(windowSize, trainContext, path);
        const sequences = Math.min(maxSequences, requestedBatchSize);
        const threads = options.threads ?? (await defaultThreads());
        let note = (line: string): unknown => notes.push(line);
        const openContext = openerOf(model, options, { threads, onDevice, contextSize, sequences }, (line) =>
            note(line),
        );
        const { context, batchSize } = await openFirst(
            openContext,
            plan?.batchSize ?? requestedBatchSize,
            capacity,
            notes,
        );
        note = (line) => progress.note(line); // of contexts to come
        return {
            path,
            files: [path, ...loras.map((lora) => lora.path)],
            model,
            context,
            open: openContext,
            backends,
            fingerprint,
            settings: engineSettings(
                options,
                { ...backends, bins: backends.addon.binEdges().length },
                requestedBatchSize,
                windowSize,
            ),
            plan,
            notes,
            steppedDown: batchSize < (plan?.batchSize ?? requestedBatchSize),
            values,
            allowNonfinite: options.allowNonfinite ?? false,
            capacity,
            progress,
            sizes: { requestedBatchSize, batchSize, windowSize, sequences, contextSize },
        };
    } catch (cause) {
        model.close();
        throw nameFile(cause, path);
    }
}

/** What an engine needs before its model is loaded, and its options with their products chosen. */
async function foundParts<Options extends EngineOptions>(given: Options, open: OpenCounting) {
    checkOptions(given);
    const files = await modelFiles(await resolveModel(given.model, given));
    const path = files[0]!; // which llama.cpp finds the others by
    const loras = await resolveLoras(given);
    const backends = await loadBackends(given.gpu ?? 'auto', given.rpc);
    const notes: string[] = [];
    const products = await settledProducts(given, backends, open, notes);
    return { files, path, loras, backends, notes, options: { ...given, products } };
}

function resolveLoras(options: EngineOptions): Promise<NativeModelOptions['loras'][number][]> {
    return Promise.all(
        (options.loras ?? []).map(async ({ path, scale = 1 }) => ({ path: await resolveModel(path, options), scale })),
    );
}

/** Where a model goes: the same for its plan and for loading it. */
function placement(
    { products, exact = false, fileOrder = false, split = 'layer', mainGpu = 0, cpuExperts = 0 }: SettledOptions,
    gpus: readonly NativeDevice[],
): Pick<NativeModelOptions, 'products' | 'fileOrder' | 'devices' | 'split' | 'mainGpu' | 'cpuExperts'> {
    const devices = gpus.map(({ name }) => name);
    return { products: exact ? 'exact' : products, fileOrder, devices, split, mainGpu, cpuExperts };
}

/** Options whose products are chosen. */
type SettledOptions = EngineOptions & EngineInternals & { readonly products: Products };

/**
 * Opens contexts of a model.
 * @param note tells where a part of the work leaves its device
 */
function openerOf(
    model: NativeModel,
    options: EngineOptions & EngineInternals,
    sizes: Readonly<Record<'threads' | 'contextSize' | 'sequences', number>> & { readonly onDevice: boolean },
    note: (line: string) => unknown,
): OpenContext {
    const {
        counting = 'automatic',
        callbackTensor = '',
        f32Cache = false,
        ggmlAlone = false,
        countOnly = false,
        values = false,
    } = options;
    const { threads, contextSize: cells, sequences, onDevice } = sizes;
    let checked = ''; // kinds of edits that a graph with them was looked at
    return async (batchSize, held, layout = { cells, sequences, streams: false }) => {
        const context = await awaitNative(() =>
            model.createContext({
                contextSize: layout.cells,
                batchSize,
                sequences: layout.sequences,
                streams: layout.streams,
                threads,
                counting,
                countOnly,
                f32Cache,
                ggmlAlone,
                ...held,
                values,
                callbackTensor,
            }),
        );
        const kinds = `${held.edits > 1} ${held.offsets} ${held.watched !== undefined}`;
        if (!onDevice || kinds === checked) return context;
        try {
            await noteFallback(context, { ...held, values, countOnly }, note);
        } catch (cause) {
            context.close();
            throw cause;
        }
        checked = kinds;
        return context;
    };
}

/** Opens an engine's first context, with batches of half as many tokens where memory runs out. */
async function openFirst(
    open: OpenContext,
    batchSize: number,
    capacity: EditCapacity,
    notes: string[],
): Promise<{ readonly context: NativeContext; readonly batchSize: number }> {
    try {
        return { context: await open(batchSize, capacity), batchSize };
    } catch (cause) {
        if (nativeError(cause).code !== 'OUT_OF_MEMORY' || batchSize < 2 * leastBatchSize) throw cause;
        notes.push(`memory ran out for batches of ${batchSize} tokens; going on with half`);
        const half = Math.floor(batchSize / 2);
        return { context: await open(half, capacity), batchSize: half };
    }
}

/**
 * Tokens of a window and of the KV cache.
 * @param trainContext tokens that the model was trained with; 0 where that is not known
 */
function sizesOf(
    { windowSize: asked, contextSize = 0, windows = 1 }: EngineOptions,
    batchSize: number,
    trainContext = 0,
): Readonly<Record<'windowSize' | 'contextSize', number>> {
    const windowSize = asked ?? usualWindow(trainContext > 0 ? trainContext : undefined);
    // At most one sequence reaches from one batch into the next.
    return { windowSize, contextSize: Math.max(contextSize, windows * windowSize, windowSize + batchSize) };
}

function planOf(
    path: string,
    { addon, gpus }: LoadedBackends,
    options: SettledOptions & EngineInternals,
    batchSize: number,
): Promise<MemoryPlan> {
    const { contextSize } = sizesOf(options, batchSize);
    const used = options.split === 'none' ? gpus.slice(options.mainGpu ?? 0).slice(0, 1) : gpus;
    return planMemory({ addon, path, ...placement(options, gpus) }, used, {
        contextSize,
        batchSize,
        leastBatchSize: Math.min(batchSize, 2 * leastBatchSize),
        ...largerCapacity(options.capacity ?? firstCapacity, plannedCapacity),
        values: options.values ?? false,
        countOnly: options.countOnly,
        gpuLayers: options.gpuLayers,
    });
}

/** A count, edit or score that the scheduler moves to another device splits the graph more often. */
async function noteFallback(
    context: NativeContext,
    {
        edits,
        offsets,
        watched,
        values,
        countOnly,
    }: EditCapacity & { readonly values: boolean; readonly countOnly: boolean },
    note: (line: string) => unknown,
): Promise<void> {
    const plain: NativeMode = {
        count: false,
        edit: false,
        edits: false,
        add: false,
        head: countOnly ? 'none' : 'logits',
    };
    const without = await awaitNative(() => context.graphSplits(plain));
    const all = await awaitNative(() =>
        context.graphSplits({
            ...plain,
            count: true,
            edit: true,
            edits: edits > 1,
            add: offsets,
            values,
            watch: watched !== undefined,
            head: countOnly ? 'none' : 'scores',
        }),
    );
    if (all > without) {
        note(
            `warning: a part of the counting leaves its device (${all} parts of the graph instead of ` +
                `${without}); results are right, but slow; please report the device`,
        );
    }
}

/** What llama.cpp warns of, and what comes of it. */
function tokenWarning(warning: string): string {
    const mend = 'convert the model again, or use another file of it';
    return `its texts may have other tokens than the model was trained with: ${warning}; ${mend}`;
}

/** Puts the model's file in front of a message that does not name it. */
function nameFile(cause: unknown, path: string): LanguageNeuronsError {
    const error = nativeError(cause);
    if (error.message.includes(path)) return error;
    return new LanguageNeuronsError(error.code, `${path}: ${error.message}`, {
        cause: error,
        ...(error.nativeCode === undefined ? {} : { nativeCode: error.nativeCode }),
    });
}
