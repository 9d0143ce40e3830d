import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openCorpus } from '../../src/data/openCorpus.js';
import { Engine } from '../../src/engine/Engine.js';
import type { EngineOptions } from '../../src/engine/types/engineTypes.js';
import { quantizeFile } from '../../src/engine/quantize.js';
import { bitsPerByteMetric } from '../../src/experiments/textMetrics/bitsPerByte.js';
import { kl } from '../../src/experiments/textMetrics/divergence.js';
import { evaluate } from '../../src/experiments/evaluate.js';
import { type Evaluation, readEvaluationIfAny } from '../../src/experiments/resultFiles/evaluationFile.js';
import { perplexityMetric } from '../../src/experiments/textMetrics/perplexity.js';
import { embeddedAdapter } from '../../src/run/embeddedRun.js';
import { silent } from '../../src/support/progress.js';
import { commandHere } from '../helpers/commandHere.js';
import { embeddedModel } from '../helpers/models.js';
import { writeWidths } from '../helpers/syntheticModels.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const root = temporaryFolder();
const at = (...names: string[]): string => join(root, ...names);
const languages = ['en', 'de'];
const coarse = at('coarse.gguf');
const models = [embeddedModel, coarse].map((model): EngineOptions => ({ model, gpu: 'off', threads: 1 }));
const corpus = () => openCorpus('udhr:3-8', { languages });

beforeAll(async () => {
    await quantizeFile({ input: embeddedModel, output: coarse, type: 'Q2_K' });
});

async function evaluated(folder: string): Promise<{ readonly found: Evaluation; readonly notes: string }> {
    const notes: string[] = [];
    const texts = await corpus();
    const metricFor = () => perplexityMetric(texts);
    const progress = { ...silent, note: (line: string) => notes.push(line) };
    return { found: await evaluate({ models, metricFor, folder: at(folder), progress }), notes: notes.join('\n') };
}

