/** Writes files as `torch.save` does: a pickle of protocol 2 and storages, in an archive without compression. */

const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');
const int32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(5);
    bytes[0] = 'J'.charCodeAt(0); // BININT
    bytes.writeInt32LE(value, 1);
    return bytes;
};
const unicode = (text: string): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(Buffer.byteLength(text));
    return Buffer.concat([ascii('X'), length, Buffer.from(text)]);
};
const tuple = (...items: Buffer[]): Buffer => Buffer.concat([ascii('('), ...items, ascii('t')]);

/** `module.name`, and `name` called with arguments. */
export const global = (module: string, name: string): Buffer => ascii(`c${module}\n${name}\n`);
export const call = (callable: Buffer, ...args: Buffer[]): Buffer =>
    Buffer.concat([callable, tuple(...args), ascii('R')]);
export const number = int32;
export const text = unicode;
export const list = (...items: Buffer[]): Buffer => Buffer.concat([ascii(']('), ...items, ascii('e')]);
/** A key and its value, for a dictionary. */
export const entry = (key: string, value: Buffer): Buffer => Buffer.concat([unicode(key), value]);
export const dictionary = (values: Readonly<Record<string, Buffer>>): Buffer =>
    Buffer.concat([ascii('}('), ...Object.entries(values).map(([key, value]) => entry(key, value)), ascii('u')]);
export const pickle = (value: Buffer): Buffer => Buffer.concat([Buffer.from([0x80, 2]), value, ascii('.')]);

export interface TensorWords {
    readonly shape: readonly number[];
    readonly key?: string;
    readonly storage?: string;
    readonly length?: number;
    readonly offset?: number;
    readonly stride?: readonly number[];
}

/** A tensor as PyTorch describes it; what is not given is right. */
export function tensor({ shape, key = '0', storage = 'LongStorage', offset = 0, ...rest }: TensorWords): Buffer {
    const length = rest.length ?? shape.reduce((product, n) => product * n, 1);
    const stride = rest.stride ?? shape.map((_, d) => shape.slice(d + 1).reduce((product, n) => product * n, 1));
    const id = Buffer.concat([
        tuple(unicode('storage'), global('torch', storage), unicode(key), unicode('cpu'), int32(length)),
        ascii('Q'),
    ]);
    return call(
        global('torch._utils', '_rebuild_tensor_v2'),
        id,
        int32(offset),
        tuple(...shape.map(int32)),
        tuple(...stride.map(int32)),
        Buffer.from([0x89]),
        call(global('collections', 'OrderedDict')),
    );
}

export const longs = (values: readonly number[]): Buffer => Buffer.from(BigInt64Array.from(values, BigInt).buffer);
export const ints = (values: readonly number[]): Buffer => Buffer.from(Int32Array.from(values).buffer);

/** One entry of an archive; lies can be told about it. */
export interface ZipEntry {
    readonly name: string;
    readonly data: Buffer;
    readonly method?: number;
    readonly flags?: number;
    /** Bytes it claims to have, instead of its own. */
    readonly claims?: number;
}

const table = Uint32Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = (c & 1) === 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c;
});
function crc32(data: Buffer): number {
    let c = 0xffffffff;
    for (const byte of data) c = table[(c ^ byte) & 0xff]! ^ (c >>> 8);
    return (c ^ 0xffffffff) >>> 0;
}

/** An archive of entries, in order. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3 */
export function zip(entries: readonly ZipEntry[]): Buffer {
    const locals: Buffer[] = [];
    const centrals: Buffer[] = [];
    let offset = 0;
    for (const { name, data, method = 0, flags = 0, claims = data.length } of entries) {
        const common = Buffer.alloc(26);
        common.writeUInt16LE(20, 0); // version needed
        common.writeUInt16LE(flags, 2);
        common.writeUInt16LE(method, 4);
        common.writeUInt32LE(crc32(data), 10);
        common.writeUInt32LE(claims, 14);
        common.writeUInt32LE(claims, 18);
        common.writeUInt16LE(Buffer.byteLength(name), 22);
        const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name), data]);
        const rest = Buffer.alloc(14);
        rest.writeUInt32LE(offset, 10);
        centrals.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, rest, Buffer.from(name)]));
        locals.push(local);
        offset += local.length;
    }
    const central = Buffer.concat(centrals);
    const end = Buffer.alloc(22);
    end.write('PK\x05\x06', 'latin1');
    end.writeUInt16LE(entries.length, 8);
    end.writeUInt16LE(entries.length, 10);
    end.writeUInt32LE(central.length, 12);
    end.writeUInt32LE(offset, 16);
    return Buffer.concat([...locals, central, end]);
}

/** A whole file with one pickle and storages by key. */
export function torchFile(
    value: Buffer,
    storages: Readonly<Record<string, Buffer>> = {},
    extra: readonly ZipEntry[] = [],
): Buffer {
    return zip([
        { name: 'archive/data.pkl', data: pickle(value) },
        { name: 'archive/byteorder', data: Buffer.from('little') },
        ...Object.entries(storages).map(([key, data]) => ({ name: `archive/data/${key}`, data })),
        { name: 'archive/version', data: Buffer.from('3\n') },
        ...extra,
    ]);
}

/** Counts as the paper's authors publish them. */
export function countsFile(
    shape: readonly [number, number],
    counts: readonly number[],
    tokens: number,
    names: { tokens?: string } = {},
): Buffer {
    return torchFile(dictionary({ [names.tokens ?? 'total_tokens']: int32(tokens), over_zero: tensor({ shape }) }), {
        0: longs(counts),
    });
}
