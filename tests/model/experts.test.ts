import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CountResult } from '../../src/engine/types/engineTypes.js';
import { MeasuredEngine, type MeasuredOptions } from '../helpers/MeasuredEngine.js';
import { perplexity } from '../../src/experiments/textMetrics/perplexity.js';
import { neuronsAt } from '../../src/engine/types/Site.js';
import { readMatrices } from '../../src/experiments/resultFiles/matrixFile.js';
import { readNeurons } from '../../src/neurons/analysis/neuronsFile.js';
import { commandHere } from '../helpers/commandHere.js';
import { maskOf } from '../helpers/maskOf.js';
import { embeddedModel } from '../helpers/models.js';
import { flippedShare, sum, udhrSamples } from '../helpers/texts.js';
import { writeUpcycled } from '../helpers/upcycled.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const path = join(folder, 'experts.gguf');
const [experts, used, width] = [8, 2, 1024];
/** Signs of all routed activations that may differ between packings. Measured: 6.0e-8 to 3.1e-6. */
const roundingAtZero = 1e-4;
/** A token at the edge may be routed otherwise where batches round otherwise. Measured: 0 to 5.2e-4. */
const routedOtherwise = 2e-3;

async function count(
    model: string,
    languages: readonly string[],
    options: Partial<MeasuredOptions> = {},
): Promise<CountResult> {
    const engine = await MeasuredEngine.open({ model, gpu: 'off', ...options });
    try {
        return await engine.count(await udhrSamples(languages, '28-29'));
    } finally {
        engine.close();
    }
}

const total = (counts: readonly BigInt64Array[]): bigint =>
    counts.reduce((all, site) => site.reduce((n, count) => n + count, all), 0n);

beforeAll(() => writeUpcycled(embeddedModel, path, experts));

describe('a mixture whose experts are copies of a dense FFN', () => {
    let whole: CountResult;
    beforeAll(async () => {
        whole = await count(path, ['en', 'zh', 'th']);
    });

    it('has one routed site a layer, and every token goes through two experts of each', async () => {
        const engine = await MeasuredEngine.open({ model: path, gpu: 'off' });
        expect(engine.sites.map(({ kind, layer, experts: n, width: neurons }) => [kind, layer, n, neurons])).toEqual(
            Array.from({ length: 6 }, (_, layer) => ['routed', layer, experts, width]),
        );
        engine.close();
        for (const routed of whole.routed) {
            expect(routed.reduce((n, tokens) => n + tokens, 0n)).toBe(BigInt(used) * whole.tokens);
            expect(routed.filter((tokens) => tokens > 0n).length).toBeGreaterThan(2);
        }
    });

    it('counts over all experts what the dense model counts, twice', async () => {
        const dense = await count(embeddedModel, ['en', 'zh', 'th']);
        const folded = whole.counts.map((site) =>
            BigInt64Array.from({ length: width }, (_, j) => {
                let over = 0n;
                for (let expert = 0; expert < experts; expert++) over += site[expert * width + j]!;
                return over;
            }),
        );
        const twice = dense.counts.map((layer) => layer.map((count) => BigInt(used) * count));
        // each sign twice in both: the sums of differences over the sums
        expect(flippedShare(folded, twice, BigInt(used) * whole.tokens)).toBeLessThan(roundingAtZero);
        expect(total(whole.counts)).toBeGreaterThan(0n);
    });

    it.each([
        ['eval callback', { callbackTensor: '*' }],
        ['one-hot rows, as on a GPU', { counting: 'repeat' }],
    ] as const)('equals the counts by %s, integer for integer', async (_, options) => {
        const other = await count(path, ['en', 'zh', 'th'], options);
        expect(other.counts).toEqual(whole.counts);
        expect(other.routed).toEqual(whole.routed);
    });

    it.each([{ batchSize: 48 }, { batchSize: 100 }, { batchSize: 1024 }])(
        'counts the same in other batches, but for rounding: %o',
        async (options) => {
            const other = await count(path, ['en', 'zh', 'th'], options);
            expect(other.tokens).toBe(whole.tokens);
            const [share, routed] = [
                flippedShare(other.counts, whole.counts, whole.tokens),
                flippedShare(other.routed, whole.routed, whole.tokens),
            ];
            console.log(
                `${JSON.stringify(options)}: ${share.toExponential(1)} of the signs differ, ` +
                    `${routed.toExponential(1)} of the routes`,
            );
            expect(share).toBeLessThan(roundingAtZero);
            expect(routed).toBeLessThan(routedOtherwise);
        },
    );

    it('is additive: languages one by one, and together', async () => {
        const parts = [await count(path, ['en']), await count(path, ['zh']), await count(path, ['th'])];
        const added = parts.map(({ counts }) => counts).reduce((a, b) => sum(a, b));
        expect(flippedShare(added, whole.counts, whole.tokens)).toBeLessThan(roundingAtZero);
        expect(parts.reduce((n, { tokens }) => n + tokens, 0n)).toBe(whole.tokens);
    });

    it('says what the dense model says', async () => {
        const samples = await udhrSamples(['en'], '28-29');
        const scores = await Promise.all(
            [path, embeddedModel].map(async (model) => {
                const engine = await MeasuredEngine.open({ model, gpu: 'off' });
                const value = perplexity(await engine.score(samples));
                engine.close();
                return value;
            }),
        );
        expect(Math.abs(scores[0]! / scores[1]! - 1)).toBeLessThan(1e-2); // 8-bit inputs; measured below
    });
});

