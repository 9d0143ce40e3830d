import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isOfModel } from '../../../src/activations/isOfModel.js';
import { importCounts } from '../../../src/activations/import/importCounts.js';
import { readTorch, type TorchTensor } from '../../../src/activations/import/readTorch.js';
import expected from '../../fixtures/paper-expected.json' with { type: 'json' };
import { paperActivations, paperDataHere, paperFolder } from '../../helpers/paperData.js';
import {
    call,
    countsFile,
    dictionary,
    entry,
    global,
    ints,
    list,
    longs,
    number,
    pickle,
    tensor,
    text,
    torchFile,
    zip,
} from '../../helpers/torchFiles.js';

let root: string;
let made = 0;
beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'language-neurons-'));
});
afterAll(() => rm(root, { recursive: true }));

async function folderOf(files: Readonly<Record<string, Buffer>>): Promise<string> {
    const folder = join(root, `folder-${made++}`);
    await mkdir(folder);
    for (const [name, data] of Object.entries(files)) await writeFile(join(folder, name), data);
    return folder;
}

async function fileOf(data: Buffer): Promise<string> {
    return join(await folderOf({ 'counts.pt': data }), 'counts.pt');
}

const six = [1, 2, 3, 4, 5, 6];
const good = (): Buffer => countsFile([2, 3], six, 10);

