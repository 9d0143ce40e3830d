import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sample } from '../../src/corpus/Corpus.js';
import { Engine } from '../../src/engine/Engine.js';
import { perplexity } from '../../src/experiments/textMetrics/perplexity.js';
import { embeddedModel } from '../helpers/models.js';
import { udhrSamples } from '../helpers/texts.js';
import { writeUnquantized } from '../helpers/unquantized.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

describe('scores', () => {
    const folder = temporaryFolder();
    let engine: Engine;
    let prompted: Sample[];
    beforeAll(async () => {
        const model = await writeUnquantized(embeddedModel, join(folder, 'unquantized.gguf'));
        engine = await Engine.open({ model, gpu: 'off', batchSize: 96, windowSize: 200 });
        // Two answers to each prompt, one prompt longer than a window, one text without.
        const texts = (await udhrSamples(['en', 'de'], '25-28')).map(({ response }) => response);
        prompted = [
            ...texts.flatMap((text) =>
                ['one', 'two'].map((more) => ({
                    language: 'en',
                    prompt: text.slice(0, 90),
                    response: `${text.slice(90)} ${more}`,
                })),
            ),
            { language: 'en', prompt: texts.join(' '), response: ' and so it is.' },
            { language: 'en', prompt: '', response: texts[1]! },
        ];
    });
    afterAll(() => {
        engine.close();
    });

    it('of prompt and response add up to that of the text, text by text', async () => {
        const [response, prompt, text] = [
            await engine.score(prompted),
            await engine.score(prompted, { over: 'prompt' }),
            await engine.score(prompted, { over: 'text' }),
        ];
        expect(text.tokens).toBe(prompt.tokens + response.tokens);
        expect(response.tokens).toBeGreaterThan(0);
        expect(prompt.tokens).toBeGreaterThan(0);
        // 1.3e-6: batches of other shapes.
        expect(text.logProbability / (prompt.logProbability + response.logProbability)).toBeCloseTo(1, 5);
        for (const { texts, tokens, logProbability } of [response, prompt, text]) {
            expect(texts).toHaveLength(prompted.length);
            expect(texts.reduce((sum, one) => sum + one.tokens, 0)).toBe(tokens);
            expect(texts.reduce((sum, one) => sum + one.logProbability, 0)).toBe(logProbability);
        }
        expect(prompt.texts.at(-1)!.tokens).toBe(0);
        for (const [i, one] of text.texts.entries())
            expect(one.tokens).toBe(prompt.texts[i]!.tokens + response.texts[i]!.tokens);
    });

    it('of one text are what it scores alone', async () => {
        const { texts } = await engine.score(prompted, { over: 'text' });
        for (const i of [0, 5, prompted.length - 1]) {
            const alone = await engine.score([prompted[i]!], { over: 'text' });
            expect(texts[i]!.tokens).toBe(alone.tokens);
            expect(perplexity(texts[i]!) / perplexity(alone)).toBeCloseTo(1, 4); // 3.4e-5
        }
    });

    it('of tokens are those of their text', async () => {
        const text = prompted.at(-1)!.response;
        const tokens = await engine.tokenize(text);
        const given = await engine.score([{ tokens, promptLength: 0, characters: text.length }]);
        const { texts, ...plain } = await engine.score([prompted.at(-1)!]);
        expect(given).toEqual({ ...plain, texts });
        // The second half alone: the first is context.
        const half = await engine.score([{ tokens: tokens.subarray(0, 100), promptLength: 50, characters: 0 }]);
        expect(half.tokens).toBe(50);
    });
});
