import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/Engine.js';
import { LanguageNeuronsError } from '../../src/errors.js';
import { commandHere } from '../helpers/commandHere.js';
import { headSize, writeSentencePiece } from '../helpers/syntheticModels.js';
import { bpeTokens, type Changes, writeBpe } from '../helpers/vocabularies.js';
import type { GgufValue } from '../helpers/writeGguf.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

// Whatever a header says ends in a result or an error, in the process that asked.

const folder = temporaryFolder();
const path = join(folder, 'model.gguf');

const open = (): Promise<Engine> =>
    Engine.open({ model: path, gpu: 'off', batchSize: 32, contextSize: 64, threads: 1 });

/** Opens the model and counts a text, or fails by name. */
async function useModel(): Promise<string> {
    try {
        using engine = await open();
        const { tokens } = await engine.count([{ language: 'en', prompt: '', response: 'The book 12 é\n\n <s>' }]);
        return tokens > 0 ? 'counted' : 'nothing to count';
    } catch (cause) {
        if (!(cause instanceof LanguageNeuronsError)) throw cause;
        expect(cause.message.split('\n')).toHaveLength(1);
        // NaN in a factor of the positions is NaN in the activations.
        return cause.code === 'NATIVE' && cause.message.includes('is not finite') ? 'not finite' : cause.code;
    }
}

const tokensWith = (...more: string[]): Changes => ({
    'tokenizer.ggml.tokens': { strings: [...bpeTokens.slice(0, -more.length), ...more] },
});
const u32 = (key: string, value: number): Changes => ({ [`llama.${key}`]: { u32: value } });

describe('what a header says that would stop llama.cpp is refused, by what it says', () => {
    it.each<{ what: string; changes: Changes; code?: string; says: RegExp }>([
        { what: 'a token twice', changes: tokensWith('b', 'a'), says: /the token "b" twice \(\d+ and 263\)/ },
        {
            what: 'a long token twice',
            changes: tokensWith('xyz'.repeat(99), 'xyz'.repeat(99)),
            says: /twice \(263 and/,
        },
        { what: 'tokens alike up to a NUL', changes: tokensWith('ab\0c', 'ab\0d'), says: /the token "ab" twice/ },
        { what: 'a context of one token', changes: u32('context_length', 1), says: /a context of 1 token/ },
        {
            what: 'heads of an odd size',
            changes: u32('rope.dimension_count', headSize - 1),
            says: /rope\.dimension_count|rotary|n_rot/i,
        },
        { what: 'no heads', changes: u32('attention.head_count', 0), says: /cannot|heads|dimension/ },
        { what: 'more layers than weights', changes: u32('block_count', 9), says: /blk\.1\./ },
        { what: 'experts that are not there', changes: u32('expert_used_count', 2), says: /expert/ },
        { what: 'a vocabulary of too many', changes: u32('vocab_size', 2 ** 30), says: /a vocabulary of 1073741824/ },
        { what: 'fewer tokens than embeddings', changes: { 'tokenizer.ggml.tokens': { strings: ['a'] } }, says: /\S/ },
        {
            what: 'scores for a few tokens',
            changes: { 'tokenizer.ggml.scores': { f32s: [1, 2] } },
            says: /scores \(2 < 265\)/,
        },
        {
            what: 'types of a few tokens',
            changes: { 'tokenizer.ggml.token_type': { i32s: [1] } },
            says: /toktypes \(1 < 265\)/,
        },
        {
            what: 'an architecture that is a list',
            changes: { 'general.architecture': { strings: ['llama'] } },
            says: /general\.architecture/,
        },
        { what: 'no architecture', changes: { 'general.architecture': undefined }, code: 'UNSUPPORTED', says: /''/ },
    ])('$what', async ({ changes, code = 'DAMAGED', says }) => {
        writeBpe(path, 'gpt-2', changes);
        await expect(open()).rejects.toMatchObject({ code, message: expect.stringMatching(says) });
        await expect(open()).rejects.toThrow(path);
        const { code: exit, stderr } = await commandHere('inspect', path, '--gpu', 'off');
        expect(exit).toBe(1);
        expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(path)]);
    });
});

describe('a vocabulary that does not spell a text', () => {
    it('without tokens for bytes is refused with it, and serves for others', async () => {
        writeSentencePiece(path, ['▁the', 't', 'h', 'e', '▁'], { bytes: false });
        using engine = await open();
        expect((await engine.tokenize('the')).length).toBeGreaterThan(0);
        for (const text of ['é', 'the\n', '😀'.repeat(50)]) {
            await expect(engine.tokenize(text)).rejects.toMatchObject({
                code: 'UNSUPPORTED',
                message: expect.stringContaining('has no tokens for a part of the text'),
            });
        }
        expect((await engine.tokenize('the')).length).toBeGreaterThan(0);
    });

    it('that trips an assertion of llama.cpp when it splits one is refused with it', async () => {
        writeBpe(path, 'whitespace');
        using engine = await open();
        await expect(engine.tokenize('   ')).rejects.toMatchObject({
            code: 'UNSUPPORTED',
            message: expect.stringMatching(/llama-vocab\.cpp:\d+: GGML_ASSERT/),
        });
        expect((await engine.tokenize('AA')).length).toBe(1);
    });
});

/** Values that a key may be given, of all types. */
const values: readonly (GgufValue | undefined)[] = [
    undefined,
    ...[0, 1, 3, 500, 2 ** 31, 2 ** 32 - 1].map((value) => ({ u32: value })),
    ...[{ i32: -1 }, { f32: NaN }, { f32: -1 }, { bool: true }, { string: '' }, { string: 'a\0b' }],
    ...[
        { u32s: [] },
        { u32s: [2 ** 32 - 1, 1] },
        { i32s: [-1, 0, 7] },
        { strings: [] },
        { strings: ['', 'a', 'a', ' '] },
    ],
];
const keys = [
    ...['general.architecture', 'general.alignment', 'general.file_type', 'general.type', 'split.count', 'split.no'],
    ...['model', 'pre', 'tokens', 'token_type', 'merges', 'scores', 'bos_token_id', 'eos_token_id', 'eot_token_id'].map(
        (key) => `tokenizer.ggml.${key}`,
    ),
    ...['unknown_token_id', 'padding_token_id', 'add_bos_token', 'add_space_prefix', 'suppress_tokens'].map(
        (key) => `tokenizer.ggml.${key}`,
    ),
    ...['block_count', 'context_length', 'embedding_length', 'feed_forward_length', 'vocab_size', 'expert_count'].map(
        (key) => `llama.${key}`,
    ),
    ...['head_count', 'head_count_kv', 'key_length', 'value_length', 'layer_norm_rms_epsilon', 'sliding_window'].map(
        (key) => `llama.attention.${key}`,
    ),
    ...['dimension_count', 'freq_base', 'scaling.type', 'scaling.factor'].map((key) => `llama.rope.${key}`),
];

describe('a key of any type and value', () => {
    it.each(keys)('%s', async (key) => {
        for (const value of values) {
            writeBpe(path, 'gpt-2', { [key]: value });
            expect(await useModel(), JSON.stringify(value)).toMatch(/^(counted|not finite|DAMAGED|UNSUPPORTED)$/);
        }
    });
});
