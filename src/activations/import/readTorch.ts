import { text as streamText, buffer as streamBuffer } from 'node:stream/consumers';
import { type Entry, fromFdPromise, type ZipFile } from 'yauzl';
import { LanguageNeuronsError } from '../../errors.js';
import { openNamed } from '../../files/inFolder.js';
import {
    isCount,
    itemBytes,
    parsePickle,
    printable,
    Refusal,
    type StorageName,
    StorageReference,
    TensorReference,
} from './torchPickle.js';

/** An int64 tensor; int32 ones are widened. */
export interface TorchTensor {
    readonly shape: readonly number[];
    /** Row-major. */
    readonly data: BigInt64Array;
}

/**
 * Most bytes of a pickle: a dictionary of some numbers and tensors takes hundreds. Refusing a long one can be slow.
 */
const mostPickleBytes = 1 << 16;
/** First byte of a bare pickle. */
const pickleProtocol = 0x80;

/**
 * Reads the dictionary in a file of `torch.save` (zip format): whole numbers and int32 or int64
 * tensors by name. The file is untrusted: nothing in its pickle is executed, and anything but plain
 * values and tensors is refused by name; storages are read only where the archive holds
 * as many bytes as they say, uncompressed, so that no small file makes a large one.
 * @param names entries to read; others are skipped. Default: all
 * @throws LanguageNeuronsError NOT_FOUND, DAMAGED or UNSUPPORTED, in one line
 */
export async function readTorch(
    path: string,
    names?: readonly string[],
): Promise<ReadonlyMap<string, number | TorchTensor>> {
    const file = await openNamed(path).catch((cause: NodeJS.ErrnoException) => {
        throw new LanguageNeuronsError(
            'NOT_FOUND',
            `${path}: cannot be read (${cause.message}); give the folder of the .pt files`,
            { cause },
        );
    });
    try {
        const { size } = await file.stat();
        const {
            buffer: [first],
        } = await file.read(Buffer.alloc(1), 0, 1, 0);
        if (size > 0 && first === pickleProtocol)
            throw new Refusal('UNSUPPORTED', 'it is in the format of PyTorch before 1.6, without an archive');
        // The handle stays ours: yauzl must not close its descriptor.
        const zip = await fromFdPromise(file.fd, { autoClose: false, lazyEntries: true, strictFileNames: true });
        return await readArchive(zip, size, names);
    } catch (cause) {
        const [code, what] =
            cause instanceof Refusal
                ? ([cause.code, cause.message] as const)
                : (['DAMAGED', firstLine(cause)] as const);
        throw new LanguageNeuronsError(
            code,
            `${path}: not a valid torch.save file: ${what}; download it again, or save it again with torch.save`,
            { cause },
        );
    } finally {
        await file.close();
    }
}

async function readArchive(
    zip: ZipFile,
    size: number,
    names: readonly string[] | undefined,
): Promise<ReadonlyMap<string, number | TorchTensor>> {
    const entries = await entriesOf(zip, size);
    const pickle = entries.get('data.pkl');
    if (pickle === undefined) throw new Refusal('DAMAGED', 'it holds no data.pkl');
    if (pickle.uncompressedSize > mostPickleBytes)
        throw new Refusal(
            'DAMAGED',
            `its pickle has ${pickle.uncompressedSize} bytes, more than numbers and tensors take`,
        );
    const order = entries.get('byteorder');
    if (order !== undefined && order.uncompressedSize < 16) {
        const name = await streamText(await zip.openReadStreamPromise(order));
        if (name !== 'little') throw new Refusal('UNSUPPORTED', `its byte order is ${printable(name)}, not little`);
    }

    const parsed: unknown = parsePickle(await streamBuffer(await zip.openReadStreamPromise(pickle)));
    if (!(parsed instanceof Map)) throw new Refusal('UNSUPPORTED', 'it holds no dictionary');
    const values = new Map<string, number | TorchTensor>();
    const storages = new Map<string, BigInt64Array>();
    for (const [name, value] of parsed as Map<unknown, unknown>) {
        if (names !== undefined && !names.includes(name as string)) continue;
        if (typeof name !== 'string') throw new Refusal('UNSUPPORTED', 'its dictionary has a key that is not a text');
        if (typeof value === 'number' && Number.isSafeInteger(value)) values.set(name, value);
        else if (value instanceof TensorReference)
            values.set(name, await readTensor(zip, entries, storages, checked(name, value)));
        else throw new Refusal('UNSUPPORTED', `${printable(name)} is neither a whole number nor a tensor`);
    }
    return values;
}

