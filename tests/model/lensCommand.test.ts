import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readActivations } from '../../src/activations/activationsFile.js';
import { collect } from '../../src/activations/collect.js';
import type { Corpus } from '../../src/corpus/Corpus.js';
import { openCorpus } from '../../src/data/openCorpus.js';
import { Engine } from '../../src/engine/Engine.js';
import { LayerReader } from '../../src/lens/LayerReader.js';
import { type LensFile, lensKinds, readLensIfAny } from '../../src/lens/lensFile.js';
import { logitLens } from '../../src/lens/logitLens.js';
import { tokenLanguages } from '../../src/lens/tokenLanguages.js';
import { identify } from '../../src/neurons/classes/identify.js';
import type { NeuronAnalysis } from '../../src/neurons/analysis/NeuronAnalysis.js';
import { writeNeurons } from '../../src/neurons/analysis/neuronsFile.js';
import { LineProgress } from '../../src/support/progressLines.js';
import { commandHere } from '../helpers/commandHere.js';
import { embeddedModel } from '../helpers/models.js';
import { folderOfTest, temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const languages = ['en', 'de', 'zh'];
const data = 'udhr:1-5';
let engine: Engine;
let corpus: Corpus;
let analysis: NeuronAnalysis;
beforeAll(async () => {
    engine = await Engine.open({ model: embeddedModel, gpu: 'off' });
    corpus = await openCorpus(data, { languages });
    await collect({ engine, corpus, folder });
    analysis = identify(await readActivations(folder));
});
afterAll(() => engine.close());

describe('the logit lens over a corpus', () => {
    it('says without a terminal how much of all is done, not of each language anew', async () => {
        let said = '';
        const stream = new Writable({
            write: (chunk: Buffer, _, done) => {
                said += chunk.toString();
                done();
            },
        });
        await logitLens({
            ...{ engine, analysis, corpus, folder: folderOfTest(), tokens: 30 },
            progress: new LineProgress(stream),
        });
        const [first, ...lines] = said.trimEnd().split('\n');
        expect(first).toBe('tokens en');
        expect(lines.filter((line) => !line.includes('% of all'))).toEqual(['logit lens en']);
    });

    it('counts the languages of the likeliest tokens behind each layer', async () => {
        const folder = folderOfTest();
        const lens = await logitLens({ engine, analysis, corpus, folder, tokens: 30 });
        expect(await readLensIfAny(folder)).toEqual(lens);
        expect(lens.languages.map(({ language, tokens }) => [language, tokens])).toEqual([
            ['en', 30],
            ['de', 30],
            ['zh', 30],
        ]);
        // by hand: Chinese, from the texts
        const occurrences = await Promise.all(
            languages.map(async (language) => {
                const times = new Uint32Array(engine.info.vocabulary);
                for await (const { response } of corpus.samples(language))
                    for (const token of await engine.tokenize(response)) times[token]!++;
                return { language, occurrences: times };
            }),
        );
        const texts = await engine.tokenTexts();
        const languageOf = tokenLanguages(occurrences, (token) => texts.textOf([token]));
        const found: Int32Array[] = [];
        let left = 30;
        for await (const { response } of corpus.samples('zh')) {
            const tokens = (await engine.tokenize(response)).subarray(0, left);
            left -= tokens.length;
            if (tokens.length > 0) found.push(tokens);
        }
        const reader = await LayerReader.open(engine);
        const layers = await reader.likeliest(found.map((tokens) => ({ tokens, begin: 0 })));
        for (const [layer, tokens] of layers.entries()) {
            const told = Array.from(tokens, languageOf);
            const { own, english, other, untold } = lens.languages[2]!.layers[layer]!;
            expect(own).toBe(told.filter((language) => language === 'zh').length);
            expect(english).toBe(told.filter((language) => language === 'en').length);
            expect(other).toBe(told.filter((language) => language === 'de').length);
            expect(untold).toBe(told.filter((language) => language === undefined).length);
        }
        for (const { tokens, layers, language } of lens.languages) {
            expect(layers.length).toBe(engine.info.layers);
            for (const layer of layers) expect(lensKinds.reduce((sum, kind) => sum + layer[kind], 0)).toBe(tokens);
            if (language === 'en') expect(layers.every(({ own }) => own === 0)).toBe(true);
        }
    });

    it('continues where it was stopped, and does nothing again', async () => {
        const [whole, stopped] = [folderOfTest(), folderOfTest()];
        const given = { engine, analysis, corpus, tokens: 12 };
        const expected = await logitLens({ ...given, folder: whole });
        const stop = new AbortController();
        const progress = {
            stage: (label: string) => label === 'logit lens zh' && stop.abort(),
            ...{ advance: () => undefined, note: () => undefined, done: () => undefined },
        };
        await expect(logitLens({ ...given, folder: stopped, signal: stop.signal, progress })).rejects.toMatchObject({
            code: 'ABORTED',
        });
        expect((await readLensIfAny(stopped))!.languages.map(({ language }) => language)).toEqual(['en', 'de']);
        expect(await logitLens({ ...given, folder: stopped })).toEqual(expected);
        const notes: string[] = [];
        const noting = { ...progress, stage: () => undefined, note: (line: string) => notes.push(line) };
        expect(await logitLens({ ...given, folder: stopped, progress: noting })).toEqual(expected);
        expect(notes.join()).toContain('already holds');
    });

    it('refuses other texts, another model and texts without English, by name', async () => {
        const folder = folderOfTest();
        const given = { engine, analysis, corpus, folder, tokens: 4 };
        await logitLens(given);
        await expect(logitLens({ ...given, tokens: 5 })).rejects.toMatchObject({ code: 'MISMATCH' });
        expect((await logitLens({ ...given, tokens: 5, force: true })).languages[0]!.tokens).toBe(5);
        const german = await openCorpus(data, { languages: ['de', 'zh'] });
        await expect(logitLens({ ...given, corpus: german })).rejects.toThrow(/udhr:1-5: has no English texts/);
        const source = { ...analysis.source, model: { ...analysis.source.model, fingerprint: 'xxh128:0' } };
        await expect(logitLens({ ...given, analysis: { ...analysis, source } })).rejects.toMatchObject({
            code: 'MISMATCH',
        });
    });

    it('is a command with a table', async () => {
        const folder = folderOfTest();
        await writeNeurons(join(folder, 'neurons.json'), analysis);
        const args = ['lens', folder, '--model', embeddedModel, '--gpu', 'off', '--data', data, '--tokens', '10'];
        const { stdout, code } = await commandHere(...args);
        expect(code).toBe(0);
        expect(stdout.split('\n')[0]).toMatch(/^layer +English +own +another +not to be told$/);
        expect(stdout).toContain(`30 tokens of 3 languages in ${join(folder, 'lens.json')}`);
        const printed = JSON.parse((await commandHere(...args, '--json')).stdout) as LensFile;
        expect(printed).toEqual(await readLensIfAny(folder));
        expect(readFileSync(join(folder, 'lens.json'), 'utf8').split('\n').length).toBe(6);
    });
});
