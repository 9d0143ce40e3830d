import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/Engine.js';
import { accuracyMetric } from '../../src/experiments/answerMetrics/accuracy.js';
import { wholeModel } from '../../src/interventions/ModelState.js';
import { wholeAnswers } from '../../src/experiments/answerMetrics/draftAnswers.js';
import type { DraftingModel } from '../../src/experiments/metric/Metric.js';
import { openQuestions } from '../../src/questions/sources/openQuestions.js';
import { openTemplate } from '../../src/questions/templates/promptTemplates.js';
import { embeddedProblems } from '../../src/run/embeddedRun.js';
import { silent } from '../../src/support/progress.js';
import { gpusUnderTest } from '../helpers/gpu.js';
import { embeddedAdapter, embeddedModel } from '../helpers/models.js';
import { writeUnquantized } from '../helpers/unquantized.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const gpus = await gpusUnderTest();
const folder = temporaryFolder();
const model = join(folder, 'unquantized.gguf'); // no rounding to 8 bits, which batches of other shapes do otherwise

beforeAll(() => writeUnquantized(embeddedModel, model));

/** A device's products round otherwise for one token than for many: below this, either of two tokens may be drawn. */
const tie = 0.1;

interface Measured extends DraftingModel {
    /** By question. */
    readonly texts: readonly string[];
    readonly keys: readonly string[];
    readonly notes: readonly string[];
}

/** How far apart the likeliest two tokens are behind a text, as logits. */
async function marginAfter(engine: Engine, text: string): Promise<number> {
    const logits = await engine.logits(await engine.tokenize(text, { special: true }));
    const [first, second] = logits.slice(-engine.info.vocabulary).sort((a, b) => b - a);
    return first! - second!;
}

function commonStart(a: string, b: string): string {
    let length = 0;
    while (length < a.length && a[length] === b[length]) length++;
    return a.slice(0, length);
}

describe.each(gpus)('answers of a base as drafts for those of its adapter, on $gpu (skipped: $absent)', (device) => {
    const asked = { limit: 2, maxTokens: 24 };
    const open = (adapted: boolean): Promise<Engine> =>
        Engine.open({
            model,
            loras: adapted ? [{ path: embeddedAdapter }] : [],
            gpu: device.gpu,
            contextSize: 1024,
            batchSize: 128,
        });

    /** What a whole model answers, and what is told about it. */
    async function measure(name: string, adapted: boolean, draftsOf?: DraftingModel): Promise<Measured> {
        using engine = await open(adapted);
        const questions = await openQuestions(embeddedProblems, { languages: ['en', 'de'] });
        const template = await openTemplate('chat', engine);
        const metric = accuracyMetric({ ...asked, questions, template, draftsOf });
        const [notes, own] = [[] as string[], join(folder, `${device.gpu}-${name}`)];
        mkdirSync(own);
        const progress = { ...silent, note: (line: string) => void notes.push(line) };
        await metric.measure([wholeModel], { engine, folder: own, known: [], progress });
        const answers = readFileSync(join(own, 'accuracy.answers.jsonl'), 'utf8')
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as { key: string; language: string; index: number; text: string })
            .sort((a, b) => a.language.localeCompare(b.language) || a.index - b.index);
        return {
            texts: answers.map(({ text }) => text),
            keys: answers.map(({ key }) => key.split('/')[0]!),
            notes,
            fingerprint: engine.fingerprint,
            folder: own,
        };
    }

    // Asked once: a GPU in software is slow.
    let base: Measured;
    beforeAll(async () => {
        if (device.absent === undefined) base = await measure('base', false);
    }, 600_000);

    it.skipIf(device.absent !== undefined)('are accepted for the most part and change no answer', async () => {
        const plain = await measure('plain', true);
        const drafted = await measure('drafted', true, base);
        const [, accepted, drafts] =
            /^(\d+) % of (\d+) tokens drafted from the base's/.exec(drafted.notes.join('\n')) ?? [];
        expect(Number(drafts)).toBeGreaterThan(20);
        expect(Number(accepted)).toBeGreaterThan(30);
        expect(plain.notes).toEqual([]);
        expect(plain.texts).not.toEqual(base.texts);
        expect(drafted.texts).toHaveLength(4);
        if (drafted.texts.every((text, i) => text === plain.texts[i])) return;
        const questions = await openQuestions(embeddedProblems, { languages: ['en', 'de'] });
        using engine = await open(true);
        const { write } = await openTemplate('chat', engine);
        const prompts: string[] = [];
        for (const language of ['de', 'en'])
            for (const question of (await questions.inLanguage(language)).slice(0, asked.limit))
                prompts.push(await write(question));
        for (const [i, text] of drafted.texts.entries()) {
            if (text === plain.texts[i]) continue;
            const start = `${prompts[i]!}${commonStart(text, plain.texts[i]!)}`;
            expect(await marginAfter(engine, start), start).toBeLessThan(tie);
        }
    });

    it.skipIf(device.absent !== undefined)('are found by the keys of their prompts alone', async () => {
        const { folder: own, keys, texts } = base;
        const names = new Map(keys.map((key, i) => [key, `answer ${i}`]));
        expect([...(await wholeAnswers(own, names, undefined))].sort()).toEqual(
            texts.map((text, i) => [`answer ${i}`, text]),
        );
        expect((await wholeAnswers(own, new Map([['elsewhere', 'none']]), undefined)).size).toBe(0);
    });
});
