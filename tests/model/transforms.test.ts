import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activationsPath, readActivations } from '../../src/activations/activationsFile.js';
import { collect } from '../../src/activations/collect.js';
import type { Transform } from '../../src/corpus/transformedCorpus.js';
import type { Corpus } from '../../src/corpus/Corpus.js';
import { openCorpus } from '../../src/data/openCorpus.js';
import { Engine } from '../../src/engine/Engine.js';
import { merge } from '../../src/run/merge.js';
import { embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

describe('rewritten texts', () => {
    const root = temporaryFolder();
    let engine: Engine;
    let corpus: Corpus;
    beforeAll(async () => {
        engine = await Engine.open({ model: embeddedModel, gpu: 'off', countOnly: true });
        corpus = await openCorpus('udhr:1-6', { languages: ['en', 'de'] });
    });
    afterAll(() => engine.close());

    it.each<Transform>(['shuffled', 'random', 'pooled'])('are counted: %s', async (transform) => {
        const folder = join(root, transform);
        const plain = await collect({ engine, corpus, folder: join(root, 'plain') });
        const { activations } = await collect({ engine, corpus, folder, transform });
        const { counts, tokens, source } = await readActivations(folder);
        expect(source).toEqual(activations.source);
        expect(source.dataset.name).toBe(`udhr:1-6 (${transform}, seed 1)`);
        expect(source.settings!.transform).toBe(`${transform}, seed 1`);
        expect(source.settings).toEqual({ ...plain.activations.source.settings, transform: `${transform}, seed 1` });
        if (transform !== 'shuffled') expect(tokens).toEqual(plain.activations.tokens);
        expect(counts).not.toEqual(plain.activations.counts);
        expect((await collect({ engine, corpus, folder, transform, transformSeed: 1 })).decodedTokens).toBe(0);
        await expect(collect({ engine, corpus, folder, transform, transformSeed: 2 })).rejects.toMatchObject({
            code: 'MISMATCH',
            message: expect.stringContaining(`transform ${transform}, seed 1 and ${transform}, seed 2`) as string,
        });
    });

    it('in shards are those of the whole', async () => {
        const [folder, out, whole] = ['parts', 'merged', 'random'].map((name) => join(root, name)) as [
            string,
            string,
            string,
        ];
        for (const number of [1, 2])
            await collect({ engine, corpus, folder, transform: 'random', shard: { number, total: 2 } });
        await merge([folder], { folder: out });
        expect(readFileSync(activationsPath(out)).equals(readFileSync(activationsPath(whole)))).toBe(true);
    });

    it('need no seed where nothing is drawn', async () => {
        const folder = join(root, 'romanized');
        const { activations } = await collect({ engine, corpus, folder, transform: 'romanized' });
        expect(activations.source.dataset.name).toBe('udhr:1-6 (romanized)');
        await expect(
            collect({ engine, corpus, folder, transform: 'romanized', transformSeed: 2 }),
        ).rejects.toMatchObject({ code: 'WRONG_USE' });
    });
});
