import { beforeAll, describe, expect, it } from 'vitest';
import type { Sample } from '../../src/corpus/Corpus.js';
import { Engine } from '../../src/engine/Engine.js';
import type { CountResult, EngineOptions } from '../../src/engine/types/engineTypes.js';
import { publicModels } from '../helpers/models.js';
import { flippedShare, halvedIntoPrompts, sum, udhrSamples } from '../helpers/texts.js';

async function count(
    model: string,
    samples: readonly Sample[],
    options: Partial<EngineOptions> = {},
): Promise<CountResult> {
    const engine = await Engine.open({ model, gpu: 'off', ...options });
    try {
        return await engine.count(samples);
    } finally {
        engine.close();
    }
}

for (const { name, path, here, roundingAtZero, window } of publicModels) {
    describe.skipIf(!here)(`counts on ${name} are additive`, () => {
        let samples: Sample[];
        let whole: CountResult;
        beforeAll(async () => {
            samples = await udhrSamples(['en', 'zh', 'de'], '28-29');
            whole = await count(path, samples);
        });

        it('exactly, where the halves end with a batch', async () => {
            const engine = await Engine.open({ model: path, gpu: 'off' });
            const half = samples.slice(0, 3);
            const lead = engine.info.bos >= 0 ? 1 : 0;
            let batchSize = 0;
            for (const { response } of half) batchSize += lead + (await engine.tokenize(response)).length;
            engine.close();
            const [first, second] = [
                await count(path, half, { batchSize }),
                await count(path, samples.slice(3), { batchSize }),
            ];
            const both = await count(path, samples, { batchSize });
            expect(first.tokens + second.tokens).toBe(both.tokens);
            expect(sum(first.counts, second.counts)).toEqual(both.counts);
        });

        const packings = [{ batchSize: 48 }, { batchSize: 100 }, { batchSize: 1024 }, { windowSize: window }];
        it.each(packings)('batch size and packing: %o', async (options) => {
            const other = await count(path, samples, options);
            expect(other.tokens).toBe(whole.tokens);
            const share = flippedShare(other.counts, whole.counts, whole.tokens);
            console.log(`${name}, ${JSON.stringify(options)}: ${share.toExponential(1)} of the signs differ`);
            expect(share).toBeLessThan(roundingAtZero);
        });

        it('texts one by one, and in reverse order', async () => {
            const engine = await Engine.open({ model: path, gpu: 'off' });
            let alone: BigInt64Array[] | undefined;
            for (const sample of samples) {
                const { counts } = await engine.count([sample]);
                alone = alone === undefined ? counts : sum(alone, counts);
            }
            const reversed = await engine.count([...samples].reverse());
            engine.close();
            expect(flippedShare(alone!, whole.counts, whole.tokens)).toBeLessThan(roundingAtZero);
            expect(flippedShare(reversed.counts, whole.counts, whole.tokens)).toBeLessThan(roundingAtZero);
        });

        it('prompts with responses among plain texts: the response of a text is the text less its prompt', async () => {
            const engine = await Engine.open({ model: path, gpu: 'off' });
            const halved = halvedIntoPrompts(samples);
            const prompts = halved.map(({ language, prompt }) => ({ language, prompt: '', response: prompt }));
            const [responses, mixed, prefixes] = [
                await engine.count(halved),
                await engine.count([...samples, ...halved]),
                await engine.count(prompts),
            ];
            engine.close();
            expect(mixed.tokens).toBe(whole.tokens + responses.tokens);
            expect(flippedShare(mixed.counts, sum(whole.counts, responses.counts), mixed.tokens)).toBeLessThan(
                roundingAtZero,
            );
            // A prompt's last token may join the response's first, so that the prompts alone have more tokens.
            const most = 2 * samples.length;
            expect(Math.abs(Number(responses.tokens + prefixes.tokens - whole.tokens))).toBeLessThanOrEqual(most);
        });
    });
}
