import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { collect } from '../../src/activations/collect.js';
import { openCorpus } from '../../src/data/openCorpus.js';
import { Engine } from '../../src/engine/Engine.js';
import { exportModel } from '../../src/export/exportModel.js';
import { scaleOf } from '../../src/export/planEdits.js';
import { readInterventions } from '../../src/interventions/namedInterventions.js';
import { compileInterventions } from '../../src/interventions/compile.js';
import { identify } from '../../src/neurons/classes/identify.js';
import { analysisSites, type NeuronAnalysis } from '../../src/neurons/analysis/NeuronAnalysis.js';
import { writeNeurons } from '../../src/neurons/analysis/neuronsFile.js';
import { neuronsOf } from '../../src/neurons/sets/neuronsOf.js';
import { openQuestions } from '../../src/questions/sources/openQuestions.js';
import { openTemplate } from '../../src/questions/templates/promptTemplates.js';
import { instructedTemplate } from '../../src/questions/templates/PromptTemplate.js';
import {
    embeddedCollectTexts,
    embeddedEvaluateTexts,
    embeddedModel,
    embeddedProblems,
    embeddedSolvedProblems,
} from '../../src/run/embeddedRun.js';
import { type Progress, silent } from '../../src/support/progress.js';
import { systemPromptFor } from '../../src/tune/systemPrompts.js';
import { tune, type TuneOptions } from '../../src/tune/tune.js';
import { readTuneIfAny, type Tune } from '../../src/tune/tuneFile.js';
import { tuneUse, tuneVerdict } from '../../src/tune/tuneWords.js';
import { commandHere } from '../helpers/commandHere.js';
import { processorHas } from '../helpers/processorHas.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

/** What every search asks; 0.3 nats, since each neuron of so small a model counts. */
const asked = { maxTokens: 48, maxKl: 0.3, textLimit: 6 };

/** Few candidates, for a search under a bound that no candidate keeps. */
const few = { sets: ['specific+related'], layers: ['all'], strengths: [1] } as const;

async function opened(model: string): Promise<Engine> {
    return Engine.open({ model, gpu: 'off', contextSize: 8192 });
}

/** Finds the neurons of a model as a user does. */
async function analysed(engine: Engine, folder: string): Promise<NeuronAnalysis> {
    const corpus = await openCorpus([embeddedCollectTexts, embeddedSolvedProblems]);
    const { activations } = await collect({ engine, corpus, folder });
    return identify(activations, { topRate: 0.2, bar: 0.98 });
}

async function optionsFor(engine: Engine, analysis: NeuronAnalysis, folder: string): Promise<TuneOptions> {
    const questions = await openQuestions(embeddedProblems, { languages: ['de'] });
    const texts = await openCorpus(embeddedEvaluateTexts);
    const template = await openTemplate('chat', engine);
    return { engine, analysis, questions, template, texts, folder, speak: ['de'], ...asked };
}

