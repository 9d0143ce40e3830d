import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { collect } from '../../src/activations/collect.js';
import { openCorpus } from '../../src/data/openCorpus.js';
import { Engine } from '../../src/engine/Engine.js';
import { deactivate } from '../../src/experiments/deactivate.js';
import type { DeactivationMatrix } from '../../src/experiments/results/DeactivationMatrix.js';
import { languageMetric } from '../../src/experiments/answerMetrics/language.js';
import { identify } from '../../src/neurons/classes/identify.js';
import { writeNeurons } from '../../src/neurons/analysis/neuronsFile.js';
import { openQuestions } from '../../src/questions/sources/openQuestions.js';
import { openTemplate } from '../../src/questions/templates/promptTemplates.js';
import { reportOn } from '../../src/report/reportOn.js';
import { embeddedCollectTexts, embeddedProblems } from '../../src/run/embeddedRun.js';
import { embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const languages = ['en', 'zh', 'ru'];
const asked = 12;
const set = 'specific+related';

interface Answer {
    readonly condition: string;
    readonly language: string;
    readonly index: number;
    readonly text: string;
}
let matrix: DeactivationMatrix;
let answers: readonly Answer[];

beforeAll(async () => {
    using engine = await Engine.open({ model: embeddedModel, gpu: 'off', threads: 1, contextSize: 4096 });
    const corpus = await openCorpus(embeddedCollectTexts, { languages });
    const { activations } = await collect({ engine, corpus, folder });
    const analysis = identify(activations, { topRate: 0.1 });
    await writeNeurons(join(folder, 'neurons.json'), analysis);
    const metric = languageMetric({
        questions: await openQuestions(embeddedProblems, { languages }),
        template: await openTemplate('chat', engine),
        limit: asked,
        maxTokens: 40,
    });
    matrix = await deactivate({ engine, analysis, activations, metric, folder, sets: [set], controls: 1 });
    answers = readFileSync(join(folder, 'accuracy.answers.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Answer);
});

/** By most of its letters; the three languages have a script each. */
function mostlyIn(line: string): string {
    const scripts = { en: /\p{Script=Latin}/gu, zh: /\p{Script=Han}/gu, ru: /\p{Script=Cyrillic}/gu };
    const letters = Object.entries(scripts).map(([language, one]) => ({ language, n: line.match(one)?.length ?? 0 }));
    return letters.sort((a, b) => b.n - a.n)[0]!.language;
}

it('judges each answer of the whole model as its letters do', () => {
    const whole = answers.filter(({ condition }) => condition === 'whole');
    expect(whole).toHaveLength(languages.length * asked);
    for (const language of languages) {
        const kept = whole
            .filter((answer) => answer.language === language)
            .toSorted((a, b) => a.index - b.index)
            .map(({ text }) =>
                Number(
                    text
                        .trim()
                        .split('\n')
                        .every((line) => mostlyIn(line) === language),
                ),
            );
        expect(matrix.whole[language]).toEqual({ numerators: kept, weights: kept.map(() => 1) });
        expect(kept.reduce((sum, one) => sum + one)).toBeGreaterThan(asked / 2);
    }
});

it('finds answers that leave a language without its neurons, and what they are in instead', async () => {
    const { rows, columns, values, baseline, control, samples, instead } = matrix.sets[set]!;
    expect([rows, columns]).toEqual([languages, languages]);
    expect(samples.flat().every((n) => n === asked)).toBe(true);
    const zh = rows.indexOf('zh');
    const own = values[zh]![zh]!;
    const others = languages.filter((one) => one !== 'zh').map((one) => values[rows.indexOf(one)]![zh]!);
    // Chinese is the language that the embedded model leaves most easily.
    expect(own).toBeLessThan(Math.min(...others));
    expect(own).toBeLessThan(baseline[zh]! + control[zh]![zh]!);
    const left = Object.values(instead!.values[zh]![zh]!).reduce((sum, n) => sum + n, 0);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(Math.round((1 - own) * asked)); // the others are in no language

    await reportOn(folder);
    const page = readFileSync(join(folder, 'report.html'), 'utf8');
    for (const id of [`language.${set}`, 'answer-languages.language']) expect(page).toContain(`id="${id}"`);
});