describe('a file of torch.save', () => {
    it('gives its numbers and tensors', async () => {
        const values = await readTorch(await fileOf(good()));
        expect([...values.keys()]).toEqual(['total_tokens', 'over_zero']);
        expect(values.get('total_tokens')).toBe(10);
        expect(values.get('over_zero')).toEqual({ shape: [2, 3], data: BigInt64Array.from(six, BigInt) });
    });

    it('may hold int32 and parts of a storage', async () => {
        const value = dictionary({
            a: tensor({ shape: [2], key: 'x', storage: 'IntStorage', length: 5, offset: 3 }),
            b: tensor({ shape: [1, 2], key: 'y', length: 4, offset: 1 }),
        });
        const values = await readTorch(
            await fileOf(torchFile(value, { x: ints([1, -2, 3, 4, 5]), y: longs([7, 8, 9, 10]) })),
        );
        expect([...(values.get('a') as TorchTensor).data]).toEqual([4n, 5n]);
        expect(values.get('b')).toEqual({ shape: [1, 2], data: BigInt64Array.of(8n, 9n) });
    });

    const harmless = join(tmpdir(), `language-neurons-executed-${process.pid}`);
    const whole = dictionary({ a: tensor({ shape: [2, 3] }) });
    const storages = { 0: longs(six) };
    const self = Buffer.concat([Buffer.from(']q\x00h\x00a', 'latin1')]); // a list that holds itself
    it.each<{ what: string; data: () => Buffer; code: string; says: string }>([
        { what: 'nothing', data: () => Buffer.alloc(0), code: 'DAMAGED', says: '' },
        { what: 'text', data: () => Buffer.from('hello '.repeat(20)), code: 'DAMAGED', says: '' },
        { what: 'a truncated archive', data: () => good().subarray(0, -30), code: 'DAMAGED', says: '' },
        { what: 'a bare pickle', data: () => pickle(whole), code: 'UNSUPPORTED', says: 'before 1.6' },
        {
            what: 'a command to run',
            data: () => torchFile(call(global('os', 'system'), text(`touch ${harmless}`))),
            code: 'UNSUPPORTED',
            says: 'os.system',
        },
        {
            what: 'a builtin',
            data: () => torchFile(call(global('builtins', 'eval'), text('1'))),
            code: 'UNSUPPORTED',
            says: 'builtins.eval',
        },
        {
            what: 'a name of JavaScript',
            data: () => torchFile(call(global('__proto__', 'constructor'))),
            code: 'UNSUPPORTED',
            says: '__proto__.constructor',
        },
        {
            what: 'a float tensor',
            data: () => torchFile(dictionary({ a: tensor({ shape: [1], storage: 'FloatStorage' }) }), { 0: ints([1]) }),
            code: 'UNSUPPORTED',
            says: 'torch.FloatStorage',
        },
        {
            what: 'an instance of a class',
            data: () => torchFile(Buffer.from('(ios\nsystem\n', 'latin1')),
            code: 'UNSUPPORTED',
            says: 'os.system',
        },
        { what: 'an extension', data: () => torchFile(Buffer.from([0x82, 7])), code: 'UNSUPPORTED', says: 'extension' },
        { what: 'a list', data: () => torchFile(list(number(1))), code: 'UNSUPPORTED', says: 'no dictionary' },
        {
            what: 'a list within',
            data: () => torchFile(dictionary({ deep: list(number(1)) })),
            code: 'UNSUPPORTED',
            says: 'deep',
        },
        {
            what: 'a list that holds itself',
            data: () => torchFile(dictionary({ endless: self })),
            code: 'UNSUPPORTED',
            says: 'endless',
        },
        {
            what: 'a pickle that is cut',
            data: () => zip([{ name: 'a/data.pkl', data: pickle(whole).subarray(0, -8) }]),
            code: 'DAMAGED',
            says: '',
        },
        {
            what: 'no pickle',
            data: () => zip([{ name: 'a/data/0', data: longs(six) }]),
            code: 'DAMAGED',
            says: 'data.pkl',
        },
        {
            what: 'a huge pickle',
            data: () => zip([{ name: 'a/data.pkl', data: Buffer.alloc(100_000) }]),
            code: 'DAMAGED',
            says: '100000 bytes',
        },
        { what: 'no storage', data: () => torchFile(whole), code: 'DAMAGED', says: 'lacks the storage "0"' },
        {
            what: 'a storage of other length',
            data: () => torchFile(whole, { 0: longs([1, 2]) }),
            code: 'DAMAGED',
            says: '16 bytes',
        },
        {
            what: 'a tensor beyond its storage',
            data: () => torchFile(dictionary({ a: tensor({ shape: [2, 3], length: 5 }) }), { 0: longs(six.slice(1)) }),
            code: 'DAMAGED',
            says: 'beyond its storage',
        },
        {
            what: 'a huge tensor',
            data: () =>
                torchFile(
                    dictionary({ a: tensor({ shape: [2 ** 30, 2 ** 30], length: 6, stride: [2 ** 30, 1] }) }),
                    storages,
                ),
            code: 'DAMAGED',
            says: '',
        },
        {
            what: 'a negative offset',
            data: () => torchFile(dictionary({ a: tensor({ shape: [2], offset: -1, length: 6 }) }), storages),
            code: 'DAMAGED',
            says: 'not described',
        },
        {
            what: 'a transposed tensor',
            data: () => torchFile(dictionary({ a: tensor({ shape: [3, 2], stride: [1, 3] }) }), storages),
            code: 'UNSUPPORTED',
            says: 'contiguous',
        },
        {
            what: 'bytes of a big-endian machine',
            data: () =>
                zip([
                    { name: 'a/data.pkl', data: pickle(whole) },
                    { name: 'a/byteorder', data: Buffer.from('big') },
                    { name: 'a/data/0', data: longs(six) },
                ]),
            code: 'UNSUPPORTED',
            says: '"big"',
        },
        {
            what: 'a compressed entry',
            data: () => zip([{ name: 'a/data.pkl', data: deflateRawSync(pickle(whole)), method: 8 }]),
            code: 'UNSUPPORTED',
            says: 'compressed',
        },
        {
            what: 'an encrypted entry',
            data: () => zip([{ name: 'a/data.pkl', data: pickle(whole), flags: 1 }]),
            code: 'DAMAGED',
            says: '',
        },
        {
            what: 'an entry twice',
            data: () => torchFile(whole, storages, [{ name: 'other/data.pkl', data: pickle(whole) }]),
            code: 'DAMAGED',
            says: 'twice',
        },
        {
            what: 'an entry of huge size',
            data: () => torchFile(whole, storages, [{ name: 'a/data/1', data: longs(six), claims: 2 ** 31 }]),
            code: 'DAMAGED',
            says: 'more bytes than the file has',
        },
        {
            what: 'a path out of the archive',
            data: () => torchFile(whole, storages, [{ name: '../../etc/passwd', data: longs(six) }]),
            code: 'DAMAGED',
            says: '',
        },
    ])('with $what is refused in one line', async ({ data, code, says }) => {
        const path = await fileOf(data());
        const error = await readTorch(path).catch((refusal: Error) => refusal);
        expect(error).toMatchObject({ name: 'LanguageNeuronsError', code, message: expect.stringContaining(says) });
        expect((error as Error).message).toMatch(new RegExp(`^${path.replaceAll('.', '\\.')}: [^\\n]+$`));
        expect(existsSync(harmless)).toBe(false);
    });

    it('that is not there is NOT_FOUND', async () => {
        await expect(readTorch(join(root, 'absent.pt'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });
});

describe('a folder of published counts', () => {
    it('becomes counts of the response: full text less prompt, at least 0', async () => {
        const folder = await folderOf({
            'activation.zz.pt': countsFile([2, 2], [5, 5, 5, 5], 9),
            'prefix.activation.zz.pt': countsFile([2, 2], [1, 6, 0, 5], 6),
            'activation.de.pt': countsFile([2, 2], [9, 8, 7, 6], 10),
            'prefix.activation.de.pt': countsFile([2, 2], [0, 0, 0, 0], 2),
            'activation.en.pt': countsFile([2, 2], [1, 2, 3, 4], 6),
            'prefix.activation.en.pt': countsFile([2, 2], [1, 1, 1, 1], 2),
            'mask.pt': good(),
            'readme.txt': Buffer.from('x'),
        });
        const { languages, tokens, counts, source } = await importCounts(folder);
        expect(languages).toEqual(['en', 'de', 'zz']); // the paper's order, then the others
        expect([...tokens]).toEqual([4n, 8n, 3n]);
        // Differences are cut to [0, tokens].
        expect(counts.map((layer) => [...layer])).toEqual([
            [0n, 8n, 3n, 1n, 8n, 0n],
            [2n, 7n, 3n, 3n, 6n, 0n],
        ]);
        expect(source.dataset.hash).toMatch(/^[0-9a-f]{64}$/);
        expect(isOfModel(source, 'xxh128:any')).toBe(true); // nobody knows whose model they are of
        expect((await importCounts(folder, { languages: ['zz', 'en'] })).languages).toEqual(['zz', 'en']);
    });

    it("may be LAPE's dictionaries", async () => {
        const lape = (counts: number[]): Buffer =>
            torchFile(dictionary({ n: number(9), over_zero: tensor({ shape: [1, 3], storage: 'IntStorage' }) }), {
                0: ints(counts),
            });
        const folder = await folderOf({
            'activation.vi.train.llama-7b': lape([1, 2, 3]),
            'activation.en.train.llama-7b.pt': lape([4, 5, 6]),
        });
        const { languages, tokens, counts } = await importCounts(folder);
        expect(languages).toEqual(['en', 'vi']);
        expect([...tokens]).toEqual([9n, 9n]);
        expect([...counts[0]!]).toEqual([4n, 1n, 5n, 2n, 6n, 3n]);
    });

    const beside: Readonly<Record<string, Buffer>> = {
        "the sums of LAPE's first release": Buffer.concat(
            [1, 2, 3, 4].map((k) => entry(`sum${k}`, tensor({ shape: [1, 3], key: '9', storage: 'FloatStorage' }))),
        ),
        'means of half precision, counts, a view': Buffer.concat([
            entry('average_activations', tensor({ shape: [1, 3], key: '9', storage: 'BFloat16Storage' })),
            entry('activation_counts', tensor({ shape: [3, 1], key: '9', stride: [1, 3] })),
            entry('std', tensor({ shape: [1, 3], key: '9', storage: 'HalfStorage', length: 1 })),
        ]),
        'words, lists, a fraction, nothing': Buffer.concat([
            entry('lang', text('vi')),
            entry('layers', list(number(1), list(text('x')))),
            entry('lr', Buffer.concat([Buffer.from('G'), Buffer.from(Float64Array.of(0.5).buffer).reverse()])),
            entry('none', Buffer.from('N')),
            Buffer.concat([number(7), number(8)]), // a key that is no text
        ]),
        'a parameter, a dtype, numbers of numpy, arguments of a program': Buffer.concat([
            entry(
                'weight',
                call(global('torch._utils', '_rebuild_parameter'), tensor({ shape: [1], storage: 'FloatStorage' })),
            ),
            entry('dtype', global('torch', 'float32')),
            entry('size', call(global('torch', 'Size'), list(number(3)))),
            entry('loss', call(global('numpy._core.multiarray', 'scalar'), call(global('numpy', 'dtype'), text('f8')))),
            entry(
                'args',
                Buffer.concat([
                    global('argparse', 'Namespace'),
                    Buffer.from(')\x81', 'latin1'),
                    dictionary({ model: text('x') }),
                    Buffer.from('b'),
                ]),
            ),
        ]),
    };
    it.each(Object.entries(beside))('may hold %s beside the counts, which are passed over', async (_, more) => {
        const head = Buffer.concat([entry('n', number(9)), entry('over_zero', tensor({ shape: [1, 3], key: 'c' }))]);
        const file = (counts: readonly number[]): Buffer =>
            torchFile(Buffer.concat([Buffer.from('}('), more, head, Buffer.from('u')]), { c: longs(counts) });
        const { counts, tokens } = await importCounts(
            await folderOf({
                'activation.en.train.llama-7b': file([1, 2, 3]),
                'activation.vi.train.x': file([4, 5, 6]),
            }),
        );
        expect([...counts[0]!]).toEqual([1n, 4n, 2n, 5n, 3n, 6n]);
        expect([...tokens]).toEqual([9n, 9n]);
    });

    it('may have tokens in a tensor, and the names of forks where there are no others', async () => {
        const file = (): Buffer =>
            torchFile(dictionary({ n: tensor({ shape: [], key: 't' }), over_zero: tensor({ shape: [1, 2] }) }), {
                0: longs([1, 2]),
                t: longs([5]),
            });
        const forks = { 'activation.en.flores.llama-7b': file(), 'activation.de.flores.llama-7b.pt': file() };
        const { languages, tokens } = await importCounts(await folderOf(forks));
        expect(languages).toEqual(['en', 'de']);
        expect([...tokens]).toEqual([5n, 5n]);
        const both = { ...forks, 'activation.en.train.llama-7b': file(), 'activation.fr.train.llama-7b': file() };
        expect((await importCounts(await folderOf(both))).languages).toEqual(['en', 'fr']);
    });

    it.each([
        ['os', 'system'],
        ['builtins', 'eval'],
        ['torch.hub', 'load'],
        ['numpy.testing', 'runstring'],
        ['torch._utils', 'import_dill'],
    ])('that call %s.%s beside the counts are refused', async (module, name) => {
        const harmless = join(root, 'executed');
        const file = torchFile(
            dictionary({
                n: number(9),
                over_zero: tensor({ shape: [1, 3] }),
                more: call(global(module, name), text(`touch ${harmless}`)),
            }),
            { 0: longs([1, 2, 3]) },
        );
        const folder = await folderOf({ 'activation.en.train.a': file, 'activation.de.train.a': file });
        await expect(importCounts(folder)).rejects.toMatchObject({
            code: 'UNSUPPORTED',
            message: expect.stringContaining(`${module}.${name}`) as string,
        });
        expect(existsSync(harmless)).toBe(false);
    });

    it('of float counts are refused by name', async () => {
        const file = torchFile(
            dictionary({ n: number(9), over_zero: tensor({ shape: [1, 3], storage: 'FloatStorage' }) }),
            { 0: ints([1, 2, 3]) },
        );
        await expect(
            importCounts(await folderOf({ 'activation.en.train.a': file, 'activation.de.train.a': file })),
        ).rejects.toMatchObject({
            code: 'UNSUPPORTED',
            message: expect.stringContaining('"over_zero" is of torch.FloatStorage') as string,
        });
    });

    const four = (tokens = 10, counts = [1, 2, 3, 4]): Buffer => countsFile([2, 2], counts, tokens);
    it.each<{
        what: string;
        files: Readonly<Record<string, Buffer>>;
        languages?: string[];
        code: string;
        says: string;
    }>([
        { what: 'nothing of the kind', files: { 'x.pt': four() }, code: 'NOT_FOUND', says: 'activation.LL.pt' },
        {
            what: 'a language that is not there',
            files: { 'activation.en.pt': four() },
            languages: ['en', 'de'],
            code: 'NOT_FOUND',
            says: 'no language de',
        },
        {
            what: 'two files of a language',
            files: { 'activation.en.pt': four(), 'activation.en.train.a': four() },
            code: 'WRONG_USE',
            says: 'both hold counts of en',
        },
        {
            what: 'prompts of some languages',
            files: { 'activation.en.pt': four(), 'activation.de.pt': four(), 'prefix.activation.en.pt': four(5) },
            code: 'MISMATCH',
            says: 'prefix.activation.de.pt',
        },
        {
            what: 'languages of other shapes',
            files: { 'activation.en.pt': four(), 'activation.de.pt': countsFile([1, 4], [1, 2, 3, 4], 10) },
            code: 'MISMATCH',
            says: '1 x 4',
        },
        {
            what: 'prompts of another shape',
            files: { 'activation.en.pt': four(), 'prefix.activation.en.pt': countsFile([1, 4], [1, 2, 3, 4], 10) },
            code: 'MISMATCH',
            says: '1 x 4',
        },
        {
            what: 'prompts of more tokens',
            files: { 'activation.en.pt': four(), 'prefix.activation.en.pt': four(11) },
            code: 'DAMAGED',
            says: 'more tokens',
        },
        {
            what: 'more activations than tokens',
            files: { 'activation.en.pt': four(3) },
            code: 'DAMAGED',
            says: 'above the number of tokens',
        },
        {
            what: 'negative counts',
            files: { 'activation.en.pt': four(9, [1, -1, 1, 1]) },
            code: 'DAMAGED',
            says: 'has counts below 0',
        },
        {
            what: 'no tokens',
            files: { 'activation.en.pt': countsFile([2, 2], [1, 1, 1, 1], 9, { tokens: 'other' }) },
            code: 'DAMAGED',
            says: 'total_tokens',
        },
        {
            what: 'no counts',
            files: { 'activation.en.pt': torchFile(dictionary({ n: number(4) })) },
            code: 'DAMAGED',
            says: 'over_zero',
        },
        {
            what: 'a damaged file',
            files: { 'activation.en.pt': four().subarray(9) },
            code: 'DAMAGED',
            says: 'activation.en.pt',
        },
    ])('with $what is refused in one line', async ({ files, languages, code, says }) => {
        const error = await importCounts(await folderOf(files), { languages }).catch((refusal: Error) => refusal);
        expect(error).toMatchObject({ name: 'LanguageNeuronsError', code, message: expect.stringContaining(says) });
        expect((error as Error).message).not.toContain('\n');
    });

    it('that is not there, or a file, is NOT_FOUND', async () => {
        await expect(importCounts(join(root, 'absent'))).rejects.toMatchObject({
            code: 'NOT_FOUND',
            message: expect.stringContaining('absent'),
        });
        await expect(importCounts(await fileOf(good()))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it.skipIf(!paperDataHere)(`reads the authors' own (skipped where ${paperFolder} is absent)`, async () => {
        const imported = await importCounts(paperFolder);
        const { languages, tokens, counts } = await paperActivations(expected.languages);
        expect(imported.languages).toEqual(languages);
        expect(imported.tokens).toEqual(tokens);
        // Of their 4.6 million differences 12 are larger than the tokens between them: cut.
        let cut = 0;
        for (const [i, layer] of counts.entries()) {
            const l = languages.length;
            const within = layer.map((count, j) => (count > tokens[j % l]! ? tokens[j % l]! : count));
            cut += within.filter((count, j) => count !== layer[j]).length;
            expect(Buffer.from(imported.counts[i]!.buffer).equals(Buffer.from(within.buffer)), `layer ${i}`).toBe(true);
        }
        expect(cut).toBe(12);
    });
});
