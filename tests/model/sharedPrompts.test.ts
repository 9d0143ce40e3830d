import { describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/Engine.js';
import type { Sample } from '../../src/corpus/Corpus.js';
import { addCounts } from '../../src/activations/addCounts.js';
import { publicModels } from '../helpers/models.js';
import { flippedShare, halvedIntoPrompts, udhrSamples } from '../helpers/texts.js';

/** Ten answers to each of some prompts: every other one shorter, so that they end in different batches. */
async function answered(): Promise<Sample[]> {
    const halves = halvedIntoPrompts(await udhrSamples(['en'], '1-24'));
    return halves.slice(0, 4).flatMap(({ language, prompt }, p) => halves.slice(0, 10).map(({ response }, a) => ({ language, prompt, response: response.slice(0, 60 + 30 * ((p + a) % 4)) })));
}

describe.each(publicModels)('ten answers to a prompt, $name', ({ name, path, here, roundingAtZero }) => {
    it.skipIf(!here)('decode it once, and count as each alone, and score as unshared', async () => {
        const engine = await Engine.open({ model: path, gpu: 'off', batchSize: 128 });
        try {
            const samples = await answered();
            const together = await engine.count(samples);
            const alone = [];
            for (const sample of samples) alone.push(await engine.count([sample]));
            const { counts, tokens } = addCounts(alone.map(({ counts, tokens }) => ({ counts, tokens: BigInt64Array.of(tokens) })));
            expect(BigInt64Array.of(together.tokens)).toEqual(tokens);
            const share = flippedShare(together.counts, counts, together.tokens);
            expect(share).toBeLessThan(roundingAtZero);

            const prompts = alone.reduce((sum, { decodedTokens }) => sum + decodedTokens, 0);
            console.log(`${name}: ${share.toExponential(1)} of the signs differ; ${together.decodedTokens} tokens decoded for ${together.tokens} counted, ${prompts} one by one`);
            expect(together.decodedTokens).toBeLessThan(prompts / 1.5);

            // In an order in which no two in a row have the same prompt, nothing is shared.
            const apart = Array.from({ length: 40 }, (_, i) => samples[(i % 4) * 10 + Math.floor(i / 4)]!);
            const [shared, unshared] = [await engine.score(samples), await engine.score(apart)];
            expect(shared.tokens).toBe(unshared.tokens);
            expect(shared.decodedTokens).toBeLessThan(unshared.decodedTokens / 1.5);
            expect(Math.abs(shared.logProbability / unshared.logProbability - 1)).toBeLessThan(roundingAtZero);
        } finally {
            engine.close();
        }
    });
});
