import { join } from 'node:path';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Truncation } from '../../src/engine/scheduler/AnswerRequest.js';
import { MeasuredEngine } from '../helpers/MeasuredEngine.js';
import { randomGenerator } from '../../src/support/randomGenerator.js';
import { embeddedModel } from '../helpers/models.js';
import { type RunningServer, startServer } from '../helpers/served.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';
import { writeUnquantized } from '../helpers/unquantized.js';

// Without quantization, rounding hardly depends on what is computed beside a token.
const folder = temporaryFolder();
let engine: MeasuredEngine;
beforeAll(async () => {
    const path = join(folder, 'model.gguf');
    await writeUnquantized(embeddedModel, path);
    engine = await MeasuredEngine.open({ model: path, gpu: 'off', f32Cache: true });
});
afterAll(() => {
    engine.close();
});

const prompt = 'Der alte Mann';

/** Of each token, what softmax gives it at a temperature once others are left out; 0 for those. */
function probabilities(logits: Float32Array, temperature: number, { topK, topP, minP }: Truncation): number[] {
    const greatest = logits.reduce((a, b) => Math.max(a, b));
    const weights = Array.from(logits, (logit, token) => ({
        token,
        weight: Math.exp((logit - greatest) / temperature),
    }));
    const sorted = weights.toSorted((a, b) => b.weight - a.weight || a.token - b.token);
    const first = topK > 0 ? sorted.slice(0, topK) : sorted;
    const sum = first.reduce((all, { weight }) => all + weight, 0);
    let before = 0;
    const nucleus = first.filter(({ weight }) => {
        const needed = before < topP * sum;
        before += weight;
        return needed;
    });
    const kept = nucleus.filter(({ weight }) => weight >= minP * nucleus[0]!.weight);
    const all = kept.reduce((total, { weight }) => total + weight, 0);
    const shares = new Array<number>(logits.length).fill(0);
    for (const { token, weight } of kept) shares[token] = weight / all;
    return shares;
}

it.each<Truncation & { readonly temperature: number }>([
    { topK: 0, topP: 1, minP: 0, temperature: 1 },
    { topK: 0, topP: 0.5, minP: 0, temperature: 1 },
    { topK: 0, topP: 0.9, minP: 0, temperature: 2 },
    { topK: 0, topP: 1e-9, minP: 0, temperature: 5 },
    { topK: 3, topP: 1, minP: 0, temperature: 3 },
    { topK: 1, topP: 1, minP: 0, temperature: 3 },
    { topK: 99_999, topP: 0.99, minP: 0, temperature: 1.5 },
    { topK: 0, topP: 1, minP: 0.1, temperature: 1.5 },
    { topK: 0, topP: 1, minP: 1, temperature: 1.5 },
    { topK: 40, topP: 0.8, minP: 0.05, temperature: 2 },
])('what is drawn under %o is what an independent computation draws', async ({ temperature, ...truncation }) => {
    const tokens = await engine.tokenize(prompt);
    const all = await engine.logits(prompt);
    const shares = probabilities(all.slice(-engine.info.vocabulary), temperature, truncation);
    const batching = await engine.batching({ parallel: 8, requestSize: 256 });
    try {
        const seeds = Array.from({ length: 300 }, (_, seed) => seed);
        const answers = await Promise.all(
            seeds.map((seed) => batching.ask({ prompt: tokens, maxTokens: 1, temperature, seed, truncation })),
        );
        let edges = 0;
        for (const [seed, { tokens: drawn, end }] of answers.entries()) {
            const uniform = uniformFloat64(randomGenerator(seed, 0, 0));
            let below = 0;
            const expected = shares.findIndex((share) => (below += share) > uniform);
            // Rounding of another batch may put a number on the other side of a token's edge.
            if (Math.abs(below - uniform) < 1e-5 || Math.abs(below - shares[expected]! - uniform) < 1e-5) edges++;
            else
                expect([seed, end === 'stop' ? undefined : drawn[0]]).toEqual([
                    seed,
                    end === 'stop' ? undefined : expected,
                ]);
            if (drawn.length > 0) expect(shares[drawn[0]!]! > 0 || edges > 0).toBe(true);
        }
        expect(edges).toBeLessThan(10);
    } finally {
        await batching.close({ stop: true });
    }
});

it('serve takes top_p, top_k and min_p, and gives the same for the same seed', async () => {
    const server: RunningServer = await startServer(engine);
    const ask = async (more: object): Promise<string[]> => {
        const response = await fetch(`${server.url}/completions`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ model: 'whole', prompt, max_tokens: 12, temperature: 2, n: 6, ...more }),
        });
        expect(response.status).toBe(200);
        return ((await response.json()) as { choices: { text: string }[] }).choices.map(({ text }) => text);
    };
    try {
        const greedy = await ask({ temperature: 0, n: 1 });
        for (const least of [{ top_p: 1e-9 }, { top_k: 1 }, { min_p: 1 }])
            expect(new Set(await ask({ seed: 3, ...least }))).toEqual(new Set(greedy));
        const half = await ask({ seed: 3, top_p: 0.5 });
        expect(await ask({ seed: 3, top_p: 0.5 })).toEqual(half);
        expect(await ask({ seed: 4, top_p: 0.5 })).not.toEqual(half);
        const whole = await ask({ seed: 3 });
        expect(half).not.toEqual(whole);
        for (const nothing of [{ top_p: 1 }, { top_k: 0 }, { top_k: -1 }, { min_p: 0 }, { top_p: null, top_k: null }])
            expect(await ask({ seed: 3, ...nothing })).toEqual(whole);
    } finally {
        await server.end();
    }
});