describe('models that are evaluated', () => {
    it('have the perplexities that their engines give, and paired changes from the first', async () => {
        const { found } = await evaluated('ppl');
        const [first, second] = found.models;
        expect([first!.name, second!.name]).toEqual(['base', 'coarse']);
        expect(found.notes).toEqual([]);
        for (const [m, options] of models.entries()) {
            using engine = await Engine.open(options);
            expect(found.models[m]!.model.fingerprint).toBe(engine.fingerprint);
            for (const language of languages) {
                const score = await engine.score((await corpus()).samples(language));
                const one = found.models[m]!.perLanguage[language]!;
                expect(one.value).toBeCloseTo(Math.exp(-score.logProbability / score.tokens), 9);
                expect(one.samples).toBe(score.tokens);
                expect(one.interval![0]).toBeLessThan(one.value);
                expect(one.interval![1]).toBeGreaterThan(one.value);
            }
        }
        expect(first!.all).not.toHaveProperty('change');
        for (const language of languages) {
            const [before, after] = [first!.perLanguage[language]!, second!.perLanguage[language]!];
            expect(before).not.toHaveProperty('change');
            expect(after.change!.value).toBeCloseTo(after.value - before.value, 9);
            expect(after.change!.interval![0]).toBeGreaterThan(0);
            // Paired: narrower than the values' own intervals tell.
            const width = ([low, high]: readonly [number, number]): number => high - low;
            expect(width(after.change!.interval!)).toBeLessThan(width(before.interval!) + width(after.interval!));
        }
        const [en, de] = languages.map((language) => second!.perLanguage[language]!.value);
        expect(second!.all.value).toBeCloseTo(Math.sqrt(en! * de!), 9);
        expect(await readEvaluationIfAny(at('ppl'), 'ppl')).toEqual(found);
        const csv = readFileSync(at('ppl', 'ppl.evaluation.csv'), 'utf8').trim().split('\n');
        expect(csv).toHaveLength(1 + 2 * 3);
        expect(csv[4]!.split(',').slice(0, 3)).toEqual(['coarse', 'en', String(second!.perLanguage.en!.value)]);
    });

    it('are not measured again, and go on after a stop', async () => {
        const whole = await evaluated('ppl');
        expect(whole.notes.match(/continues after 2 finished cells/g)).toHaveLength(2);
        const stop = new AbortController();
        const texts = await corpus();
        const metricFor = (engine: Engine) => {
            if (engine.path === coarse) stop.abort();
            return perplexityMetric(texts);
        };
        await expect(evaluate({ models, metricFor, folder: at('stopped'), signal: stop.signal })).rejects.toMatchObject(
            {
                code: 'ABORTED',
            },
        );
        const rest = await evaluated('stopped');
        expect(rest.notes.match(/finished cells/g)).toHaveLength(1);
        expect(rest.found).toEqual(whole.found);
    });

    it('are not set beside each other where their tokens or settings differ, and say why', async () => {
        const texts = await corpus();
        const metricFor = () => bitsPerByteMetric(texts);
        const narrow = { ...models[1]!, windowSize: 64 };
        const found = await evaluate({ models: [models[0]!, narrow], metricFor, folder: at('narrow') });
        expect(found.models[1]!.all).not.toHaveProperty('change');
        expect(found.notes).toEqual([
            'coarse is not set beside base: they were measured with other settings (window); `windowSize` gives ' +
                'all the same window.',
        ]);
        const stranger = at('stranger.gguf');
        writeWidths(stranger, [64, 96]);
        const reference = await Engine.open(models[0]!);
        const beside = () => kl.on(texts, { reference });
        const two = { models: [models[0]!, { ...models[0]!, model: stranger }], metricFor: beside };
        await expect(evaluate({ ...two, folder: at('stranger') })).rejects.toMatchObject({ code: 'MISMATCH' });
        reference.close();
        await expect(evaluate({ models: [], metricFor, folder: at('none') })).rejects.toThrow('no model to evaluate');
    });

    it('are shown side by side by the command line, in every metric', async () => {
        const command = ['evaluate', '--model', embeddedModel, '--model', coarse, '--gpu', 'off', '--out', at('cli')];
        const texts = ['--data', 'udhr:3-8', '--languages', 'en,de'];
        const far = await commandHere(...command, ...texts, '--metric', 'kl');
        expect(far.code, far.stderr).toBe(0);
        expect(far.stdout).toMatch(/^language +model +KL divergence +95 % +change, nats +95 %$/m);
        expect(far.stdout).toMatch(/^en +base +0\.0000 +0\.0000–0\.0000 *$/m);
        expect(far.stdout).toMatch(/^ +coarse +\d\.\d{4} +\S+ +\+\d\.\d{4} /m);
        expect(far.stdout).toContain('all: on average over the languages');
        const divergence = (await readEvaluationIfAny(at('cli'), 'kl'))!;
        using engine = await Engine.open(models[1]!);
        using reference = await Engine.open(models[0]!);
        const score = await engine.score((await corpus()).samples('en'), { reference });
        const one = divergence.models[1]!.perLanguage.en!;
        expect(one.value).toBeCloseTo(score.divergence! / score.tokens, 9);
        expect(one.shares!.sameTop).toBeCloseTo(score.agreed! / score.tokens, 9);

        const questions = ['--data', 'everyday', '--languages', 'en,de', '--limit', '3', '--max-tokens', '8'];
        const said = await commandHere(...command, ...questions, '--metric', 'language', '--json');
        expect(said.code, said.stderr).toBe(0);
        const answers = JSON.parse(said.stdout) as Evaluation;
        expect(answers.models.map(({ perLanguage }) => perLanguage.en!.samples)).toEqual([3, 3]);
        expect(answers.models[1]!.perLanguage.en).toHaveProperty('change');
        const refused = await commandHere(...command, ...texts, '--metric', 'accuracy');
        expect(refused.code).toBe(1);
        expect(refused.stderr).toMatch(/udhr/);
    });

    it('take the least window of all by themselves, and adapters on the last', async () => {
        const bytes = readFileSync(embeddedModel);
        const key = 'context_length';
        bytes.writeUInt32LE(96, bytes.indexOf(key) + key.length + 4); // behind the value's type
        writeFileSync(at('narrow.gguf'), bytes);
        const texts = ['--data', 'udhr:27-27', '--languages', 'en', '--gpu', 'off', '--out', at('windows')];
        const models = ['--model', at('narrow.gguf'), '--model', embeddedModel, '--lora', `${embeddedAdapter}:0.5`];
        const { code, stdout, stderr } = await commandHere('evaluate', ...models, ...texts, '--json');
        expect(code, stderr).toBe(0);
        expect(stderr).toMatch(/texts are taken in windows of 96 tokens, the most that .*narrow\.gguf takes/);
        const found = JSON.parse(stdout) as Evaluation;
        expect(found.notes).toEqual([]);
        expect(found.models.map(({ settings }) => settings.window)).toEqual([96, 96]);
        const [narrow, adapted] = found.models;
        expect(adapted!.perLanguage.en).toHaveProperty('change');
        using engine = await Engine.open({
            ...{ model: embeddedModel, gpu: 'off', windowSize: 96 },
            loras: [{ path: embeddedAdapter, scale: 0.5 }],
        });
        expect(adapted!.model.fingerprint).toBe(engine.fingerprint);
        const samples = (await openCorpus('udhr:27-27', { languages: ['en'] })).samples('en');
        const score = await engine.score(samples);
        expect(adapted!.perLanguage.en!.value).toBeCloseTo(Math.exp(-score.logProbability / score.tokens), 6);
        expect(adapted!.perLanguage.en!.value).not.toBe(narrow!.perLanguage.en!.value);
    });

    it('of another vocabulary are refused before one is measured', async () => {
        const stranger = at('stranger.gguf');
        writeWidths(stranger, [64, 96]);
        const models = ['--model', embeddedModel, '--model', coarse, '--model', stranger];
        const command = ['evaluate', ...models, '--metric', 'kl', '--data', 'udhr:27-27', '--languages', 'en'];
        const { code, stderr } = await commandHere(...command, '--gpu', 'off', '--out', at('foreign'));
        expect(code).toBe(1);
        expect(stderr).toMatch(/stranger\.gguf: its vocabulary is not that of the reference .*base\.gguf \(\d+ tokens/);
        expect(existsSync(at('foreign'))).toBe(false);
    });
});
