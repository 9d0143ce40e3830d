import { LanguageNeuronsError } from '../errors.js';
import { type Progress, silent } from '../support/progress.js';
import type { NativeContext, NativeContextOptions, NativeDevice, NativeMode, NativeModel } from './addon.js';
import { checkOptions, checkTrainContext, checkWindow } from './checkOptions.js';
import { defaultThreads } from './defaultThreads.js';
import { type EditCapacity, largerCapacity } from './edits.js';
import { type EngineSettings, engineSettings } from './EngineSettings.js';
import type { EngineOptions } from './engineTypes.js';
import { type LoadedBackends, loadBackends } from './loadBackends.js';
import { modelFiles } from './modelFiles.js';
import { modelFingerprint } from './modelFingerprint.js';
import { awaitNative, nativeError } from './nativeError.js';
import { checkWeightsFit, describePlan, maxSequences, type MemoryPlan, planMemory } from './planMemory.js';
import { resolveModel } from './resolveModel.js';

const defaultBatchSize = 512;
const defaultWindowSize = 2048; // covers MGSM's longest answers; a larger KV cache slows short texts down
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
export interface EngineInternals extends Partial<
    Pick<NativeContextOptions, 'counting' | 'callbackTensor' | 'f32Cache'>
> {
    /** Edits that are held from the beginning. Default: one, without offsets. */
    readonly capacity?: EditCapacity;
}

/**
 * Plans the memory, loads the model and its adapters, and makes a context.
 * @throws LanguageNeuronsError as `Engine.open`
 */
export async function loadEngine(options: EngineOptions & EngineInternals): Promise<EngineParts> {
    checkOptions(options);
    const { batchSize: requestedBatchSize = defaultBatchSize, values = false, progress = silent } = options;
    const { capacity = firstCapacity, countOnly = false } = options;
    const files = await modelFiles(await resolveModel(options.model, options));
    const path = files[0]!; // which llama.cpp finds the others by
    const loras = await Promise.all(
        (options.loras ?? []).map(async ({ path, scale }) => ({
            path: await resolveModel(path, options),
            scale: scale ?? 1,
        })),
    );
    const backends = await loadBackends(options.gpu ?? 'auto', options.rpc);
    const notes: string[] = [];
    const onDevice = backends.gpus.length > 0;
    const plan = onDevice ? await planOf(path, backends, options, requestedBatchSize) : undefined;
    if (plan === undefined) await checkWeightsFit(files);
    else notes.push(`${backends.name}: ${describePlan(plan, backends.place)}`);
    const fingerprint = await modelFingerprint(path, loras, options);
    const model = await awaitNative(() =>
        backends.addon.loadModel({
            path,
            devices: namesOf(backends.gpus),
            gpuLayers: plan?.gpuLayers ?? options.gpuLayers ?? -1,
            split: options.split ?? 'layer',
            mainGpu: options.mainGpu ?? 0,
            cpuExperts: options.cpuExperts ?? 0,
            loras,
        }),
    );
    try {
        const { trainContext, warnings } = model.info();
        for (const warning of warnings) notes.push(`warning: ${path}: ${tokenWarning(warning)}`);
        checkTrainContext(trainContext, path);
        const { windowSize, contextSize } = sizesOf(options, requestedBatchSize, trainContext);
        checkWindow(windowSize, trainContext, path);
        const sequences = Math.min(maxSequences, requestedBatchSize);
        const threads = options.threads ?? (await defaultThreads());
        const shared: CacheLayout = { cells: contextSize, sequences, streams: false };
        let note = (line: string): unknown => notes.push(line);
        let checked = ''; // kinds of edits that a graph with them was looked at
        const open: OpenContext = async (batchSize, held, layout = shared) => {
            const context = await awaitNative(() =>
                model.createContext({
                    contextSize: layout.cells,
                    batchSize,
                    sequences: layout.sequences,
                    streams: layout.streams,
                    threads,
                    counting: options.counting ?? 'automatic',
                    countOnly,
                    f32Cache: options.f32Cache ?? false,
                    ...held,
                    values,
                    callbackTensor: options.callbackTensor ?? '',
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
        let batchSize = plan?.batchSize ?? requestedBatchSize;
        let steppedDown = false;
        const context = await open(batchSize, capacity).catch((cause: unknown) => {
            if (!ranOut(cause) || batchSize < 2 * leastBatchSize) throw cause;
            notes.push(`memory ran out for batches of ${batchSize} tokens; going on with half`);
            batchSize = Math.floor(batchSize / 2);
            steppedDown = true;
            return open(batchSize, capacity);
        });
        note = (line) => progress.note(line); // of contexts to come
        const settings = engineSettings(options, backends, requestedBatchSize, windowSize);
        return {
            path,
            files: [path, ...loras.map((lora) => lora.path)],
            model,
            context,
            open,
            backends,
            fingerprint,
            settings,
            plan,
            notes,
            steppedDown,
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

/**
 * Tokens of a window and of the KV cache.
 * @param trainContext tokens that the model was trained with; 0 where that is not known
 */
function sizesOf(
    { windowSize: asked, contextSize = 0, windows = 1 }: EngineOptions,
    batchSize: number,
    trainContext = 0,
): Readonly<Record<'windowSize' | 'contextSize', number>> {
    const windowSize = asked ?? Math.min(defaultWindowSize, trainContext > 0 ? trainContext : Infinity);
    // At most one sequence reaches from one batch into the next.
    return { windowSize, contextSize: Math.max(contextSize, windows * windowSize, windowSize + batchSize) };
}

function planOf(
    path: string,
    { addon, gpus }: LoadedBackends,
    options: EngineOptions & EngineInternals,
    batchSize: number,
): Promise<MemoryPlan> {
    const { contextSize } = sizesOf(options, batchSize);
    const used = options.split === 'none' ? gpus.slice(options.mainGpu ?? 0).slice(0, 1) : gpus;
    return planMemory(
        {
            addon,
            path,
            devices: namesOf(gpus),
            split: options.split ?? 'layer',
            mainGpu: options.mainGpu ?? 0,
            cpuExperts: options.cpuExperts ?? 0,
        },
        used,
        {
            contextSize,
            batchSize,
            leastBatchSize: Math.min(batchSize, 2 * leastBatchSize),
            ...largerCapacity(options.capacity ?? firstCapacity, plannedCapacity),
            values: options.values ?? false,
            countOnly: options.countOnly,
            gpuLayers: options.gpuLayers,
        },
    );
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

function namesOf(devices: readonly NativeDevice[]): string[] {
    return devices.map(({ name }) => name);
}

function ranOut(cause: unknown): boolean {
    return nativeError(cause).code === 'OUT_OF_MEMORY';
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
