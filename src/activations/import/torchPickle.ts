import { Parser } from 'pickleparser';

/** Storages that are read, and bytes of their items. */
export const itemBytes = { LongStorage: 8, IntStorage: 4 } as const;
export type StorageName = keyof typeof itemBytes;

/** What a pickle says of a tensor, before it is checked and its bytes are read. */
export class TensorReference {
    constructor(
        readonly storage: unknown,
        readonly offset: unknown,
        readonly shape: unknown,
        readonly stride: unknown,
    ) {
        Object.freeze(this); // a pickle can assign to what it built
    }
}

export class StorageReference {
    /** @param type such as `LongStorage`, read or not */
    constructor(
        readonly type: string,
        readonly key: string,
        readonly length: number,
    ) {
        Object.freeze(this);
    }
}

/** A value that is skipped, with all its parts. */
class Unread {
    constructor() {
        Object.freeze(this);
    }

    __setstate__(): void {
        // its state is dropped too
    }
}

/** Why a file is refused; the reader adds the file's name and what to do. */
export class Refusal extends Error {
    constructor(
        readonly code: 'DAMAGED' | 'UNSUPPORTED',
        message: string,
    ) {
        super(message);
    }
}

/** Names that files of counts hold too: nothing is called for them, and they are skipped. */
const passedOver = new RegExp(
    '^(?:torch\\.(?:Size|device|u?int\\d+|float\\d+|bfloat16|half|float|double|long|bool|complex\\d+)|' +
        'torch\\._utils\\._rebuild_(?:parameter|tensor|tensor_v3)|torch\\.storage\\.\\w+|' +
        'numpy\\.(?:_?core\\.multiarray\\.(?:scalar|_reconstruct)|dtype|ndarray)|' +
        '_codecs\\.encode|argparse\\.Namespace|builtins\\.(?:set|frozenset|complex|slice))$',
);

/**
 * Builds plain values and references to tensors from a pickle. Nothing in it is executed: it may name only tensors and
 * some values that are skipped; any other name is refused.
 * @throws Refusal; or what the parser throws of bytes that are no pickle
 */
export function parsePickle(bytes: Uint8Array): unknown {
    const unread = function (): Unread {
        return new Unread(); // called or constructed
    };
    const known: Readonly<Record<string, unknown>> = {
        'torch._utils._rebuild_tensor_v2': (...[storage, offset, shape, stride]: unknown[]) =>
            new TensorReference(storage, offset, shape, stride),
        'collections.OrderedDict': () => new Map<unknown, unknown>(), // a tensor's hooks
        'collections.defaultdict': () => new Map<unknown, unknown>(),
    };
    const parser = new Parser({
        unpicklingTypeOfDictionary: 'Map',
        nameResolver: {
            resolve: (module, name) => {
                const full = `${module}.${name}`;
                if (Object.hasOwn(known, full)) return known[full] as () => unknown;
                const storage = /^torch\.(\w+Storage)$/.exec(full)?.[1];
                if (storage !== undefined) return storage as unknown as () => unknown;
                if (passedOver.test(full)) return unread;
                throw new Refusal(
                    'UNSUPPORTED',
                    `it asks for ${printable(full)}; only plain values and tensors are allowed, and no code is run`,
                );
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

function storageReference(id: unknown): StorageReference | Unread {
    if (!Array.isArray(id)) throw new Refusal('DAMAGED', 'a storage is not described as PyTorch does');
    const [kind, type, key, , length] = id as unknown[];
    if (kind === 'storage' && typeof type === 'function') return new Unread(); // of no type of its own
    if (kind !== 'storage' || typeof type !== 'string' || typeof key !== 'string' || !isCount(length))
        throw new Refusal('DAMAGED', 'a storage is not described as PyTorch does');
    return new StorageReference(type, key, length);
}

export function isCount(value: unknown): value is number {
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** A name from an untrusted file, fit for one line. */
export function printable(name: string): string {
    return JSON.stringify(name.slice(0, 80));
}