describe('the whole way on a mixture', () => {
    const criteria = { topRate: 0.2, bar: 0.98 };

    it('by commands: collect, identify, deactivate, compare, report', async () => {
        const run = join(folder, 'run');
        const model = ['--model', path, '--gpu', 'off'];
        const steps: string[][] = [
            ['collect', ...model, '--data', 'udhr:20-28', '--languages', 'en,de,zh', '--out', run],
            ['identify', run, '--top-rate', '0.5', '--bar', '0.7', '--min-routed', '20'],
            ['deactivate', run, ...model, '--data', 'udhr:29-30', '--sets', 'specific,experts', '--controls', '1'],
            ['compare', run, run],
            ['report', run],
        ];
        for (const step of steps) {
            const { code, stderr } = await commandHere(...step);
            expect(code, stderr).toBe(0);
        }
        const analysis = await readNeurons(join(run, 'neurons.json'));
        expect(analysis.experts!.notAssessed).toBeGreaterThan(0);
        const [matrix] = await readMatrices(run);
        expect(Object.keys(matrix!.sets)).toEqual(['specific', 'experts']);
        for (const [k, language] of analysis.languages.entries()) {
            // a language's own neurons, or experts, matter where there are any
            const { baseline, values } = matrix!.sets.specific!;
            if (analysis.neurons.specific[language]!.length > 0) expect(values[k]![k]).not.toBe(baseline[k]);
            const off = matrix!.sets.experts!;
            const named = analysis.experts!.specific[language]!.length;
            expect(Math.abs(off.values[k]![k]! / off.baseline[k]! - 1) > 0.01, `${language}: ${named} experts`).toBe(
                named > 0,
            );
        }
        expect(Object.values(analysis.experts!.specific).flat().length).toBeGreaterThan(0);
        const page = readFileSync(join(run, 'report.html'), 'utf8');
        expect(page).toContain('Experts by language');
        expect(
            readFileSync(join(run, 'tables', 'experts.csv'), 'utf8')
                .trim()
                .split('\n'),
        ).toHaveLength(1 + 6 * experts);
    });

    it('from a configuration', async () => {
        const [config, out] = [join(folder, 'run.yaml'), join(folder, 'configured')];
        writeFileSync(
            config,
            [
                `model: ${path}`,
                'gpu: off',
                'data: udhr:24-28',
                'evaluation: udhr:30-30',
                'languages: [en, zh]',
                `topRate: ${criteria.topRate}`,
                `bar: ${criteria.bar}`,
                'minRouted: 20',
                'probability: joint',
                'sets: [specific]',
                'controls: 1',
                `out: ${out}`,
            ].join('\n'),
        );
        const { code, stderr } = await commandHere('run', config);
        expect(code, stderr).toBe(0);
        expect((await readNeurons(join(out, 'neurons.json'))).experts).toMatchObject({
            probability: 'joint',
            minRouted: 20,
        });
    });
});

describe('the edit on neurons of single experts', () => {
    it('gives the perplexity of a file in which the gate rows of these experts are zero', async () => {
        // every ninth neuron, of the even experts
        const off = (expert: number, j: number): boolean => expert % 2 === 0 && j % 9 === 0;
        const rowBytes = (128 / 32) * 34; // Q8_0
        const cut = await writeUpcycled(embeddedModel, join(folder, 'cut.gguf'), experts, (data, tensor, expert) => {
            if (tensor.endsWith('ffn_gate'))
                for (let j = 0; j < width; j++) if (off(expert, j)) data.fill(0, j * rowBytes, (j + 1) * rowBytes);
            return data;
        });
        const samples = await udhrSamples(['en'], '28-30');
        const engine = await MeasuredEngine.open({ model: path, gpu: 'off' });
        const neurons = engine.sites.flatMap((site, i) =>
            Array.from({ length: neuronsAt(site) }, (_, index) => [i, index] as const).filter(([, index]) =>
                off(Math.floor(index / width), index % width),
            ),
        );
        const whole = perplexity(await engine.score(samples));
        const masked = perplexity(await engine.score(samples, { edit: maskOf(neurons, engine.sites.map(neuronsAt)) }));
        engine.close();
        const other = await MeasuredEngine.open({ model: cut, gpu: 'off' });
        const zeroed = perplexity(await other.score(samples));
        other.close();
        expect(masked).toBe(zeroed); // both write exactly 0
        expect(Math.abs(masked / whole - 1)).toBeGreaterThan(0.005);
    });
});
