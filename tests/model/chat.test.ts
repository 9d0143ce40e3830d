import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Chat } from '../../src/chat/Chat.js';
import { Engine } from '../../src/engine/Engine.js';
import { modelState, type ModelState, wholeModel } from '../../src/interventions/ModelState.js';
import { openChat } from '../../src/questions/templates/chatTemplate.js';
import { embeddedModel } from '../helpers/models.js';
import { writeWidths } from '../helpers/syntheticModels.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const question = 'Rosa hat 12 Stühle. Rosa gibt 6 davon weg. Wie viele Stühle bleiben?';
let engine: Engine;
let edited: ModelState;

beforeAll(async () => {
    engine = await Engine.open({ model: embeddedModel, gpu: 'off', contextSize: 1024 });
    const third = Array.from({ length: engine.sites[2]!.width }, (_, i) => [2, i] as const);
    edited = modelState({ name: 'without', interventions: [{ op: 'zero', neurons: third }] }, engine);
});
afterAll(() => {
    engine.close();
});

/** What the engine says to a prompt alone. */
async function said(text: string, { edit }: ModelState = wholeModel): Promise<string> {
    for await (const answer of engine.generate([{ id: 0, text, special: true }], { edits: [edit], maxTokens: 24 }))
        return answer.text;
    throw new Error('no answer');
}

