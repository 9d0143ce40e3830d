import { pick, type Random } from '../random.js';
import { general, type Mutation } from './mutate.js';

/** Where a GGUF file keeps what: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md */
interface Field {
    /** What stands there: lengths, numbers of dimensions, types, ... */
    readonly what:
        | 'count'
        | 'length'
        | 'text'
        | 'valueType'
        | 'itemType'
        | 'value'
        | 'dimensions'
        | 'extent'
        | 'tensorType'
        | 'offset';
    readonly at: number;
    readonly bytes: number;
    /** Key of the pair, or name of the tensor. */
    readonly of: string;
}

export interface GgufMap {
    readonly fields: readonly Field[];
    /** Bytes of all pairs and tensor descriptions, one by one. */
    readonly entries: readonly { readonly begin: number; readonly end: number; readonly tensor: boolean }[];
    /** End of the head, before the padding. */
    readonly end: number;
    /** First byte of the tensors' data. */
    readonly data: number;
}

const alignment = 32;
const scalarBytes = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];
const [textType, arrayType] = [8, 9];
/** Of an array only the first items are worth changing one by one. */
const mostItems = 4;

/** Finds every field of a sound file. */
function mapGguf(bytes: Buffer): GgufMap {
    const fields: Field[] = [];
    const entries: { begin: number; end: number; tensor: boolean }[] = [];
    let at = 4;
    const take = (what: Field['what'] | undefined, size: number, of: string): number => {
        if (what !== undefined) fields.push({ what, at, bytes: size, of });
        at += size;
        return at - size;
    };
    const number = (what: Field['what'] | undefined, size: 4 | 8, of: string): number => {
        const from = take(what, size, of);
        return size === 4 ? bytes.readUInt32LE(from) : Number(bytes.readBigUInt64LE(from));
    };
    const text = (of: string, kept = true): string => {
        const length = number(kept ? 'length' : undefined, 8, of);
        const from = take(kept ? 'text' : undefined, length, of);
        return bytes.toString('utf8', from, from + length);
    };
    number('value', 4, 'version');
    const [tensors, pairs] = [number('count', 8, 'tensors'), number('count', 8, 'pairs')];
    for (let i = 0; i < pairs; i++) {
        const begin = at;
        const key = text('key');
        const type = number('valueType', 4, key);
        if (type === textType) text(key);
        else if (type === arrayType) {
            const item = number('itemType', 4, key);
            const count = number('length', 8, key);
            for (let k = 0; k < count; k++) {
                if (item === textType) text(key, k < mostItems);
                else take(k < mostItems ? 'value' : undefined, scalarBytes[item]!, key);
            }
        } else take('value', scalarBytes[type]!, key);
        entries.push({ begin, end: at, tensor: false });
    }
    for (let i = 0; i < tensors; i++) {
        const begin = at;
        const name = text('tensor');
        const dimensions = number('dimensions', 4, name);
        for (let d = 0; d < dimensions; d++) take('extent', 8, name);
        take('tensorType', 4, name);
        take('offset', 8, name);
        entries.push({ begin, end: at, tensor: true });
    }
    return { fields, entries, end: at, data: Math.ceil(at / alignment) * alignment };
}

const huge = [
    0n,
    1n,
    2n,
    3n,
    5n,
    7n,
    31n,
    32n,
    33n,
    255n,
    65_535n,
    1n << 20n,
    (1n << 31n) - 1n,
    1n << 31n,
    (1n << 32n) - 1n,
    1n << 32n,
    (1n << 32n) + 1n,
    1n << 40n,
    1n << 60n,
    1n << 61n,
    (1n << 63n) - 1n,
    1n << 63n,
    (1n << 64n) - 1n,
    (1n << 64n) - 32n,
];

/** Templates that write on the disk, reach for what they must not, or never end. */
const templates = [
    '{{ messages.__proto__.polluted }}',
    '{{ constructor.constructor("return process")() }}',
    '{% for i in range(10) %}{{ i }}{% endfor %}',
    '{% set messages.constructor.prototype.polluted = 1 %}',
    '{{ messages',
    '{% if %}',
    '{{ "x" * 1000000000 }}',
    '{{ [].__class__.__base__.__subclasses__() }}',
    '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}',
    `${'{{ '.repeat(2000)}`,
    `${'('.repeat(3000)}`,
    `{{ ${'('.repeat(3000)}1${')'.repeat(3000)} }}`,
];
/** No end in sight, in no more bytes than the embedded model's own takes. */
export const endlessTemplate = '{%for a in range(99999)%}{%for b in range(99999)%}{%endfor%}{%endfor%}';
const texts = [
    '',
    '\0',
    '%s%s%n',
    '__proto__',
    '../../x',
    'llama',
    'gpt2',
    'mamba',
    'gemma3',
    'bert',
    'clip',
    'phi3',
    'no-vocab',
    'bpe',
    '\xff\xfe',
    '{{ x',
    'x'.repeat(5000),
];

