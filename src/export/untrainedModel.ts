import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { loadAddon } from '../engine/native/loadBackends.js';
import { modelFiles } from '../engine/files/modelFiles.js';
import { modelFingerprint } from '../engine/files/modelFingerprint.js';
import { awaitNative } from '../engine/native/nativeError.js';
import { resolveModel } from '../engine/files/resolveModel.js';
import { LanguageNeuronsError } from '../errors.js';
import { cacheFolder } from '../files/cacheFolder.js';
import { fillFrom, unwritable } from '../files/fileAccess.js';
import { withFile } from '../files/folderLock.js';
import { openNamed } from '../files/inFolder.js';
import { makeFolder } from '../files/makeFolder.js';
import type { UnfinishedFile } from '../files/UnfinishedFile.js';
import { bytesOf, type GgufFile, type GgufTensor, headWith, readGguf } from '../gguf/GgufFile.js';
import { sum } from '../support/averages.js';
import { type Progress, silent, type WorkOptions } from '../support/progress.js';
import { throwIfStopped } from '../support/stop.js';
import { toolVersion } from '../versions.js';
import { checkSources } from './checkReadable.js';
import { targetsOf, writeModel } from './writeModel.js';

/** Standard deviation of the weights, as GPT-2's and Llama's before training. */
const deviation = 0.02;
/** Weights that one native call draws, and calls at a time. */
const callWeights = 2 ** 20;
const calls = 4;
/** The number 1 in the types that norms have, by ggml's number of the type. */
const ones: Readonly<Record<number, readonly number[]>> = { 0: [0, 0, 0x80, 0x3f], 1: [0, 0x3c], 30: [0x80, 0x3f] };

export interface UntrainedOptions extends WorkOptions {
    /** GGUF file, or `hf:user/repo:quant`. */
    readonly model: string;
    readonly seed?: number | undefined;
    /** Default: the folder `untrained` in the cache folder. */
    readonly folder?: string | undefined;
}

/**
 * Writes an untrained model of the shape, types of tensors and tokenizer of another one, unless it is there: matrices
 * get random weights, even with a standard deviation of 0.02; norms 1; biases 0. What is none of them, such as
 * frequencies of rotary positions, stays.
 * @returns its first file
 * @throws LanguageNeuronsError UNSUPPORTED for a type that ggml cannot write; NOT_FOUND, DAMAGED, UNWRITABLE, ABORTED
 */
export async function untrainedModel(options: UntrainedOptions): Promise<string> {
    const { seed = 1, folder = join(cacheFolder(), 'untrained'), signal, progress = silent } = options;
    const path = await resolveModel(options.model, { signal, progress });
    const sources = await Promise.all((await modelFiles(path)).map(readGguf));
    const fingerprint = await modelFingerprint(path, [], { signal, progress });
    const name = `${fingerprint.replace(/^xxh128:/, '')}.seed-${seed}`;
    const targets = targetsOf(join(folder, `${name}.gguf`), sources);
    await makeFolder(folder);
    await withFile(targets[0]!, 'write an untrained model', async () => {
        // The files get their names together: the last says that all are there.
        if ((await lstat(targets.at(-1)!).catch(() => undefined)) !== undefined) return;
        await checkSources(sources);
        await writeUntrainedModel(sources, targets, fingerprint, { seed, signal, progress });
    });
    return targets[0]!;
}

async function writeUntrainedModel(
    sources: readonly GgufFile[],
    targets: readonly string[],
    fingerprint: string,
    { seed, signal, progress }: DrawOptions,
): Promise<void> {
    const weights = sum(sources, ({ size, dataStart }) => size - dataStart);
    progress.stage('write the untrained model', weights);
    await writeModel({
        sources,
        targets,
        write: async (source, i, to) => {
            const keys = {
                'language-neurons.untrained.tool': `language-neurons ${toolVersion}`,
                'language-neurons.untrained.model': fingerprint,
                'language-neurons.untrained.seed': seed,
            };
            await writeUntrained(source, await headWith(source, i === 0 ? keys : {}), to, { seed, signal, progress });
        },
    });
    progress.done();
}

interface DrawOptions {
    readonly seed: number;
    readonly signal: AbortSignal | undefined;
    readonly progress: Progress;
}

/** Writes a head and the data behind it, tensor by tensor, each at its place. */
async function writeUntrained(source: GgufFile, head: Buffer, to: UnfinishedFile, options: DrawOptions): Promise<void> {
    const write = async (bytes: Uint8Array): Promise<void> => {
        await to.write(bytes).catch((cause: unknown) => {
            throw unwritable(to.target, cause);
        });
        options.progress.advance(bytes.length);
    };
    await write(head);
    const from = await openNamed(source.path);
    let at = source.dataStart;
    try {
        for (const tensor of [...source.tensors.values()].sort((a, b) => a.offset - b.offset)) {
            await write(Buffer.alloc(tensor.offset - at));
            for await (const bytes of dataOf(source, tensor, from, options)) await write(bytes);
            at = tensor.offset + bytesOf(tensor);
        }
        await write(Buffer.alloc(source.size - at));
    } finally {
        await from.close();
    }
}

/** The data of a tensor before training. */
async function* dataOf(
    { path }: GgufFile,
    tensor: GgufTensor,
    from: FileHandle,
    { seed, signal }: DrawOptions,
): AsyncGenerator<Uint8Array> {
    const { name, shape, type, typeNumber, typeName, offset } = tensor;
    if (type === undefined)
        throw new LanguageNeuronsError('UNSUPPORTED', `${path}: ${name} is of type ${typeName}, which is not known`);
    const size = bytesOf(tensor);
    const isNorm = /norm/.test(name);
    const one = ones[typeNumber];
    if (/\.bias$/.test(name)) yield Buffer.alloc(size);
    else if (isNorm && one !== undefined) yield Buffer.alloc(size, Buffer.from(one));
    else if (shape.length > 1 && /\.weight$/.test(name) && !isNorm) yield* randomData(tensor, seed, signal);
    else {
        const bytes = Buffer.alloc(size);
        await fillFrom(from, path, bytes, offset);
        yield bytes;
    }
}

async function* randomData(
    { name, shape, typeNumber }: GgufTensor,
    seed: number,
    signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
    const { addon } = await loadAddon();
    const [width = 1, ...others] = shape;
    const rows = others.reduce((product, n) => product * n, 1);
    const atOnce = Math.max(1, Math.floor(callWeights / width));
    const bound = deviation * Math.sqrt(3);
    for (let first = 0; first < rows; first += calls * atOnce) {
        throwIfStopped(signal);
        const begins = Array.from({ length: calls }, (_, i) => first + i * atOnce).filter((begin) => begin < rows);
        yield* await Promise.all(
            begins.map((begin) =>
                awaitNative(() =>
                    addon.randomRows(
                        typeNumber,
                        width,
                        Math.min(atOnce, rows - begin),
                        bound,
                        drawSeed(seed, name, begin),
                    ),
                ),
            ),
        );
    }
}

/** A seed of its own for some rows of a tensor: 48 bits. */
function drawSeed(seed: number, name: string, row: number): number {
    return createHash('sha256').update(`${seed} ${name} ${row}`).digest().readUIntBE(0, 6);
}
