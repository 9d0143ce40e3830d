import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/Engine.js';
import type { Sample } from '../../src/corpus/Corpus.js';
import { addCounts } from '../../src/activations/addCounts.js';
import { embeddedModel, publicModels } from '../helpers/models.js';
import { flippedShare, halvedIntoPrompts, udhrSamples } from '../helpers/texts.js';
import { writeUnquantized } from '../helpers/unquantized.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();

/** Ten answers to each of some prompts: every other one shorter, so that they end in different batches. */
async function answered(): Promise<Sample[]> {
    const halves = halvedIntoPrompts(await udhrSamples(['en'], '1-24'));
    return halves
        .slice(0, 4)
        .flatMap(({ language, prompt }, p) =>
            halves
                .slice(0, 10)
                .map(({ response }, a) => ({ language, prompt, response: response.slice(0, 60 + 30 * ((p + a) % 4)) })),
        );
}

/** Where inputs are not rounded to 8 bits, scores hold to much tighter bounds: see `roundingOfScores`. */
async function openUnquantized(): Promise<Engine> {
    const model = await writeUnquantized(embeddedModel, join(folder, 'unquantized.gguf'));
    return Engine.open({ model, gpu: 'off', batchSize: 128 });
}

describe.each(publicModels)('ten answers to a prompt, $name', (model) => {
    const { name, path, here, roundingAtZero, roundingOfScores } = model;
    it.skipIf(!here)('decode it once, and count as each alone, and score as unshared', async () => {
        const engine = await Engine.open({ model: path, gpu: 'off', batchSize: 128 });
        try {
            const samples = await answered();
            const together = await engine.count(samples);
            const alone = [];
            for (const sample of samples) alone.push(await engine.count([sample]));
            const { counts, tokens } = addCounts(
                alone.map(({ counts, tokens }) => ({ counts, tokens: BigInt64Array.of(tokens) })),
            );
            expect(BigInt64Array.of(together.tokens)).toEqual(tokens);
            const share = flippedShare(together.counts, counts, together.tokens);
            expect(share).toBeLessThan(roundingAtZero);

            const prompts = alone.reduce((sum, { decodedTokens }) => sum + decodedTokens, 0);
            console.log(
                `${name}: ${share.toExponential(1)} of the signs differ; ` +
                    `${together.decodedTokens} tokens decoded for ${together.tokens} counted, ${prompts} one by one`,
            );
            expect(together.decodedTokens).toBeLessThan(prompts / 1.5);

            // In an order in which no two in a row have the same prompt, nothing is shared.
            const apart = Array.from({ length: 40 }, (_, i) => samples[(i % 4) * 10 + Math.floor(i / 4)]!);
            const scoring = path === embeddedModel ? await openUnquantized() : engine;
            const [shared, unshared] = [await scoring.score(samples), await scoring.score(apart)];
            if (scoring !== engine) scoring.close();
            expect(shared.tokens).toBe(unshared.tokens);
            expect(shared.decodedTokens).toBeLessThan(unshared.decodedTokens / 1.5);
            const difference = Math.abs(shared.logProbability / unshared.logProbability - 1);
            console.log(`${name}: scores differ by ${difference.toExponential(1)}`);
            expect(difference).toBeLessThan(roundingOfScores);
        } finally {
            engine.close();
        }
    });
});
