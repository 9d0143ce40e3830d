import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readRunConfig, type RunConfig } from '../../src/run/RunConfig.js';
import { run, type RunResult } from '../../src/run/run.js';
import { embeddedCollectTexts, embeddedEvaluateTexts, embeddedProblems } from '../../src/run/embeddedRun.js';
import { type Progress, silent } from '../../src/support/progress.js';
import { readTuneIfAny } from '../../src/tune/tuneFile.js';
import { tuneVerdict } from '../../src/tune/tuneWords.js';
import { commandHere } from '../helpers/commandHere.js';
import { embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const out = join(folder, 'run');
const texts = `${embeddedEvaluateTexts}#1of3`;
const goals = [
    { speak: 'th', data: 'everyday', limit: 12, textLimit: 2, maxTokens: 24, maxKl: 20, strengths: 1, layers: 'all' },
    { avoid: ['zh'], data: embeddedProblems, limit: 12, textLimit: 2, maxTokens: 24, controls: 1 },
];
const settings = {
    ...{ model: embeddedModel, data: embeddedCollectTexts, evaluation: texts },
    ...{ gpu: 'off', threads: 1, topRate: 0.2, bar: 0.98, sets: ['specific+related'], controls: 1, out },
};

describe("searches for interventions in a run's file", () => {
    const steps: string[] = [];
    let result: RunResult;
    beforeAll(async () => {
        writeFileSync(join(folder, 'run.yaml'), stringify({ ...settings, tune: goals }));
        const progress: Progress = { ...silent, step: (name) => void steps.push(name) };
        result = await run(await readRunConfig(join(folder, 'run.yaml')), { progress });
    }, 300_000);

    it('are steps of the run, in order, after what it measures', () => {
        expect(steps.slice(3)).toEqual(['perplexity', 'tune: speak th', 'tune: avoid zh', 'report']);
    });

    it('give what the command tune gives', async () => {
        const [speak, avoid] = result.tunes;
        // Folders are named as a person would: a report is read on other machines.
        expect([speak!.data, avoid!.data]).toEqual(['everyday', join('src', 'embedded', 'problems', 'test')]);
        expect(await readTuneIfAny(out, 'speak-th')).toEqual(speak);
        expect(await readTuneIfAny(out, 'avoid-zh')).toEqual(avoid);
        const before = readFileSync(join(out, 'tune.speak-th.json'), 'utf8');
        const given = ['-m', embeddedModel, '--texts', texts, '--speak', 'th', '--limit', '12'];
        const search = ['--text-limit', '2', '--max-tokens', '24', '--max-kl', '20', '--strengths', '1'];
        const again = await commandHere('tune', out, ...given, ...search, '--layers', 'all', '--gpu', 'off');
        expect(again.code, again.stderr).toBe(0);
        expect(readFileSync(join(out, 'tune.speak-th.json'), 'utf8')).toBe(before);
    }, 300_000);

    it('stand in the report, with their verdicts and figures', () => {
        const page = readFileSync(join(out, 'report.html'), 'utf8');
        expect(page).toContain('Can it be kept in a language?');
        const judged = result.tunes.filter(({ judgement }) => judgement !== null);
        expect(judged.length).toBeGreaterThan(0);
        for (const one of result.tunes) expect(page).toContain(tuneVerdict(one)[0]!.slice(0, 60));
        for (const { judgement } of judged) expect(judgement!.rates.whole).toBeLessThan(1);
        expect(result.report.figures.filter((path) => path.includes('tune.'))).toHaveLength(judged.length);
    });

    it.each([
        ['without a goal', [{}], 'tune: nothing is asked for; give `speak` or `avoid`'],
        ['of one goal twice', [{ speak: ['de'] }, { speak: ['de'], limit: 20 }], 'tune: speak de is asked for twice'],
        [
            'of one goal by two names',
            [{ speak: ['de'] }, { speak: ['German'] }],
            'tune: speak German is asked for twice',
        ],
        ['of values that are not collected', [{ speak: ['de'], op: ['diffmean'] }], 'add `values: true` to the run'],
        ['of a language without texts', [{ speak: ['xx'] }], 'tune.speak: xx missing from the languages of the texts'],
        ['of a language to speak and to avoid', [{ speak: ['de'], avoid: ['de'] }], 'de cannot be spoken and avoided'],
        ['on too few prompts', [{ speak: ['de'], limit: 11 }], 'everyday: has 11 prompts of a language'],
        ['with a template that there is not', [{ speak: ['de'], template: 'none.txt' }], 'none.txt'],
    ])('%s are refused before anything is counted', async (_, tune, message) => {
        const config = { ...settings, gpu: 'off', out: join(folder, 'refused'), tune } as unknown as RunConfig;
        const told: string[] = [];
        const progress: Progress = { ...silent, step: (name) => void told.push(name) };
        await expect(run({ ...config, data: [embeddedCollectTexts] }, { progress })).rejects.toThrow(message);
        expect(told).not.toContain('count');
    });
});