describe('tune on the embedded model', () => {
    let base: NeuronAnalysis;
    beforeAll(async () => {
        using engine = await opened(embeddedModel);
        base = await analysed(engine, at('base'));
    }, 300_000);

    test('finds nothing in the untouched model, which keeps to German', async () => {
        using engine = await opened(embeddedModel);
        const found = await tune(await optionsFor(engine, base, at('base')));
        expect(found.whole.passRate).toBeGreaterThan(0.95);
        expect(found.file).toBeNull();
        expect(existsSync(at('base/tune.speak-de.interventions.json'))).toBe(false);
        expect(tuneVerdict(found).join(' ')).toMatch(/^(Nothing is claimed|The whole model keeps .* nothing to gain)/);
        expect(tuneUse(found, { dir: 'D', model: 'M' })).toEqual([]);
    }, 600_000);

    test('undoes a leak into Swahili that was planted in the weights, going on where it was stopped', async () => {
        // One language's neurons in the later half of the layers, five times as loud: German answers leave German.
        const leaking = at('leaking.gguf');
        const sites = analysisSites(base);
        const neurons = neuronsOf(base, 'sw', 'specific+related').filter(([site]) => sites[site]!.layer >= 3);
        const edits = [{ neurons, scale: 5, label: 'sw' }];
        await exportModel({ model: embeddedModel, analysis: base, edits, out: leaking });
        using engine = await opened(leaking);
        const analysis = await analysed(engine, at('leaking'));
        const options = await optionsFor(engine, analysis, at('leaking'));

        const stop = new AbortController();
        const stopping: Progress = {
            ...silent,
            step: (name) => void (name === 'round 2' && stop.abort()),
        };
        const stopped = tune({ ...options, signal: stop.signal, progress: stopping });
        await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
        const before = answersIn('leaking');
        expect(before).toBeGreaterThan(100);

        const notes: string[] = [];
        const found = await tune({ ...options, progress: { ...silent, note: (line) => void notes.push(line) } });
        expect(notes.find((line) => line.startsWith('at most'))).toMatch(
            /^at most 48 candidates and 1,316 answers of 48 tokens at most: 50 prompts .* to search, 50 to judge$/,
        );
        expect(answersIn('leaking')).toBeLessThanOrEqual(1316);
        expect(new Set(keysIn('leaking')).size).toBe(answersIn('leaking')); // none was asked twice

        const { judgement, best } = found;
        expect(found.whole.passRate).toBeLessThan(0.7);
        // The system prompt does so much that last bits decide whether the gain over it is told: it is with AVX-512
        // (p = 0.012), and is not with AMX, where ggml adds up in another order.
        const open = processorHas('amx_int8') ? judgement!.refused.filter((reason) => reason === 'prompted') : [];
        expect(judgement!.refused, tuneVerdict(found).join(' ')).toEqual(open);
        expect(found.file === null).toBe(judgement!.refused.length > 0);
        expect(best!.words).toMatch(/^sw /); // it was told of German alone
        expect(judgement!.rates.tuned).toBeGreaterThan(0.9);
        expect(judgement!.over.whole.interval![0]).toBeGreaterThan(0);
        expect(judgement!.over.prompted.value).toBeGreaterThan(0);
        if (open.length === 0) expect(judgement!.over.prompted.interval![0]).toBeGreaterThan(0);
        expect(judgement!.over.random.interval![0]).toBeGreaterThan(0);
        expect(judgement!.accuracy!.value).toBeGreaterThan(0);
        expect(judgement!.kl.interval![1]).toBeLessThan(asked.maxKl);
        expect(await readTuneIfAny(at('leaking'), 'speak-de')).toEqual(found);

        // What was written is what was judged, in the form of `generate`, `chat`, `serve` and `export`.
        if (found.file !== null) {
            const [named] = await readInterventions(found.file);
            expect(named!.name).toBe('speak-de');
            const written = compileInterventions(named!.interventions, { sites: engine.sites });
            const judged = compileInterventions(best!.interventions, { sites: engine.sites });
            expect(written).toEqual(judged);
        }
        expect(found.isExact).toBe(true);
        const curing = best!.interventions.map((one) => ({
            ...{ neurons: one.neurons, scale: scaleOf(one)!, label: 'cure' },
        }));
        await exportModel({ model: leaking, analysis, edits: curing, out: at('cured.gguf') });
        using cured = await opened(at('cured.gguf'));
        // Only what it answers as it is is looked at: the search tries what is least, and admits nothing.
        const least = { sets: ['specific'], layers: ['early'], strengths: [0.5], raise: [{ op: 'scale', value: 2 }] };
        const search = { ...(await optionsFor(cured, analysis, at('cured'))), ...least, maxKl: 1e-6 } as const;
        expect((await tune({ ...search, otherModel: true } as TuneOptions)).whole.passRate).toBeGreaterThan(0.9);

        // Another bound, under which nothing can be done: the intervention of before goes.
        const strict = await tune({ ...options, ...few, maxKl: 1e-6 });
        expect(strict).toMatchObject({ best: null, judgement: null, file: null });
        expect(tuneVerdict(strict)[0]).toContain('no candidate keeps KL divergence on other texts below');
        expect(existsSync(at('leaking/tune.speak-de.interventions.json'))).toBe(false);
    }, 900_000);

    test('refuses goals and prompts that it cannot judge', async () => {
        using engine = await opened(embeddedModel);
        const options = await optionsFor(engine, base, at('base'));
        const refused = async (changed: Partial<TuneOptions>, message: RegExp): Promise<void> => {
            await expect(tune({ ...options, ...changed })).rejects.toThrow(message);
        };
        await refused({ speak: [] }, /nothing is asked for; give `speak` or `avoid`/);
        await refused({ speak: ['de'], avoid: ['German'] }, /de cannot be spoken and avoided/);
        await refused({ speak: ['ko'] }, /the analysis has no language ko/);
        await refused({ speak: [], avoid: ['de'] }, /asks in de, which is to be avoided/);
        await refused({ limit: 11 }, /has 11 prompts of a language, half of which are to judge on; give at least 12/);
        await refused({ dose: [0.01] }, /`dose` needs the counts, which rank neurons/);
        const german = await openCorpus(embeddedEvaluateTexts, { languages: ['de'] });
        await refused({ texts: german }, /has no two texts in a language other than de; give `texts`/);
    });

    test('is a command, which asks in all analysed languages but those to avoid', async () => {
        await writeNeurons(at('base/neurons.json'), base);
        const inputs = ['--data', embeddedProblems, '--texts', embeddedEvaluateTexts, '--limit', '12'];
        const asking = ['tune', at('base'), '-m', embeddedModel, ...inputs, '--max-tokens', '48', '--gpu', 'off'];
        const { code, stdout, stderr } = await commandHere(...asking, '--avoid', 'Swahili', '--json');
        expect(code, stderr).toBe(0);
        const found = JSON.parse(stdout) as Tune & { path: string };
        expect(found).toMatchObject({ speak: [], avoid: ['sw'], prompts: { searched: 6, judged: 6 }, file: null });
        expect(found.languages).toEqual(base.languages.filter((language) => language !== 'sw'));
        expect(found.path).toBe(at('base/tune.avoid-sw.json'));
        expect(stderr).toMatch(/at most \d+ candidates and [\d,]+ answers of 48 tokens at most/);

        const nothing = await commandHere(...asking);
        expect(nothing).toMatchObject({ code: 2, stdout: '' });
        expect(nothing.stderr).toContain('nothing is asked for; give --speak or --avoid, such as --speak de');
    }, 300_000);

    test('asks for the language in a system prompt, by the model’s own template or before the question', async () => {
        using engine = await opened(embeddedModel);
        const question = { language: 'de', text: 'Wie viele Stühle?' };
        const german = 'Antworte immer auf Deutsch und in keiner anderen Sprache.';
        for (const name of ['chat', 'mathoctopus']) {
            const template = instructedTemplate(await openTemplate(name, engine), systemPromptFor);
            const written = await template.write(question);
            expect(template.name).toBe(`${name} with a system prompt`);
            expect(written.indexOf(german)).toBeGreaterThanOrEqual(0);
            expect(written.indexOf(question.text)).toBeGreaterThan(written.indexOf(german));
        }
        expect(systemPromptFor('is')).toBe('Always answer in Icelandic, and in no other language.');
    });
});

function keysIn(folder: string): string[] {
    const lines = readFileSync(at(`${folder}/accuracy.answers.jsonl`), 'utf8')
        .trimEnd()
        .split('\n');
    return lines.map((line) => (JSON.parse(line) as { key: string }).key);
}

function answersIn(folder: string): number {
    return keysIn(folder).length;
}
