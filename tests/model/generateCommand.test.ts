import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/Engine.js';
import { readNeurons } from '../../src/neurons/analysis/neuronsFile.js';
import { neuronsOf } from '../../src/neurons/sets/neuronsOf.js';
import { commandHere } from '../helpers/commandHere.js';
import { maskOf } from '../helpers/maskOf.js';
import { embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const run = join(folder, 'run');
const model = ['--model', embeddedModel, '--gpu', 'off'];
const prompt = 'Der alte Mann';
const generate = ['generate', run, prompt, ...model, '--max-tokens', '12'];

beforeAll(async () => {
    const data = ['--data', 'udhr:1-12', '--languages', 'en,de,zh'];
    expect((await commandHere('collect', ...model, ...data, '--out', run)).code).toBe(0);
    expect((await commandHere('identify', run, '--top-rate', '0.05')).code).toBe(0);
});

describe('generate', () => {
    it('says what the engine says under the same mask, beside the whole model', async () => {
        const { code, stdout } = await commandHere(...generate, '--without', 'de', '--json');
        expect(code).toBe(0);
        const { answers } = JSON.parse(stdout) as { answers: { name: string; text: string }[] };
        using engine = await Engine.open({ model: embeddedModel, gpu: 'off' });
        const analysis = await readNeurons(join(run, 'neurons.json'));
        const mask = maskOf(
            neuronsOf(analysis, 'de', 'specific+related'),
            engine.sites.map(({ width }) => width),
        );
        const expected: string[] = [];
        const asked = [0, 1].map((edit) => ({ id: 0, text: prompt, edit }));
        for await (const { edit, text } of engine.generate(asked, { edits: [undefined, mask], maxTokens: 12 }))
            expected[edit] = text;
        expect(answers.map(({ text }) => text)).toEqual(expected);
        expect(answers.map(({ name }) => name)).toEqual(['whole', 'without de']);
        expect(expected[0]).not.toBe(expected[1]);
    });

    it('gives each named list of interventions a column', async () => {
        const path = join(folder, 'interventions.yaml');
        writeFileSync(
            path,
            'quiet: [{ language: de, op: zero }]\nraised: [{ language: de, op: add, value: 1, where: response }]\n',
        );
        const { code, stdout } = await commandHere(...generate, '--interventions', path, '--json');
        expect(code).toBe(0);
        const { answers } = JSON.parse(stdout) as {
            answers: { name: string; text: string; interventions: unknown[] }[];
        };
        expect(answers.map(({ name }) => name)).toEqual(['whole', 'quiet', 'raised']);
        expect(new Set(answers.map(({ text }) => text)).size).toBe(3);
        const shown = await commandHere(...generate, '--interventions', path);
        for (const { name } of answers) expect(shown.stdout).toContain(name);
    });

    it('of nothing to change, a language that was not analysed or another model is one line', async () => {
        const wrong = async (...more: string[]): Promise<[number | null, string]> => {
            const { code, stderr } = await commandHere(...generate, ...more);
            expect(stderr.trim().split('\n').at(-1)).toMatch(/^language-neurons: /);
            return [code, stderr];
        };
        expect(await wrong()).toEqual([2, expect.stringMatching(/--without zh/)]);
        expect(await wrong('--without', 'sw')).toEqual([1, expect.stringMatching(/no language sw/)]);
        expect(await wrong('--amplify', 'de')).toEqual([2, expect.stringMatching(/such as de:2/)]);
    });
});

it('an engine tells how texts grow, token by token, up to what is answered', async () => {
    using engine = await Engine.open({ model: embeddedModel, gpu: 'off' });
    const texts: string[] = [];
    let answer = '';
    const said = engine.generate([prompt], {
        maxTokens: 10,
        onGrowth: (growing) => texts.push(...growing.map(({ text }) => text)),
    });
    for await (const { text } of said) answer = text;
    expect(texts.length).toBeGreaterThanOrEqual(9);
    expect(texts.at(-1)).toBe(answer);
    for (const [i, text] of texts.entries())
        if (i > 0) expect(text.length).toBeGreaterThanOrEqual(texts[i - 1]!.length);
    for await (const { text } of engine.generate([prompt], { maxTokens: 10 })) expect(text).toBe(answer);
});
