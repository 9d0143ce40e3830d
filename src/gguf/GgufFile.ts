import { stat } from 'node:fs/promises';
import type { GGUFParseOutput } from '@huggingface/gguf';
import { LanguageNeuronsError } from '../errors.js';
import { unreadable } from '../files/fileAccess.js';
import { openNamed } from '../files/inFolder.js';
import { readInto } from '../files/readWhole.js';
import { sum } from '../support/averages.js';
import { type BlockType, blockTypes, otherTypes } from './blockTypes.js';

/** A tensor of a GGUF file. */
export interface GgufTensor {
    readonly name: string;
    /** Absent: the type is not known, or no matrix of a model has it. */
    readonly type: BlockType | undefined;
    /** ggml's number of the type. */
    readonly typeNumber: number;
    /** The type for people. */
    readonly typeName: string;
    /** ggml's order, fastest first: a row of a matrix is `shape[0]` weights. */
    readonly shape: readonly number[];
    /** Where its data begin in the file, in bytes. */
    readonly offset: number;
}

/** The header of a GGUF file. */
export interface GgufFile {
    readonly path: string;
    /** Bytes of the whole file. */
    readonly size: number;
    readonly metadata: Readonly<Record<string, unknown>>;
    readonly tensors: ReadonlyMap<string, GgufTensor>;
    /** Where the metadata end, and the tensors' entries, in bytes. */
    readonly metadataEnd: number;
    readonly entriesEnd: number;
    /** Where the tensors' data begin, in bytes. */
    readonly dataStart: number;
    readonly alignment: number;
}

/** A value to put into a file's metadata. */
export type GgufValue = string | number | readonly string[];

/** Where the number of keys is, in bytes: behind the magic number, the version and the number of tensors. */
const keyCountAt = 16;
/** The largest alignment of data that is accepted, in bytes: the largest page of memory. A file is filled up to it. */
const mostAlignment = 2 ** 21;
/** Most of its code is about other things; commands that open no model do without. */
const library = () => import('@huggingface/gguf');

/**
 * Reads a file's header.
 * @throws LanguageNeuronsError NOT_FOUND; DAMAGED where it is no whole GGUF file; UNSUPPORTED where it is big-endian or
 * of version 1
 */
export async function readGguf(path: string): Promise<GgufFile> {
    const { size } = await stat(path).catch((cause: unknown) => {
        throw unreadable(path, cause);
    });
    const { gguf } = await library();
    const parsed = await gguf(path, { allowLocalFile: true }).catch((cause: Error) => {
        const mend = 'download the file again';
        throw new LanguageNeuronsError('DAMAGED', `${path}: not a GGUF file (${cause.message}); ${mend}`, { cause });
    });
    const { tensorInfos, tensorDataOffset, tensorInfoByteRange, littleEndian } = parsed;
    const metadata: Readonly<Record<string, unknown>> = { ...parsed.metadata };
    if (!littleEndian || metadata.version === 1) {
        const what = littleEndian ? 'of version 1' : 'big-endian';
        throw new LanguageNeuronsError('UNSUPPORTED', `${path}: a GGUF file ${what}; convert it with llama.cpp first`);
    }
    const alignment = Number(metadata['general.alignment'] ?? 32);
    if (!(alignment > 0 && alignment <= mostAlignment && Number.isInteger(Math.log2(alignment)))) {
        const wanted = `a power of 2 up to ${mostAlignment}`;
        throw damaged(
            path,
            `its tensors begin at multiples of ${alignment} bytes (general.alignment), not of ${wanted}`,
        );
    }
    const dataStart = Number(tensorDataOffset);
    const tensors = tensorInfos.map((info) => tensorOf(info, dataStart));
    const names = new Set<string>();
    for (const { name } of tensors) {
        if (names.has(name)) throw damaged(path, `has the tensor ${name} twice`);
        names.add(name);
    }
    const torn = tensors.find(({ type, shape }) => type !== undefined && (shape[0] ?? 1) % type.weights !== 0);
    if (torn !== undefined) throw damaged(path, `the rows of ${torn.name} are not whole blocks of ${torn.typeName}`);
    const cut = tensors.find((tensor) => tensor.offset + bytesOf(tensor) > size);
    if (cut !== undefined) throw damaged(path, `ends in the middle of ${cut.name}`);
    const [metadataEnd, entriesEnd] = tensorInfoByteRange;
    return {
        path,
        size,
        metadata,
        tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
        metadataEnd,
        entriesEnd,
        dataStart,
        alignment,
    };
}

function damaged(path: string, what: string): LanguageNeuronsError {
    return new LanguageNeuronsError('DAMAGED', `${path}: ${what}; download the file again`);
}

function tensorOf(info: GGUFParseOutput['tensorInfos'][number], dataStart: number): GgufTensor {
    const { name, dtype, shape, offset } = info;
    const type = blockTypes[dtype];
    return {
        name,
        type,
        typeNumber: dtype,
        typeName: type?.name ?? otherTypes[dtype] ?? `number ${dtype}`,
        shape: shape.map(Number),
        offset: dataStart + Number(offset),
    };
}

/** Bytes of a tensor; 0 where its type is not known. */
export function bytesOf({ type, shape }: GgufTensor): number {
    const weights = shape.reduce((product, n) => product * n, 1);
    return type === undefined ? 0 : (weights / type.weights) * type.bytes;
}

/**
 * Returns the bytes before a file's data with more metadata behind its own; nothing else in them changes.
 * @param more keys that the file does not have
 */
export async function headWith(file: GgufFile, more: Readonly<Record<string, GgufValue>>): Promise<Buffer> {
    const { path, metadataEnd, entriesEnd, alignment } = file;
    const head = Buffer.alloc(entriesEnd);
    const handle = await openNamed(path);
    try {
        await readInto(handle, head, 0);
    } finally {
        await handle.close();
    }
    const keys = Object.keys(more).length;
    head.writeBigUInt64LE(head.readBigUInt64LE(keyCountAt) + BigInt(keys), keyCountAt);
    const parts = [head.subarray(0, metadataEnd), await encoded(more), head.subarray(metadataEnd)];
    const length = sum(parts, (part) => part.length);
    return Buffer.concat([...parts, Buffer.alloc((alignment - (length % alignment)) % alignment)]);
}

/** Keys and values as a file's metadata hold them. */
export async function encoded(values: Readonly<Record<string, GgufValue>>): Promise<Buffer> {
    const { GGUFValueType, serializeGgufMetadata } = await library();
    const typed = Object.entries(values).map(([key, value]) => {
        if (typeof value === 'number') return [key, { value, type: GGUFValueType.UINT32 }] as const;
        if (typeof value === 'string') return [key, { value, type: GGUFValueType.STRING }] as const;
        return [key, { value: [...value], type: GGUFValueType.ARRAY, subType: GGUFValueType.STRING }] as const;
    });
    const none = { value: 0n, type: GGUFValueType.UINT64 } as const;
    const counts = { version: { value: 3, type: GGUFValueType.UINT32 }, tensor_count: none, kv_count: none } as const;
    const file = serializeGgufMetadata({ ...Object.fromEntries(typed), ...counts }, { alignment: 1 });
    return Buffer.from(file).subarray(keyCountAt + 8);
}
