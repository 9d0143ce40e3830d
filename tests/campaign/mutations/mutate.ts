import { pick, type Random } from '../random.js';

/** One change to a file. */
export type Mutation = (bytes: Buffer, random: Random) => Buffer;

const hugeNumbers = [0xff, 0x7f, 0x80, 0x00];
const place = (bytes: Buffer, random: Random): number => random(Math.max(1, bytes.length));

/** Changes that any file can meet. */
export const general: readonly Mutation[] = [
    (bytes, random) => {
        // a bit
        const at = place(bytes, random);
        bytes[at] = bytes[at]! ^ (1 << random(8));
        return bytes;
    },
    (bytes, random) => {
        // a byte
        bytes[place(bytes, random)] = random(256);
        return bytes;
    },
    (bytes, random) => bytes.subarray(0, place(bytes, random)), // cut
    (bytes, random) => {
        // a range left out
        const at = place(bytes, random);
        return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(40))]);
    },
    (bytes, random) => {
        // a range twice
        const at = place(bytes, random);
        const end = at + 1 + random(60);
        return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
    },
    (bytes, random) => {
        // noise put in
        const at = place(bytes, random);
        const noise = Buffer.from(Array.from({ length: 1 + random(20) }, () => random(256)));
        return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]);
    },
    (bytes, random) => {
        // a number of 4 or 8 bytes made huge, or 0
        const [at, width] = [place(bytes, random), 4 * (1 + random(2))];
        bytes.fill(pick(hugeNumbers, random), at, Math.min(bytes.length, at + width));
        return bytes;
    },
];

/** Replaces one of the words in a file, each as long as its replacement or not. */
function words(pairs: readonly (readonly [RegExp, readonly string[]])[]): Mutation {
    return (bytes, random) => {
        const [pattern, others] = pick(pairs, random);
        const text = bytes.toString('latin1');
        const found = [...text.matchAll(pattern)];
        if (found.length === 0) return bytes;
        const { index, 0: word } = pick(found, random);
        return Buffer.from(text.slice(0, index) + pick(others, random) + text.slice(index + word.length), 'latin1');
    };
}

/** General changes as often as those of the format. */
function mixed(...own: readonly Mutation[]): readonly Mutation[] {
    return [...general, ...Array.from({ length: Math.ceil(general.length / own.length) }, () => own).flat()];
}

/** Mutates a copy, up to three times over. */
export function mutated(seed: Buffer, mutations: readonly Mutation[], random: Random): Buffer {
    let bytes: Buffer = Buffer.from(seed);
    for (let rounds = 1 + random(3); rounds > 0; rounds--) bytes = pick(mutations, random)(bytes, random);
    return bytes;
}

const numbers = [
    '-1',
    '0',
    '1',
    '7',
    '8',
    '16',
    '1e300',
    '-1e300',
    '1e999',
    '9007199254740993',
    '18446744073709551615',
    '[]',
    '{}',
    '"x"',
    'null',
    'true',
    '""',
];
const names = [
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'length',
    '',
    'x',
    '../../x',
    '/etc/passwd',
    '\\u0000',
];
/** Deep nesting, long texts: cheap to write, costly to hold. */
const heavy = [
    '['.repeat(20_000),
    '{"a":'.repeat(20_000),
    `"${'x'.repeat(200_000)}"`,
    `[${'0,'.repeat(50_000)}0]`,
    '9'.repeat(50_000),
];

const jsonWords: Mutation = words([
    [/-?\d+(\.\d+)?(e[-+]?\d+)?/g, numbers],
    [/"[A-Za-z_+ ]*"/g, names.map((name) => `"${name}"`)],
    [/"[^"\\]*"/g, [...numbers, ...heavy]],
    [/[{}[\],:]/g, ['', '{', '[', ']]', '}', ',', ':', '{"__proto__":{"polluted":1},', '"__proto__":']],
    [/\n/g, ['', '\n\n', '\r\n', '\0', '\u2028']],
]);
const deep: Mutation = (bytes, random) => {
    // once in a while, in the place of a value
    if (random(8) > 0) return jsonWords(bytes, random);
    const text = bytes.toString('latin1');
    const at = text.indexOf(':', random(Math.max(1, text.length))) + 1;
    return Buffer.from(text.slice(0, at) + pick(heavy, random) + text.slice(at), 'latin1');
};
export const json = mixed(jsonWords, jsonWords, deep);

