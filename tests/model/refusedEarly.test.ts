import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readRunConfig } from '../../src/run/RunConfig.js';
import { run } from '../../src/run/run.js';
import { commandHere } from '../helpers/commandHere.js';
import { embeddedModel } from '../helpers/models.js';
import { writeUngated } from '../helpers/syntheticModels.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);

/** A folder of a text in each language. */
function texts(name: string, content: Readonly<Record<string, string | Buffer>>): void {
    mkdirSync(at(name));
    for (const [file, text] of Object.entries(content)) writeFileSync(at(name, file), text);
}

beforeAll(() => {
    texts('texts', { 'en.txt': 'The farmer eats bread.\n', 'pt.txt': 'O livro.\n' });
    texts('garbled', { 'en.txt': 'Bread.\n', 'pt.txt': Buffer.from('p\xe3o\n', 'latin1') });
    texts('english', { 'en.txt': 'Bread.\n' });
    texts('questions', { 'mgsm_en.tsv': 'How many?\t5\n', 'mgsm_pt.tsv': 'Quantos?\t5\n' });
    writeUngated(at('other.gguf'), 2, 64);
});

describe('a run is refused before it counts', () => {
    const asked = { questions: 'questions', limit: 1, maxTokens: 4 };
    it.each<[what: string, settings: object, words: RegExp, prepare?: (out: string) => void]>([
        ['a template without a language', { accuracy: { ...asked, template: 'native-cot' } }, /native-cot.* pt/],
        ['a template without a chat', { accuracy: { ...asked, template: 'none.txt' } }, /none\.txt/],
        [
            'limits that refuse each other',
            { accuracy: { ...asked, limit: 5, wholeLimit: 2 } },
            /at least `limit`, 5, not 2/,
        ],
        ['a set that the model lacks', { sets: ['experts'] }, /no experts/],
        ['the same, of questions', { accuracy: { ...asked, sets: ['experts'] } }, /no experts/],
        ['a trained language of none', { aligned: { trained: ['de'] } }, /aligned\.trained: de/],
        ['the same, side by side', { aligned: { trained: ['de'], together: true } }, /aligned\.trained: de/],
        [
            'a language of questions and of no texts',
            { accuracy: { ...asked, languages: ['de'] } },
            /accuracy\.languages: de/,
        ],
        ['a language of examples and of no texts', { examples: { languages: ['de'] } }, /examples\.languages: de/],
        ['effects beside adapters', { effects: true, loras: [{ path: embeddedModel }] }, /effects: there are none/],
        [
            'names of neurons beside a set',
            { effects: { neurons: ['0:1'], set: 'specific' } },
            /cannot be used with .set. or/,
        ],
        ['a neuron that there is not', { examples: { neurons: ['99:1'] } }, /no neuron "99:1"/],
        ['no such aligned model', { aligned: { model: 'none.gguf' } }, /none\.gguf: no such/],
        ['no such adapter', { aligned: { loras: [{ path: 'none-lora.gguf' }] } }, /none-lora\.gguf: no such/],
        ['an adapter that is none', { aligned: { loras: [{ path: embeddedModel }] } }, /not a LoRA adapter/],
        ['an aligned model of other layers', { aligned: { model: 'other.gguf' } }, /other layers/],
        ['garbled texts to evaluate on', { evaluation: 'garbled' }, /garbled.pt\.txt: line 1/],
        ['a language without such texts', { evaluation: 'english' }, /english.* pt/],
        [
            'a file for the aligned folder',
            { aligned: {} },
            /aligned: /,
            (out) => writeFileSync(join(out, 'aligned'), ''),
        ],
        ['a folder for a matrix', {}, /ppl\.matrix\.json: .*folder/, (out) => mkdirSync(join(out, 'ppl.matrix.json'))],
        ['a folder for the report', {}, /report\.html: .*folder/, (out) => mkdirSync(join(out, 'report.html'))],
    ])('%s', async (what, settings, words, prepare) => {
        const out = at(what.replaceAll(' ', '-'));
        mkdirSync(out);
        prepare?.(out);
        const yaml = at('run.yaml');
        const basics = { model: embeddedModel, data: 'texts', gpu: 'off', threads: 1, out };
        writeFileSync(yaml, stringify({ ...basics, ...settings }));
        await expect(run(await readRunConfig(yaml))).rejects.toThrow(words);
        expect(existsSync(join(out, 'activations.safetensors'))).toBe(false);
        const parts = join(out, 'parts');
        expect(existsSync(parts) ? readdirSync(parts) : []).toEqual([]);
    });
});

it('respond is refused before it answers where a folder is in the place of its file', async () => {
    for (const taken of ['answers.json', 'other.json.answers.jsonl']) mkdirSync(at(taken));
    for (const [out, named] of [
        ['answers.json', 'answers.json'],
        ['other.json', 'other.json.answers.jsonl'],
    ] as const) {
        const options = ['--model', embeddedModel, '--gpu', 'off', '--data', at('questions'), '--out', at(out)];
        const { code, stdout, stderr } = await commandHere('respond', ...options);
        expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
        expect(stderr).toMatch(new RegExp(`${named}: cannot be written: the path is a folder, not a file`));
        expect(stderr).not.toContain('respond\n'); // its stage
    }
});
