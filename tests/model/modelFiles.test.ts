import { copyFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/Engine.js';
import { commandHere } from '../helpers/commandHere.js';
import { embeddedModel } from '../helpers/models.js';
import { embedding, Tensors } from '../helpers/syntheticModels.js';
import { bpeParts, bpeTokens, bpeVocabulary, type Changes, writeBpe } from '../helpers/vocabularies.js';
import { type GgufValue, writeGguf } from '../helpers/writeGguf.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const part = (i: number, name = 'big'): string => at(`${name}-0000${i}-of-00003.gguf`);

const open = (model: string): Promise<Engine> =>
    Engine.open({ model, gpu: 'off', batchSize: 32, contextSize: 64, threads: 1 });

/** A model in three files, as llama.cpp's gguf-split writes them. */
function writeParts(name: string): void {
    const { metadata, tensors } = bpeParts('gpt-2');
    for (const i of [0, 1, 2]) {
        const own = tensors.filter((_, place) => place % 3 === i);
        const split = {
            'split.no': { u16: i },
            'split.count': { u16: 3 },
            'split.tensors.count': { i32: tensors.length },
        };
        writeGguf(part(i + 1, name), i === 0 ? { ...metadata, ...split } : split, own);
    }
}

describe('a model in several files', () => {
    beforeAll(() => writeParts('big'));

    it('is opened by any of them, with the numbers of one file', async () => {
        writeBpe(at('one.gguf'), 'gpt-2');
        using one = await open(at('one.gguf'));
        const expected = await one.logits('The book');
        const fingerprints = new Set<string>();
        for (const i of [1, 2, 3]) {
            using engine = await open(part(i));
            expect(await engine.logits('The book')).toEqual(expected);
            expect(engine.path).toBe(part(1));
            fingerprints.add(engine.fingerprint);
        }
        expect(fingerprints.size).toBe(1);
    });

    it.each([1, 2, 3])('without file %d, which is named', async (missing) => {
        writeParts('holes');
        rmSync(part(missing, 'holes'));
        for (const given of [1, 2, 3].filter((i) => i !== missing)) {
            const { code, stderr } = await commandHere('inspect', part(given, 'holes'), '--gpu', 'off');
            expect(code).toBe(1);
            expect(stderr.trim().split('\n')).toEqual([
                expect.stringContaining(`${part(missing, 'holes')}: is missing`),
            ]);
        }
    });

    it('under another name is told which', async () => {
        writeParts('odd');
        for (const [name, place] of [
            ['odd.gguf', 1],
            ['odd-00001-of-00002.gguf', 2],
            ['odd-3-of-3.gguf', 3],
        ] as const) {
            renameSync(part(place, 'odd'), at(name));
            await expect(open(at(name))).rejects.toMatchObject({
                code: 'DAMAGED',
                message: expect.stringMatching(new RegExp(`file ${place} of 3 .* NAME-0000${place}-of-00003.gguf`)),
            });
        }
    });

    it('is not what one file is named like', async () => {
        copyFileSync(embeddedModel, part(2, 'alone'));
        using engine = await open(part(2, 'alone'));
        expect(engine.path).toBe(part(2, 'alone'));
    });
});

describe('a file that is no language model says what it is', () => {
    const tensors = new Tensors().add('x.weight', embedding, 4).list;
    it.each<{ what: string; metadata: Record<string, GgufValue>; says: RegExp; none?: boolean }>([
        { what: 'LoRA adapter', metadata: { 'general.type': { string: 'adapter' } }, says: /a LoRA adapter.*--lora/ },
        {
            what: 'older LoRA adapter',
            metadata: { 'adapter.type': { string: 'lora' } },
            says: /a LoRA adapter.*--lora/,
        },
        { what: 'mmproj', metadata: { 'general.type': { string: 'mmproj' } }, says: /mmproj.*language model's file/ },
        { what: 'older mmproj', metadata: { 'general.architecture': { string: 'clip' } }, says: /mmproj/ },
        { what: 'imatrix', metadata: { 'general.type': { string: 'imatrix' } }, says: /an importance matrix/ },
        {
            what: 'control vector',
            metadata: { 'general.architecture': { string: 'controlvector' } },
            says: /a control vector/,
        },
        {
            what: 'embeddings',
            metadata: { 'general.architecture': { string: 'nomic-bert' } },
            says: /makes embeddings/,
        },
        { what: 'vocabulary', metadata: bpeVocabulary('gpt-2'), says: /a vocabulary alone/, none: true },
    ])('$what', async ({ metadata, says, none = false }) => {
        const path = at('kind.gguf');
        writeGguf(path, { 'general.architecture': { string: 'llama' }, ...metadata }, none ? [] : tensors);
        const { code, stderr } = await commandHere(
            'collect',
            '--gpu',
            'off',
            '--model',
            path,
            '--data',
            'udhr',
            '--out',
            at('o'),
        );
        expect(code).toBe(1);
        expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(says)]);
        expect(stderr).toContain(path);
    });
});

describe('what llama.cpp warns of, and changes tokens, is told once', () => {
    const bos = (id: number): Changes => ({ 'tokenizer.ggml.bos_token_id': { u32: id } });
    it.each<{ what: string; pre?: string; changes: Changes; says: RegExp }>([
        { what: 'no pre-tokenizer', changes: {}, says: /missing pre-tokenizer type, using: 'default'/ },
        { what: 'a BOS beyond the vocabulary', pre: 'gpt-2', changes: bos(70_000), says: /bos_token_id' = 70000/ },
        {
            what: 'an EOS beyond the vocabulary',
            pre: 'gpt-2',
            changes: { 'tokenizer.ggml.eos_token_id': { u32: 2 ** 31 } },
            says: /eos_token_id' = 2147483648/,
        },
        {
            what: 'empty tokens',
            pre: 'gpt-2',
            changes: { 'tokenizer.ggml.tokens': { strings: [...bpeTokens.slice(0, -2), '', ''] } },
            says: /empty token at index 263 \(and 1 more like it\)/,
        },
    ])('$what', async ({ pre, changes, says }) => {
        const path = at('warned.gguf');
        writeBpe(path, pre, changes);
        using engine = await open(path);
        const warnings = engine.notes.filter((note) => note.startsWith('warning: '));
        expect(warnings).toEqual([expect.stringMatching(says)]);
        expect(warnings[0]).toContain(path);
        const data = ['--data', 'udhr:1-1', '--languages', 'en,de', '--out', at('warned')];
        const { code, stderr } = await commandHere('collect', '--gpu', 'off', '--model', path, ...data, '--fresh');
        expect(code, stderr).toBe(0);
        expect(stderr.split('\n').filter((line) => says.test(line))).toHaveLength(1);
    });

    it('and nothing of a sound model', async () => {
        for (const model of [embeddedModel, at('sound.gguf')]) {
            if (model !== embeddedModel) writeBpe(model, 'gpt-2');
            using engine = await open(model);
            expect(engine.notes).toEqual([]);
        }
    });
});