/** Changes to one field of a file's head, or to its data. */
export function ggufMutations(seed: Buffer): readonly Mutation[] {
    const map = mapGguf(seed);
    /** A head of another length, the data behind it where they belong. */
    const withHead = (bytes: Buffer, from: number, to: number, middle: Buffer): Buffer => {
        const head = Buffer.concat([bytes.subarray(0, from), middle, bytes.subarray(to, map.end)]);
        return Buffer.concat([
            head,
            Buffer.alloc(Math.ceil(head.length / alignment) * alignment - head.length),
            bytes.subarray(map.data),
        ]);
    };
    const isWhole = (bytes: Buffer): boolean =>
        bytes.length === seed.length && bytes.subarray(0, 4).equals(seed.subarray(0, 4));
    /** Fields lie where the map says only until a length changed. */
    const once =
        (change: Mutation): Mutation =>
        (bytes, random) =>
            isWhole(bytes) ? change(bytes, random) : pick(general, random)(bytes, random);
    const count = (bytes: Buffer, tensor: boolean, by: bigint): void => {
        const at = tensor ? 8 : 16;
        bytes.writeBigUInt64LE(BigInt.asUintN(64, bytes.readBigUInt64LE(at) + by), at);
    };
    const number = (field: Field, bytes: Buffer, random: Random): void => {
        const bits = BigInt(8 * field.bytes);
        const own =
            field.bytes === 8
                ? bytes.readBigUInt64LE(field.at)
                : field.bytes === 4
                  ? BigInt(bytes.readUInt32LE(field.at))
                  : BigInt(bytes[field.at]!);
        const near = [own + 1n, own - 1n, own * 2n, own / 2n, own + 32n, own ^ (1n << BigInt(random(8 * field.bytes)))];
        let value = BigInt.asUintN(Number(bits), random(2) === 0 ? pick(near, random) : pick(huge, random));
        for (let i = 0; i < field.bytes; i++, value >>= 8n) bytes[field.at + i] = Number(value & 255n);
    };
    const fieldsOf = (...what: Field['what'][]): Field[] => map.fields.filter((field) => what.includes(field.what));
    const numeric = (...what: Field['what'][]): Mutation => {
        const fields = fieldsOf(...what).filter(({ bytes }) => [1, 4, 8].includes(bytes));
        return once((bytes, random) => {
            if (fields.length > 0) number(pick(fields, random), bytes, random);
            return bytes;
        });
    };
    const typed = (what: 'valueType' | 'itemType' | 'tensorType'): Mutation => {
        const fields = fieldsOf(what);
        return once((bytes, random) => {
            if (fields.length > 0) bytes.writeUInt32LE(random(45), pick(fields, random).at);
            return bytes;
        });
    };
    const textFields = fieldsOf('text');
    const text: Mutation = once((bytes, random) => {
        const field = pick(textFields, random);
        const chat = field.of === 'tokenizer.chat_template';
        const other = Buffer.from(
            chat && random(3) > 0
                ? pick(templates, random)
                : random(2) === 0
                  ? pick(
                        textFields.map(({ at, bytes: size }) => seed.toString('latin1', at, at + size)),
                        random,
                    )
                  : pick(texts, random),
            'latin1',
        );
        const length = Buffer.alloc(8);
        length.writeBigUInt64LE(BigInt(other.length));
        return withHead(bytes, field.at - 8, field.at + field.bytes, Buffer.concat([length, other]));
    });
    const chatTemplate = map.fields.find(({ what, of }) => what === 'text' && of === 'tokenizer.chat_template');
    const template: Mutation = once((bytes, random) => {
        if (chatTemplate === undefined) return text(bytes, random);
        const other = Buffer.from(pick(templates, random));
        const length = Buffer.alloc(8);
        length.writeBigUInt64LE(BigInt(other.length));
        return withHead(
            bytes,
            chatTemplate.at - 8,
            chatTemplate.at + chatTemplate.bytes,
            Buffer.concat([length, other]),
        );
    });
    const entry: Mutation = once((bytes, random) => {
        // left out, twice, or in another's place
        const { begin, end, tensor } = pick(map.entries, random);
        const other = pick(
            map.entries.filter((candidate) => candidate.tensor === tensor),
            random,
        );
        const own = Buffer.from(bytes.subarray(begin, end));
        switch (random(3)) {
            case 0:
                count(bytes, tensor, -1n);
                return withHead(bytes, begin, end, Buffer.alloc(0));
            case 1:
                count(bytes, tensor, 1n);
                return withHead(bytes, begin, end, Buffer.concat([own, own]));
            default:
                return withHead(bytes, begin, end, Buffer.from(bytes.subarray(other.begin, other.end)));
        }
    });
    const data: Mutation = once((bytes, random) => {
        // weights: infinite, not a number, noise
        const at = map.data + random(Math.max(1, bytes.length - map.data - 256));
        const length = Math.min(bytes.length - at, 2 + random(254));
        const fill = random(4);
        for (let i = 0; i < length; i++)
            bytes[at + i] = fill === 0 ? 0xff : fill === 1 ? [0x00, 0x7c][i % 2]! : random(256);
        return bytes;
    });
    const cut: Mutation = (bytes, random) =>
        bytes.subarray(0, random(2) === 0 ? random(bytes.length) : map.end - random(Math.min(map.end, 400)));
    const headByte: Mutation = (bytes, random) => {
        bytes[random(Math.min(bytes.length, map.end))] = random(256);
        return bytes;
    };
    return [
        numeric('count'),
        numeric('length'),
        numeric('length'),
        numeric('value'),
        numeric('value'),
        numeric('value'),
        numeric('dimensions'),
        numeric('extent'),
        numeric('extent'),
        numeric('offset'),
        typed('valueType'),
        typed('itemType'),
        typed('tensorType'),
        typed('tensorType'),
        text,
        text,
        template,
        entry,
        entry,
        data,
        data,
        cut,
        headByte,
        headByte,
        ...general,
    ];
}
