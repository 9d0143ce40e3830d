import { text as streamText, buffer as streamBuffer } from 'node:stream/consumers';
import { Parser } from 'pickleparser';
import { type Entry, fromFdPromise, type ZipFile } from 'yauzl';
import { LanguageNeuronsError } from '../../errors.js';
import { openNamed } from '../../files/inFolder.js';

/** An int64 tensor; int32 ones are widened. */
export interface TorchTensor {
    readonly shape: readonly number[];
    /** Row-major. */
    readonly data: BigInt64Array;
}

/**
 * Most bytes of a pickle: a dictionary of some numbers and tensors takes hundreds; a long one can be slow to refuse.
 */
const mostPickleBytes = 1 << 16;
/** First byte of a bare pickle. */
const pickleProtocol = 0x80;
const itemBytes = { LongStorage: 8, IntStorage: 4 } as const;
type StorageName = keyof typeof itemBytes;

/** What a pickle says of a tensor, before its bytes are read. */
class TensorReference {
    constructor(
        readonly storage: StorageReference,
        readonly offset: number,
        readonly shape: readonly number[],
    ) {
        Object.freeze(this); // a pickle can assign to what it built
    }
}

class StorageReference {
    constructor(
        readonly type: StorageName,
        readonly key: string,
        readonly length: number,
    ) {
        Object.freeze(this);
    }
}

/** A refusal while a pickle is read; the file's name and the mend are added outside. */
class Refusal extends Error {
    constructor(
        readonly code: 'DAMAGED' | 'UNSUPPORTED',
        message: string,
    ) {
        super(message);
    }
}

/**
 * Reads the dictionary in a file of `torch.save` (zip format): whole numbers and int32 or int64
 * tensors by name. The file is untrusted: nothing in its pickle is executed, and anything but plain
 * containers, numbers and tensors is refused by name; storages are read only where the archive holds
 * as many bytes as they say, uncompressed, so that no small file makes a large one.
 * @throws LanguageNeuronsError NOT_FOUND, DAMAGED or UNSUPPORTED, in one line
 */
export async function readTorch(path: string): Promise<ReadonlyMap<string, number | TorchTensor>> {
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
        return await readArchive(zip, size);
    } catch (cause) {
        const [code, what] =
            cause instanceof Refusal
                ? ([cause.code, cause.message] as const)
                : (['DAMAGED', firstLine(cause)] as const);
        throw new LanguageNeuronsError(
            code,
            `${path}: not a sound file of torch.save: ${what}; get it again, or save it anew with torch.save`,
            { cause },
        );
    } finally {
        await file.close();
    }
}

async function readArchive(zip: ZipFile, size: number): Promise<ReadonlyMap<string, number | TorchTensor>> {
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
        if (typeof name !== 'string') throw new Refusal('UNSUPPORTED', 'its dictionary has a key that is no text');
        if (typeof value === 'number' && Number.isSafeInteger(value)) values.set(name, value);
        else if (value instanceof TensorReference) values.set(name, await readTensor(zip, entries, storages, value));
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

/** Builds plain values; the only names it knows are those of tensors. */
function parsePickle(bytes: Uint8Array): unknown {
    const known: Readonly<Record<string, unknown>> = {
        'torch._utils._rebuild_tensor_v2': (
            storage: unknown,
            offset: unknown,
            shape: unknown,
            stride: unknown,
        ): TensorReference => rebuildTensor(storage, offset, shape, stride),
        'collections.OrderedDict': () => new Map<unknown, unknown>(), // a tensor's hooks
        'torch.LongStorage': 'LongStorage',
        'torch.IntStorage': 'IntStorage',
    };
    const parser = new Parser({
        unpicklingTypeOfDictionary: 'Map',
        nameResolver: {
            resolve: (module, name) => {
                const full = `${module}.${name}`;
                if (!Object.hasOwn(known, full))
                    throw new Refusal(
                        'UNSUPPORTED',
                        `it asks for ${printable(full)}; only whole numbers and int32 or int64 tensors are read`,
                    );
                return known[full] as () => unknown;
            },
        },
        // Typed as text, but PyTorch writes ('storage', type, key, device, length).
        persistentResolver: { resolve: (id: unknown) => storageReference(id) },
        extensionResolver: {
            resolve: (code) => {
                throw new Refusal('UNSUPPORTED', `it asks for the extension ${code}`);
            },
        },
    });
    return parser.parse(bytes);
}

function storageReference(id: unknown): StorageReference {
    if (!Array.isArray(id)) throw new Refusal('DAMAGED', 'a storage is not described as PyTorch does');
    const [kind, type, key, , length] = id as unknown[];
    if (
        kind !== 'storage' ||
        typeof type !== 'string' ||
        !Object.hasOwn(itemBytes, type) ||
        typeof key !== 'string' ||
        !isCount(length)
    ) {
        throw new Refusal('DAMAGED', 'a storage is not described as PyTorch does');
    }
    return new StorageReference(type as StorageName, key, length);
}

function rebuildTensor(storage: unknown, offset: unknown, shape: unknown, stride: unknown): TensorReference {
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
    let step = 1;
    for (let d = shape.length - 1; d >= 0; d--) {
        if (shape[d]! > 1 && stride[d] !== step)
            throw new Refusal('UNSUPPORTED', 'a tensor is a view that is not contiguous; save its .contiguous()');
        step *= shape[d]!;
    }
    if (!Number.isSafeInteger(step) || offset + step > storage.length)
        throw new Refusal('DAMAGED', 'a tensor reaches beyond its storage');
    return new TensorReference(storage, offset, Object.freeze(shape.slice()));
}

async function readTensor(
    zip: ZipFile,
    entries: ReadonlyMap<string, Entry>,
    storages: Map<string, BigInt64Array>,
    { storage, offset, shape }: TensorReference,
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

function isCount(value: unknown): value is number {
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** A name out of an untrusted file, for one line. */
function printable(name: string): string {
    return JSON.stringify(name.slice(0, 80));
}

function firstLine(cause: unknown): string {
    return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0]!.slice(0, 200);
}