export const safetensors = mixed(
    words([
        [/(?<=[[,])\d+(?=[\],])/g, numbers],
        [/"I64"/g, ['"F32"', '"I32"', '"i64"', '64']],
        [/"(shape|data_offsets|dtype|tokens)"/g, ['"x"', '"__metadata__"', '"__proto__"']],
        [/blk\.\d+/g, ['blk.0', 'blk.9', 'tokens']],
        [/[{}[\]]/g, ['', '{', '[', ']]']],
        [/\\"[a-z]+\\"/g, ['\\"__proto__\\"', '5', '\\"\\"']],
    ]),
);

/** Opcodes that call, build, fetch from memory, or hold long values; and the names that a pickle may ask for. */
const opcodes = [
    'R',
    'i',
    'o',
    'b',
    '\x81',
    '\x92',
    '\x93',
    'c',
    'h\x00',
    'h\xff',
    '2',
    '0',
    '1',
    'Q',
    'P',
    '\x82\x01',
    '\x8a\xff',
    '\x8b\xff\xff\xff\x7f',
    'X\xff\xff\xff\x7f',
    '\x8e',
    '\x95',
    '}',
    ')',
    'd',
    'l',
    '(',
    't',
    's',
    'u',
    'a',
    'e',
    'N',
    'cos\nsystem\n(X\x05\x00\x00\x00touchtR',
];
// eslint-disable-next-line no-control-regex -- a zip's signatures
const zipSignature = /PK\x03\x04|PK\x01\x02|PK\x05\x06/g;
export const torch = mixed(
    words([
        [/[}()XJtRuq.cQ\x89\x80]/g, opcodes],
        [
            /torch\._utils\n_rebuild_tensor_v2/g,
            ['os\nsystem', 'builtins\nexec', 'torch\nLongStorage', 'collections\nOrderedDict'],
        ],
        [/LongStorage|IntStorage/g, ['FloatStorage', 'IntStorage', 'LongStorage', '__proto__']],
        [/total_tokens|over_zero/g, ['__proto__', 'constructor', 'over_zero', 'n']],
        [zipSignature, ['PK\x01\x02', 'PK\x05\x06', 'PK\x06\x06']],
        [/data\/0|data\.pkl/g, ['data/1', 'data.pkl', '../../x', '/etc/x']],
    ]),
);

export const tsv = mixed(
    words([
        [/\t/g, ['', '\t\t', ' ', '\0']],
        [/\n/g, ['', '\n\n', '\r', '\r\n', '\u0085']],
        [/\d+/g, ['1e9', '-5', '1,000', '١٢', '99999999999999999999', 'NaN', '0x10', '']],
        [/[A-Za-z]+/g, ['\xff\xfe', '\xef\xbb\xbf', '"', 'x'.repeat(300_000)]],
    ]),
);

/** References that multiply, tags that build, keys of prototypes. */
const bombs = [
    `a: &a [${'x,'.repeat(9)}x]\nb: &b [${'*a,'.repeat(9)}*a]\nc: &c [${'*b,'.repeat(9)}*b]\n` +
        `d: &d [${'*c,'.repeat(9)}*c]\ne: &e [${'*d,'.repeat(9)}*d]\nf: [${'*e,'.repeat(9)}*e]\n`,
    'a: &a { b: *a }\n',
    '? !!js/function "function () {}"\n: 1\n',
    '__proto__: { polluted: 1 }\n',
    '<<: { __proto__: { polluted: 1 } }\n',
    'constructor: { prototype: { polluted: 1 } }\n',
    '%YAML 9.9\n---\n',
    '--- 1\n--- 2\n',
    `${'- '.repeat(3000)}x\n`,
    `${'['.repeat(3000)}\n`,
    '!!binary x\n',
];
export const yaml = mixed(
    words([
        [
            /(?<![\w.])[\w.]+(?=:)/g,
            [
                // begun once a word: 100,000 letters would take seconds
                ...names.filter((name) => name !== ''),
                'model',
                'out',
                'data',
                '? x',
                '- x',
                '<<',
            ],
        ],
        [
            /(?<=: )[^\n]+/g,
            [
                ...numbers,
                '&a [*a]',
                '*a',
                '!!python/object/apply:os.system ["touch canary"]',
                '!!js/undefined',
                '!!int x',
                '.nan',
                '.inf',
                '0x7fffffffffffffff',
                '!!set {a, b}',
                '2001-01-01',
                '|',
                '>-',
                '"\\x00"',
                '"\\uD800"',
                `"${'x'.repeat(100_000)}"`,
            ],
        ],
        [/\n/g, [...bombs.map((bomb) => `\n${bomb}`), '\n\t', '\n  ', '\n-', ' ', '\n...\n', '\n---\n']],
    ]),
);