/** Entries by their path below the archive's one folder. */
async function entriesOf(zip: ZipFile, size: number): Promise<ReadonlyMap<string, Entry>> {
    const entries = new Map<string, Entry>();
    let bytes = 0;
    for await (const entry of zip.eachEntry()) {
        const name = entry.fileName.slice(entry.fileName.indexOf('/') + 1);
        if (entry.compressionMethod !== 0)
            throw new Refusal('UNSUPPORTED', `${printable(name)} is compressed, which torch.save never does`);
        if (entries.has(name)) throw new Refusal('DAMAGED', `it holds ${printable(name)} twice`);
        bytes += entry.uncompressedSize;
        if (bytes > size) throw new Refusal('DAMAGED', 'its entries claim more bytes than the file has');
        entries.set(name, entry);
    }
    return entries;
}

/** A tensor that can be read. */
interface Readable {
    readonly storage: StorageReference & { readonly type: StorageName };
    readonly offset: number;
    readonly shape: readonly number[];
}

function checked(name: string, { storage, offset, shape, stride }: TensorReference): Readable {
    const sizes = (list: unknown): list is number[] => Array.isArray(list) && list.length <= 8 && list.every(isCount);
    if (
        !(storage instanceof StorageReference) ||
        !isCount(offset) ||
        !sizes(shape) ||
        !sizes(stride) ||
        stride.length !== shape.length
    ) {
        throw new Refusal('DAMAGED', 'a tensor is not described as PyTorch does');
    }
    if (!isReadable(storage))
        throw new Refusal(
            'UNSUPPORTED',
            `${printable(name)} is of torch.${storage.type}; only int32 and int64 tensors are read`,
        );
    let step = 1;
    for (let d = shape.length - 1; d >= 0; d--) {
        if (shape[d]! > 1 && stride[d] !== step)
            throw new Refusal('UNSUPPORTED', 'a tensor is a view that is not contiguous; save its .contiguous()');
        step *= shape[d]!;
    }
    if (!Number.isSafeInteger(step) || offset + step > storage.length)
        throw new Refusal('DAMAGED', 'a tensor reaches beyond its storage');
    return { storage, offset, shape: Object.freeze(shape.slice()) };
}

function isReadable(storage: StorageReference): storage is Readable['storage'] {
    return Object.hasOwn(itemBytes, storage.type);
}

async function readTensor(
    zip: ZipFile,
    entries: ReadonlyMap<string, Entry>,
    storages: Map<string, BigInt64Array>,
    { storage, offset, shape }: Readable,
): Promise<TorchTensor> {
    const { type, key, length } = storage;
    const id = `${type} ${key}`;
    let data = storages.get(id);
    if (data === undefined) {
        const entry = entries.get(`data/${key}`);
        if (entry === undefined) throw new Refusal('DAMAGED', `it lacks the storage ${printable(key)}`);
        if (entry.uncompressedSize !== length * itemBytes[type]) {
            throw new Refusal(
                'DAMAGED',
                `its storage ${printable(key)} has ${entry.uncompressedSize} bytes, ` +
                    `not ${length} numbers of ${itemBytes[type]}`,
            );
        }
        data = widen(await streamBuffer(await zip.openReadStreamPromise(entry)), type);
        storages.set(id, data);
    }
    const count = shape.reduce((product, n) => product * n, 1);
    return { shape, data: data.subarray(offset, offset + count) };
}

function widen(bytes: Buffer, type: StorageName): BigInt64Array {
    const own = new Uint8Array(bytes).buffer; // aligned memory of its own
    return type === 'LongStorage' ? new BigInt64Array(own) : BigInt64Array.from(new Int32Array(own), BigInt);
}

function firstLine(cause: unknown): string {
    return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0]!.slice(0, 200);
}
