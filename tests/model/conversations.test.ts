import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readActivations } from '../../src/activations/activationsFile.js';
import { openCorpus } from '../../src/data/openCorpus.js';
import { Engine } from '../../src/engine/Engine.js';
import { asPrompts } from '../../src/questions/templates/chatSamples.js';
import { commandHere } from '../helpers/commandHere.js';
import { embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const turns = (...contents: string[]) =>
    contents.map((content, i) => ({ role: i % 2 === 0 ? 'user' : 'assistant', content }));
const lines = (name: string, ...records: object[]): string => {
    writeFileSync(at(name), records.map((record) => JSON.stringify(record)).join('\n'));
    return at(name);
};
const collect = (data: string, out: string, model = embeddedModel) =>
    commandHere('collect', '--model', model, '--gpu', 'off', '--data', data, '--out', at(out));

// The embedded model's template writes each message and a line's end.
const chats = [
    ['The farmer and the house', 'The teacher reads a book.'],
    ['Anna has 12 apples.', 'She gives 6 away.', 'How many are left?', '12 - 6 = 6. There are 6 left.'],
];

beforeAll(() => {
    lines('messages.jsonl', ...chats.map((said) => ({ language: 'en', messages: turns(...said) })));
    const prompts = chats.map((said) => ({
        language: 'en',
        prompt: said
            .slice(0, -1)
            .map((content) => `${content}\n`)
            .join(''),
        response: said.at(-1)!,
    }));
    lines('prompts.jsonl', ...prompts);
    lines('many.jsonl', ...Array.from({ length: 40 }, (_, i) => ({ language: 'en', messages: turns(`${i}`, `${i}`) })));
});

describe('chat messages', () => {
    it('are counted behind the prompt that the template makes of what was said before', async () => {
        const [chat, plain] = [
            await collect(at('messages.jsonl'), 'messages'),
            await collect(at('prompts.jsonl'), 'prompts'),
        ];
        expect(chat.code, chat.stderr).toBe(0);
        expect(plain.code, plain.stderr).toBe(0);
        const [counted, expected] = [await readActivations(at('messages')), await readActivations(at('prompts'))];
        expect(counted.languages).toEqual(expected.languages);
        expect(counted.counts).toEqual(expected.counts);
    });

    it('are scored alike, and refused where nobody made a prompt of them', async () => {
        const engine = await Engine.open({ model: embeddedModel, gpu: 'off' });
        try {
            const [chat, plain] = [await openCorpus(at('messages.jsonl')), await openCorpus(at('prompts.jsonl'))];
            const score = await engine.score(asPrompts(engine, chat.samples('en')));
            expect(score.texts).toEqual((await engine.score(plain.samples('en'))).texts);
            await expect(engine.score(chat.samples('en'))).rejects.toMatchObject({ code: 'WRONG_USE' });
            const many = await openCorpus(at('many.jsonl'));
            expect((await engine.count(asPrompts(engine, many.samples('en')))).decodedTokens).toBeGreaterThan(0);
        } finally {
            engine.close();
        }
    });

    it('of a model without a template end in one line', async () => {
        const bytes = readFileSync(embeddedModel);
        bytes.write('X', bytes.indexOf('tokenizer.chat_template') + 10);
        writeFileSync(at('plain.gguf'), bytes);
        const { code, stderr } = await collect(at('messages.jsonl'), 'none', at('plain.gguf'));
        expect(code).not.toBe(0);
        expect(stderr.trim().split('\n').at(-1)).toMatch(/plain\.gguf: has no chat template; give texts as "text"/);
    });
});
