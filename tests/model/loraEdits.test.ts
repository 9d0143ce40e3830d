import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sample } from '../../src/corpus/Corpus.js';
import type { TextEdit } from '../../src/engine/types/edits.js';
import type { TextScore } from '../../src/engine/types/engineTypes.js';
import { MeasuredEngine } from '../helpers/MeasuredEngine.js';
import { neuronsAt, type Site } from '../../src/engine/types/Site.js';
import { compileInterventions } from '../../src/interventions/compile.js';
import type { Intervention } from '../../src/interventions/Intervention.js';
import type { NeuronIndex } from '../../src/neurons/analysis/NeuronAnalysis.js';
import { loraPairs, writeLora, writeMerged } from '../helpers/loraAdapters.js';
import { embeddedModel } from '../helpers/models.js';
import { halvedIntoPrompts, udhrSamples } from '../helpers/texts.js';
import { writeUnquantized } from '../helpers/unquantized.js';
import { writeUpcycled } from '../helpers/upcycled.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const dense = join(folder, 'dense.gguf');
const mixture = join(folder, 'mixture.gguf');
const scale = 0.7;
/** Of a token's log-probability, between B · (A · x) beside W · x and (W + B · A) · x. */
const rounding = 1e-4;
let samples: Sample[];

beforeAll(async () => {
    await writeUnquantized(embeddedModel, dense);
    await writeUpcycled(dense, mixture, 4);
    samples = halvedIntoPrompts(await udhrSamples(['en', 'de', 'zh'], '28-28'));
});

const perToken = ({ logProbability, tokens }: TextScore): number => logProbability / tokens;

function open(model: string, lora?: string): Promise<MeasuredEngine> {
    const loras = lora === undefined ? [] : [{ path: lora, scale }];
    return MeasuredEngine.open({ model, gpu: 'off', loras, f32Cache: true });
}

/** Interventions on every third neuron of all sites. */
function conditions(sites: readonly Site[]): Record<string, TextEdit> {
    const neurons = sites.flatMap((site, i) =>
        Array.from({ length: Math.ceil(neuronsAt(site) / 3) }, (_, j): NeuronIndex => [i, 3 * j]),
    );
    const edit = (...list: Omit<Intervention, 'neurons'>[]): TextEdit =>
        compileInterventions(
            list.map((one) => ({ neurons, ...one })),
            { sites },
        );
    return {
        whole: undefined,
        zero: edit({ op: 'zero' }),
        scale: edit({ op: 'scale', value: 1.8 }),
        add: edit({ op: 'add', value: 0.2 }),
        replace: edit({ op: 'replace', value: 0.1, strength: 0.8 }),
        'scale in the prompt, add behind it': edit(
            { op: 'scale', value: 0.5, where: 'prompt' },
            { op: 'add', value: 0.3, where: 'response' },
        ),
    };
}

describe.each([
    ['dense', dense, /(?:ffn_(?:gate|up|down)|attn_q)\.weight$/],
    ['a mixture of experts', mixture, /ffn_(?:gate|up|down)_exps\.weight$/],
])('a LoRA adapter under interventions: %s', (name, model, adapted) => {
    const [lora, merged] = [join(folder, `${name}-lora.gguf`), join(folder, `${name}-merged.gguf`)];

    beforeAll(async () => {
        const pairs = await loraPairs(model, adapted);
        writeLora(lora, pairs);
        await writeMerged(model, pairs, scale, merged);
    });

    it('gives what the model with the adapter in its weights gives', async () => {
        const scoresOf = async (engine: MeasuredEngine): Promise<Record<string, number[]>> => {
            const found: Record<string, number[]> = {};
            for (const [name, edit] of Object.entries(conditions(engine.sites)))
                found[name] = (await engine.score(samples, { edit })).texts.map(perToken);
            engine.close();
            return found;
        };
        const [beside, inside, base] = [
            await scoresOf(await open(model, lora)),
            await scoresOf(await open(merged)),
            await scoresOf(await open(model)),
        ];
        for (const [name, scores] of Object.entries(beside)) {
            const distance = (others: readonly number[]): number =>
                Math.max(...scores.map((score, i) => Math.abs(score - others[i]!)));
            expect(distance(inside[name]!), name).toBeLessThan(rounding);
            expect(distance(base[name]!), `${name}: the adapter`).toBeGreaterThan(0.01);
            if (name !== 'whole') expect(distance(beside.whole!), `${name}: the edit`).toBeGreaterThan(0.01);
        }
    });

    it('each sequence goes through its own edit, whatever its neighbours go through', async () => {
        const engine = await open(model, lora);
        const edits = Object.values(conditions(engine.sites));
        const textsOf = async (asked: readonly number[]): Promise<Map<number, string>> => {
            const texts = new Map<number, string>();
            const prompts = asked.map((edit) => ({ id: 0, text: 'Der alte Mann', edit }));
            for await (const { edit, text } of engine.generate(prompts, { edits, maxTokens: 20 }))
                texts.set(edit, text);
            return texts;
        };
        const together = await textsOf(edits.map((_, edit) => edit));
        for (const edit of edits.keys()) expect((await textsOf([edit])).get(edit)).toBe(together.get(edit));
        expect(new Set(together.values()).size).toBeGreaterThan(3);
        engine.close();
    });
});
