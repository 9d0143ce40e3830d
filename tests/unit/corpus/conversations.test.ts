import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { surveyCorpus } from '../../../src/activations/surveyCorpus.js';
import type { Sample } from '../../../src/corpus/Corpus.js';
import { openCorpus } from '../../../src/data/openCorpus.js';

let root: string;
beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'language-neurons-'));
});
afterAll(() => rm(root, { recursive: true }));

let files = 0;
async function open(...lines: unknown[]): ReturnType<typeof openCorpus> {
    const path = join(root, `${files++}.jsonl`);
    await writeFile(path, lines.map((line) => JSON.stringify(line)).join('\n'));
    return openCorpus(path);
}

async function read(...lines: unknown[]): Promise<Sample[]> {
    const samples: Sample[] = [];
    for await (const sample of (await open(...lines)).samples('en')) samples.push(sample);
    return samples;
}

const say = (role: string, content: unknown): unknown => ({ role, content });
const share = (from: string, value: unknown): unknown => ({ from, value });

describe('a line of chat messages', () => {
    it('counts the last answer, behind all that was said before it', async () => {
        const messages = [say('system', 's'), say('user', 'a'), say('assistant', 'b'), say('user', 'c\n<|im_end|>')];
        const before = messages.slice();
        expect(
            await read({ language: 'en', messages: [...messages, say('assistant', ' d \n'), say('user', 'e')] }),
        ).toEqual([{ language: 'en', prompt: '', response: ' d \n', turns: before }]);
    });

    it("may be ShareGPT's, or have its contents in parts", async () => {
        const turns = [
            { role: 'system', content: 's' },
            { role: 'user', content: 'a' },
        ];
        const expected = [{ language: 'en', prompt: '', response: 'b', turns }];
        const conversations = [share('system', 's'), share('human', 'a'), share('gpt', 'b')];
        expect(await read({ language: 'en', id: 7, conversations })).toEqual(expected);
        const parts = [{ type: 'text', text: 'b' }];
        expect(await read({ language: 'en', messages: [...turns, say('assistant', parts)] })).toEqual(expected);
        // The two names of the list and of its turns are found mixed.
        expect(await read({ language: 'en', conversations: [...turns, say('assistant', 'b')] })).toEqual(expected);
    });

    it('stands beside other lines, which come first where a line is both', async () => {
        const found = await read(
            { language: 'en', text: 'plain' },
            { language: 'en', messages: [say('user', 'a'), say('assistant', 'b')] },
            { language: 'en', prompt: 'p', response: 'r', messages: [say('user', 'a')] },
        );
        expect(found.map(({ prompt, response, turns }) => [prompt, response, turns?.length])).toEqual([
            ['', 'plain', undefined],
            ['', 'b', 1],
            ['p', 'r', undefined],
        ]);
    });

    it.each([
        { what: 'no answer', line: { messages: [say('user', 'a')] }, says: 'line 2 has no message of the assistant' },
        { what: 'nothing said', line: { conversations: [] }, says: 'line 2 has no message of the assistant' },
        { what: 'a call in place of a text', line: { messages: [say('assistant', null)] }, says: 'line 2 is not' },
        {
            what: 'a picture',
            line: { messages: [say('user', [{ type: 'image_url', image_url: {} }])] },
            says: 'line 2 is',
        },
        { what: 'a turn of nobody', line: { messages: [{ content: 'a' }] }, says: 'line 2 is not' },
        { what: 'no list', line: { messages: 'a' }, says: 'line 2 is not' },
    ])('with $what is refused by its file and number', async ({ line, says }) => {
        const opened = open({ language: 'en', text: 'plain' }, { language: 'en', ...line });
        await expect(opened).rejects.toMatchObject({ code: 'DAMAGED' });
        await expect(opened).rejects.toThrow(new RegExp(`\\.jsonl: ${says}`));
    });

    it('without a language is refused as other lines are', async () => {
        await expect(open({ messages: [say('assistant', 'a')] })).rejects.toThrow(/line 1 is not .*messages/);
    });

    it('is told from another by all that is said', async () => {
        const hash = async (...turns: unknown[]): Promise<string> =>
            (await surveyCorpus(await open({ language: 'en', messages: [...turns, say('assistant', 'b')] }))).hash;
        const hashes = await Promise.all([
            hash(say('user', 'a')),
            hash(say('system', 'a')),
            hash(say('user', 'ab')),
            hash(say('user', 'a'), say('user', 'a')),
            hash(),
        ]);
        expect(new Set(hashes).size).toBe(5);
    });
});