describe('a conversation', () => {
    it('reads all turns from the beginning under the condition of the last', async () => {
        const chat = await Chat.begin(engine, { maxTokens: 24, system: 'Sag wenig.' });
        const first = await chat.ask(question, { states: [edited] });
        expect(first.answers.map(({ text }) => text)).toEqual([await said(`Sag wenig.\n${question}\n`, edited)]);
        const second = await chat.ask('Und dann?');
        const before = `Sag wenig.\n${question}\n${first.answers[0]!.text}\n`;
        expect(second.answers.map(({ text }) => text)).toEqual([await said(`${before}Und dann?\n`)]);
        expect(second.dropped).toBe(0);
        // Once more, edited: its own answer is not in the prompt.
        const again = await chat.again({ states: [edited] });
        expect(again.answers.map(({ text }) => text)).toEqual([await said(`${before}Und dann?\n`, edited)]);
        expect(again.answers[0]!.text).not.toBe(second.answers[0]!.text);
        chat.reset();
        expect((await chat.ask(question)).answers[0]!.text).toBe(await said(`Sag wenig.\n${question}\n`));
        chat.close();
    });

    it('goes on with the answer of the last condition where several answer side by side', async () => {
        const chat = await Chat.begin(engine, { maxTokens: 24 });
        const { answers } = await chat.ask(question, { states: [wholeModel, edited] });
        expect(answers).toHaveLength(2);
        expect(answers[0]!.text).not.toBe(answers[1]!.text);
        const next = await chat.ask('Und dann?');
        expect(next.answers[0]!.text).toBe(await said(`${question}\n${answers[1]!.text}\nUnd dann?\n`));
        chat.close();
    });

    it('reads what is new alone, under each state, also after a stop; asked again, the same', async () => {
        const chat = await Chat.begin(engine, { maxTokens: 24 });
        /** Tokens of the conversation so far and a new message, and those that the cache has. */
        const next = async (user: string, { edit }: ModelState): Promise<{ all: number; cached: number }> => {
            const text = `${said.join('\n')}\n${user}\n`;
            const options = { edits: [edit], maxTokens: 1, prefixCaching: true };
            for await (const answer of engine.generate([{ id: 0, text, special: true }], options))
                return { all: answer.promptTokens, cached: answer.cachedTokens };
            throw new Error('no answer');
        };
        const said: string[] = [];
        const ask = async (user: string, states: readonly ModelState[], signal?: AbortSignal): Promise<void> => {
            const { answers } = await chat.ask(user, { states, signal });
            said.push(user, answers.at(-1)!.text);
        };
        await ask(question, [wholeModel, edited]);
        const { all, cached } = await next('Und dann?', edited);
        expect(all - cached).toBeLessThan(10); // the new message; its answer's text may be tokens other than drawn
        // The other state's answer is not the conversation's: from there on it is new to it.
        const whole = await next('Und dann?', wholeModel);
        expect(whole.cached).toBeGreaterThan(10);
        expect(whole.cached).toBeLessThan(cached);
        const stop = new AbortController();
        const stopped = await chat.ask('Und dann?', {
            states: [edited],
            signal: stop.signal,
            onGrowth: () => stop.abort(),
        });
        expect(stopped.answers[0]!.end).toBe('aborted');
        said.push('Und dann?', stopped.answers[0]!.text);
        const after = await next('Wieso?', edited);
        expect(after.all - after.cached).toBeLessThan(15);
        const odd = engine.generate([{ id: 0, text: question, reuse: -1 }], { prefixCaching: true });
        await expect(odd.next()).rejects.toMatchObject({ code: 'WRONG_USE' });
        // Other work in between takes the cells.
        await engine.score([{ language: 'de', prompt: '', response: question }]);
        expect((await next('Wieso?', edited)).cached).toBe(0);
        const third = await chat.ask('Wieso?', { states: [edited] });
        for (let times = 0; times < 3; times++)
            expect((await chat.again({ states: [edited] })).answers).toEqual(third.answers);
        chat.close();
    });

    it('keeps what an answer was when it was stopped, and takes the next turn', async () => {
        const chat = await Chat.begin(engine, { maxTokens: 60 });
        const stop = new AbortController();
        const grown: string[] = [];
        const { answers } = await chat.ask(question, {
            signal: stop.signal,
            onGrowth: (_, text) => {
                grown.push(text);
                if (grown.length === 4) stop.abort();
            },
        });
        expect(answers).toMatchObject([{ end: 'aborted', text: grown.at(-1) }]);
        expect(answers[0]!.tokens).toBe(grown.length);
        const next = await chat.ask('Und dann?');
        expect(next.answers[0]!.end).not.toBe('aborted');
        expect(chat.length).toBe(2);
        chat.close();
    });

    it('leaves the oldest turns out where the window is full, and says how many', async () => {
        const chat = await Chat.begin(engine, { maxTokens: 200 }); // of 512
        const texts: string[] = [];
        let dropped = 0;
        for (let turn = 0; turn < 12 && dropped === 0; turn++) {
            const result = await chat.ask(question);
            dropped = result.dropped;
            texts.push(result.answers[0]!.text);
        }
        expect(dropped).toBeGreaterThan(0);
        // The prompt that still fits begins with a turn, not in the middle of one.
        const kept = texts.slice(dropped, -1).flatMap((text) => [question, text]);
        const { write, close } = await openChat(engine, '');
        const prompt = await write([...kept, question].map((content) => ({ role: 'user', content })));
        close();
        expect((await engine.tokenize(prompt)).length).toBeLessThanOrEqual(311);
        for await (const { text } of engine.generate([{ id: texts.length - 1, text: prompt, special: true }], {
            maxTokens: 200,
        }))
            expect(text).toBe(texts.at(-1));
        await expect(chat.ask(question.repeat(40))).rejects.toMatchObject({
            code: 'WRONG_USE',
            message: expect.stringMatching(
                /window of 512 has room for 311 beside an answer of 200; shorten the message/,
            ),
        });
        expect(chat.length).toBe(texts.length);
        chat.close();
    });

    it('of nothing said, of answers too long and of a model without a template is one line', async () => {
        const chat = await Chat.begin(engine);
        expect(chat.maxTokens).toBe(256); // half the window
        await expect(chat.again()).rejects.toMatchObject({ code: 'WRONG_USE' });
        chat.close();
        await expect(Chat.begin(engine, { maxTokens: 511 })).rejects.toMatchObject({ code: 'WRONG_USE' });
        const path = join(folder, 'plain.gguf');
        writeWidths(path, [32]);
        const plain = await Engine.open({ model: path, gpu: 'off' });
        await expect(Chat.begin(plain)).rejects.toMatchObject({
            code: 'UNSUPPORTED',
            message: expect.stringMatching(/plain\.gguf: has no chat template; generate continues a text/),
        });
        plain.close();
    });
});
