import { readFile } from 'node:fs/promises';

/**
 * Just enough of PyTorch's zip format to read the authors' published counts in tests: the int64
 * storages of a file, in the order of their keys. Nothing of the pickle is executed.
 */
export async function int64Storages(path: string): Promise<BigInt64Array[]> {
    const entries = await storedEntries(path);
    const storages = [...entries].filter(([name]) => /\/data\/\d+$/.test(name));
    storages.sort(([a], [b]) => Number(a.split('/').at(-1)) - Number(b.split('/').at(-1)));
    return storages.map(([, bytes]) => new BigInt64Array(Uint8Array.from(bytes).buffer));
}

/** `total_tokens` of a counts file: the integer that follows the key in its pickle. */
export async function totalTokens(path: string): Promise<number> {
    const pickle = [...(await storedEntries(path))].find(([name]) => name.endsWith('/data.pkl'))![1];
    const key = Buffer.from('total_tokens');
    let at = pickle.indexOf(key) + key.length;
    while (![0x4a, 0x4d, 0x4b].includes(pickle[at]!)) at++; // BININT, BININT2, BININT1, after the key's memo
    return {
        0x4a: () => pickle.readInt32LE(at + 1),
        0x4d: () => pickle.readUInt16LE(at + 1),
        0x4b: () => pickle[at + 1]!,
    }[pickle[at] as 0x4a]();
}

/** Entries of a zip file that stores without compression, from its central directory. */
async function storedEntries(path: string): Promise<Map<string, Buffer>> {
    const file = await readFile(path);
    const entries = new Map<string, Buffer>();
    const end = file.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
    let at = file.readUInt32LE(end + 16);
    for (let i = 0; i < file.readUInt16LE(end + 10); i++) {
        const [size, nameLength, extra, comment, local] = [
            file.readUInt32LE(at + 24),
            file.readUInt16LE(at + 28),
            file.readUInt16LE(at + 30),
            file.readUInt16LE(at + 32),
            file.readUInt32LE(at + 42),
        ] as const;
        const name = file.toString('utf8', at + 46, at + 46 + nameLength);
        const begin = local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28);
        entries.set(name, file.subarray(begin, begin + size));
        at += 46 + nameLength + extra + comment;
    }
    return entries;
}
