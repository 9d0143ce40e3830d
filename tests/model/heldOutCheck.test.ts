import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { collect } from '../../src/activations/collect.js';
import type { CheckResult } from '../../src/checks/CheckResult.js';
import { check } from '../../src/checks/runChecks.js';
import { openCorpus } from '../../src/data/openCorpus.js';
import { Engine } from '../../src/engine/Engine.js';
import { deactivate } from '../../src/experiments/deactivate.js';
import { perplexityMetric } from '../../src/experiments/textMetrics/perplexity.js';
import { writeNeurons } from '../../src/neurons/analysis/neuronsFile.js';
import { identify } from '../../src/neurons/classes/identify.js';
import { embeddedCollectTexts, embeddedEvaluateTexts } from '../../src/run/embeddedRun.js';
import { embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const root = temporaryFolder();
const languages = ['en', 'de', 'zh'];
const options = { topRate: 0.1, bar: 0.98 };
const open = (): Promise<Engine> => Engine.open({ model: embeddedModel, gpu: 'off', threads: 1 });
let engine: Engine;
beforeAll(async () => {
    engine = await open();
});
afterAll(() => engine.close());

async function counted(name: string, spec: string, folds?: number): Promise<ReturnType<typeof identify>> {
    const folder = join(root, name);
    const corpus = await openCorpus(spec, { languages });
    const { activations } = await collect({ engine, corpus, folder, folds });
    const analysis = identify(activations, options);
    await writeNeurons(join(folder, 'neurons.json'), analysis);
    return analysis;
}

async function heldOut(name: string, spec: string): Promise<CheckResult> {
    const corpus = (): ReturnType<typeof openCorpus> => openCorpus(spec, { languages });
    const [result] = await check(join(root, name), { names: ['held-out'], engine: open, corpus });
    return result!;
}

it('sets what neurons of one half do on the other half beside what they do on their own', async () => {
    await counted('halves', embeddedEvaluateTexts, 2);
    const result = await heldOut('halves', embeddedEvaluateTexts);
    expect(result.verdict).toBe('holds');
    const { columns, rows } = result.table!;
    expect(rows).toHaveLength(4 * languages.length);

    // The same by hand: counted on one half, deactivated on one of the two.
    const analysis = await counted('even', `${embeddedEvaluateTexts}#1of2`);
    for (const [measured, part] of [
        ['on other texts', '#2of2'],
        ['on the texts they were found on', '#1of2'],
    ] as const) {
        const metric = perplexityMetric(await openCorpus(embeddedEvaluateTexts + part, { languages }));
        const matrix = await deactivate({
            ...{ engine, analysis, metric, folder: join(root, 'even'), controls: 1 },
            sets: ['specific+related'],
        });
        const { baseline, values } = matrix.sets['specific+related']!;
        for (const [k, language] of languages.entries()) {
            const row = rows.find((one) => one[0] === measured && one[1] === 'even parts' && one[2] === language)!;
            const rise = Math.log(values[k]![k]! / baseline[k]!);
            expect(row[columns.indexOf('own')]).toBeCloseTo(rise, 6);
        }
    }
}, 300_000);

it('says what is missing: parts of the texts, or the texts that were counted', async () => {
    await counted('whole', embeddedEvaluateTexts);
    const whole = await heldOut('whole', embeddedEvaluateTexts);
    expect([whole.verdict, whole.sentence]).toEqual(['not told', 'Counts in at least 2 `folds` would tell.']);
    await counted('halves', embeddedEvaluateTexts, 2);
    const others = await heldOut('halves', embeddedCollectTexts);
    expect(others.verdict).toBe('not told');
    expect(others.sentence).toContain('The texts in en, de and zh are not those that were counted');
}, 300_000);

it('all checks of specific neurons say that there are none', async () => {
    const folder = join(root, 'none');
    const corpus = await openCorpus(embeddedEvaluateTexts, { languages });
    const { activations } = await collect({ engine, corpus, folder, folds: 4 });
    await writeNeurons(join(folder, 'neurons.json'), identify(activations, { topRate: 0.00001 }));
    const names = ['chance', 'settings', 'tokens', 'nulls', 'script', 'held-out', 'controls', 'ladder', 'importance'];
    const results = await check(folder, { names, engine: open, corpus: () => Promise.resolve(corpus) });
    for (const { name, verdict, sentence } of results) {
        expect(verdict, name).toBe('not told');
        expect(sentence, name).toMatch(/no specific neuron|No language has neurons/i);
        expect(sentence, name).not.toMatch(/n\/a|NaN|give more texts/);
    }
}, 300_000);
