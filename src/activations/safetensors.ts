import type { FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import { sum } from '../support/averages.js';
import { byName } from '../support/names.js';
import { LanguageNeuronsError } from '../errors.js';
import { isMissing, unreadable, writeFileAtomic } from '../files/fileAccess.js';
import { openInFolder } from '../files/inFolder.js';
import { readInto } from '../files/readWhole.js';
import { checkFitsMemory } from '../files/sizes.js';

/**
 * The part of the safetensors format that this tool needs: int64, uint32 and uint8 tensors and string metadata. A file
 * is an 8-byte little-endian header length, a JSON header, and the tensors' bytes without gaps.
 * https://huggingface.co/docs/safetensors/index#format
 */
export interface Tensor<Data extends TensorData = TensorData> {
    readonly shape: readonly number[];
    readonly data: Data;
}

export type TensorData = BigInt64Array | Uint32Array | Uint8Array;

export interface Safetensors {
    readonly tensors: ReadonlyMap<string, Tensor<BigInt64Array>>;
    readonly wordTensors: ReadonlyMap<string, Tensor<Uint32Array>>;
    readonly byteTensors: ReadonlyMap<string, Tensor<Uint8Array>>;
    readonly metadata: Readonly<Record<string, string>>;
}

/** The reference implementation's own limit; a header that claims more is not one. */
const maxHeaderBytes = 100_000_000;
const lengthBytes = 8;
const elementBytes: Readonly<Record<string, number>> = { I64: 8, U32: 4, U8: 1 };

const entry = z.object({
    dtype: z.string(),
    shape: z.array(z.int().nonnegative()),
    data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});
const headerShape = byName(z.union([entry, byName(z.string())]));

/** What to do where a file is not there or not sound, for messages. */
interface SafetensorsMends {
    readonly missing: string;
    readonly damaged: string;
}
const countsMends: SafetensorsMends = {
    missing: 'run collect first',
    damaged: 'remove it, then collect or import it again',
};

/** @throws LanguageNeuronsError UNWRITABLE */
export async function writeSafetensors(
    path: string,
    tensors: ReadonlyMap<string, Tensor>,
    metadata: Readonly<Record<string, string>>,
): Promise<void> {
    const header: Record<string, unknown> = { __metadata__: metadata };
    let offset = 0;
    for (const [name, { shape, data }] of tensors) {
        const dtype = data instanceof BigInt64Array ? 'I64' : data instanceof Uint32Array ? 'U32' : 'U8';
        header[name] = { dtype, shape, data_offsets: [offset, offset + data.byteLength] };
        offset += data.byteLength;
    }
    // Padded with spaces to a multiple of 8, so that readers may map the tensors in place.
    const json = JSON.stringify(header);
    const text = Buffer.from(json + ' '.repeat((8 - (Buffer.byteLength(json) % 8)) % 8));
    const length = Buffer.alloc(lengthBytes);
    length.writeBigUInt64LE(BigInt(text.length));
    const bodies = [...tensors.values()].map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    await writeFileAtomic(path, [length, text, ...bodies]); // in pieces: counts of experts take gigabytes
}

/**
 * @param wanted tensors to read, by name; the others are looked at in the header only. Default: all
 * @throws LanguageNeuronsError NOT_FOUND, or DAMAGED saying what is wrong
 */
export async function readSafetensors(
    path: string,
    wanted: (name: string) => boolean = () => true,
    mends = countsMends,
): Promise<Safetensors> {
    return opened(path, mends, (file) => readOpened(file, wanted, damageOf(path, mends)));
}

/**
 * A file's metadata alone; undefined where there is no such file.
 * @throws LanguageNeuronsError NOT_FOUND where it cannot be read, or DAMAGED
 */
export async function readSafetensorsMetadata(
    path: string,
    mends = countsMends,
): Promise<Safetensors['metadata'] | undefined> {
    try {
        const damaged = damageOf(path, mends);
        return await opened(path, mends, async (file) => metadataOf((await readHeader(file, damaged)).header));
    } catch (cause) {
        if (isMissing(cause)) return undefined;
        throw cause;
    }
}

async function opened<T>(
    path: string,
    { missing }: SafetensorsMends,
    read: (file: FileHandle) => Promise<T>,
): Promise<T> {
    let file: FileHandle | undefined;
    try {
        file = await openInFolder(path);
        return await read(file);
    } catch (cause) {
        if (cause instanceof LanguageNeuronsError) throw cause;
        if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw unreadable(path, cause);
        throw new LanguageNeuronsError('NOT_FOUND', `${path}: no such file; ${missing}`, { cause });
    } finally {
        await file?.close();
    }
}

type Header = z.infer<typeof headerShape>;

type Damaged = (what: string, cause?: unknown) => LanguageNeuronsError;

function damageOf(path: string, { damaged }: SafetensorsMends): Damaged {
    return (what, cause) =>
        new LanguageNeuronsError('DAMAGED', `${path}: not a valid safetensors file: ${what}; ${damaged}`, { cause });
}

function metadataOf(header: Header): Safetensors['metadata'] {
    return (header.__metadata__ ?? {}) as Record<string, string>;
}

async function readHeader(
    file: FileHandle,
    damaged: Damaged,
): Promise<{ readonly header: Header; readonly begin: number; readonly size: number }> {
    const { size } = await file.stat();
    if (size < lengthBytes) throw damaged('it is too short');
    const headerBytes = Number((await readExactly(file, 0, lengthBytes)).readBigUInt64LE());
    if (headerBytes > maxHeaderBytes || lengthBytes + headerBytes > size)
        throw damaged('its header is longer than the file');
    const bytes = await readExactly(file, lengthBytes, headerBytes);
    try {
        const header = headerShape.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
        return { header, begin: lengthBytes + headerBytes, size };
    } catch (cause) {
        throw damaged('its header is not the JSON expected', cause);
    }
}

async function readOpened(file: FileHandle, wanted: (name: string) => boolean, damaged: Damaged): Promise<Safetensors> {
    const { header, begin, size } = await readHeader(file, damaged);
    const metadata = metadataOf(header);
    const entries: [string, z.infer<typeof entry>][] = [];
    for (const [name, value] of Object.entries(header)) {
        const parsed = entry.safeParse(value);
        if (name === '__metadata__') continue;
        if (parsed.success) entries.push([name, parsed.data]);
        else throw damaged(`tensor ${name} is not described`);
    }
    entries.sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1]);

    const tensors = new Map<string, Tensor<BigInt64Array>>();
    const wordTensors = new Map<string, Tensor<Uint32Array>>();
    const byteTensors = new Map<string, Tensor<Uint8Array>>();
    checkFitsMemory(sum(entries, ([name, { data_offsets: at }]) => (wanted(name) ? at[1] - at[0] : 0)));
    let end = 0;
    for (const [
        name,
        {
            dtype,
            shape,
            data_offsets: [from, to],
        },
    ] of entries) {
        const elements = shape.reduce((product, n) => product * n, 1);
        const each = elementBytes[dtype];
        if (each === undefined) throw damaged(`tensor ${name} is ${dtype}, not I64, U32 or U8`);
        if (from !== end || to < from || begin + to > size)
            throw damaged(`tensor ${name} overlaps another, leaves a gap or lies outside the file`);
        if (to - from !== elements * each)
            throw damaged(`tensor ${name} has ${to - from} bytes for a shape of ${elements} numbers`);
        end = to;
        if (!wanted(name)) continue;
        const bytes = await readExactly(file, begin + from, to - from);
        const { buffer, byteOffset } = bytes;
        if (dtype === 'U8') byteTensors.set(name, { shape, data: bytes });
        else if (dtype === 'U32') wordTensors.set(name, { shape, data: new Uint32Array(buffer, byteOffset, elements) });
        else tensors.set(name, { shape, data: new BigInt64Array(buffer, byteOffset, elements) });
    }
    if (begin + end !== size) throw damaged(`${size - begin - end} bytes belong to no tensor`);
    return { tensors, wordTensors, byteTensors, metadata };
}

/** Reads into memory of its own, so that an array of numbers may lie on it. */
async function readExactly(file: FileHandle, position: number, length: number): Promise<Buffer> {
    const buffer = Buffer.from(new ArrayBuffer(length));
    if ((await readInto(file, buffer, position)) < length) throw new Error('the file ended early');
    return buffer;
}
