import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';
import { writeUnquantized } from '../helpers/unquantized.js';
import { type Random, randomOf } from './random.js';
import { seed, stormSeconds } from './settings.js';

const clients = 200;
/** Of a log-probability: rounding of batches of other shapes. */
const tolerance = 1e-3;

const folder = temporaryFolder();
let server: ChildProcess;
let url: string;
beforeAll(async () => {
    const path = join(folder, 'model.gguf');
    await writeUnquantized(embeddedModel, path); // its texts do not depend on rounding
    const options = JSON.stringify({ parallel: 16 });
    server = fork(new URL('../helpers/servedApart.mjs', import.meta.url), [path, options]);
    [url] = (await once(server, 'message')) as [string];
});
afterAll(() => {
    server.disconnect();
});

/** What a client asks, and what it makes of the answer: numbers may differ by rounding, all else must not. */
interface Question {
    readonly path: string;
    readonly body: object | string;
    readonly status: number;
    /** Ends after so many bytes of the answer. */
    readonly abortAfter?: number;
}

const prompts = ['The farmer', 'Der alte Mann', 'Le professeur lit', 'One day', 'Die Köchin sieht 🙂', 'El niño'];
const whole = { model: 'whole' };

/** Each kind with each prompt. */
const questions: Question[] = prompts.flatMap((prompt, i): Question[] => {
    const completion = (more: object): Question => ({
        path: '/v1/completions',
        body: { ...whole, prompt, max_tokens: 8 + i, temperature: 0, ...more },
        status: 200,
    });
    const messages = [{ role: 'user', content: prompt }];
    const chat = (more: object): Question => ({
        path: '/v1/chat/completions',
        body: { ...whole, messages, max_tokens: 10, temperature: 0, ...more },
        status: 200,
    });
    const sampled = { temperature: 1, seed: 5 + i };
    return [
        completion({ echo: true, max_tokens: 0, logprobs: 2 }),
        completion({ prompt: `${prompt} ${prompts.join(' ')}`, echo: true, max_tokens: 0, logprobs: 1 }),
        completion({ prompt: [prompt, ...prompts], echo: true, max_tokens: 0, logprobs: 0 }),
        completion({}),
        completion({ max_tokens: 60 }),
        completion({ logprobs: 3 }),
        completion({ ...sampled, n: 3 }),
        completion({ ...sampled, top_p: 0.8 }),
        completion({ ...sampled, stream: true }),
        completion({ stream: true, logprobs: 1, stop: ['e', 'n '] }),
        completion({ stop: [' '] }),
        chat({}),
        chat({ ...sampled, stream: true }),
        chat({ logprobs: true, top_logprobs: 2, stop: 'a' }),
        { ...completion({ max_tokens: 200, stream: true }), abortAfter: 100 * i },
        { ...completion({ max_tokens: 200, n: 4 }), abortAfter: 0 },
        { path: '/tokenize', body: { prompt }, status: 200 },
        { path: '/detokenize', body: { tokens: [5 + i, 300, 301] }, status: 200 },
        { path: '/detokenize', body: { tokens: [5, 2 ** 32 + i] }, status: 400 },
        completion({ max_tokens: 10_000 }),
        completion({ prompt: Array(2000).fill(prompt) }),
        completion({ prompt: [[1024 + i]] }),
        completion({ unknown: 1 }),
        { path: '/v1/completions', body: '{"model": ', status: 400 },
        { path: '/v1/completions', body: JSON.stringify({ ...whole, prompt: Array(300_000).fill('') }), status: 400 },
    ];
});
const wrong = (body: object): boolean => {
    const { max_tokens: most = 0, prompt, unknown } = body as { max_tokens?: number; prompt?: unknown; unknown?: 1 };
    const tooMany = Array.isArray(prompt) && (prompt.length > 1000 || Array.isArray(prompt[0]));
    return most > 256 || tooMany || unknown !== undefined;
};
const statusOf = ({ body, status }: Question): number => (typeof body === 'object' && wrong(body) ? 400 : status);

interface Answer {
    readonly status: number;
    readonly text: string;
}

/** @returns undefined where it was given up as it should be */
async function ask({ path, body, abortAfter }: Question): Promise<Answer | undefined> {
    const gone = new AbortController();
    try {
        const response = await fetch(new URL(path, url), {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: typeof body === 'string' ? body : JSON.stringify(body),
            signal: gone.signal,
        });
        if (abortAfter === undefined) return { status: response.status, text: await response.text() };
        let bytes = 0;
        for await (const chunk of response.body!) {
            bytes += (chunk as Uint8Array).length;
            if (bytes > abortAfter) gone.abort();
        }
        return { status: response.status, text: '' };
    } catch (cause) {
        if (gone.signal.aborted) return undefined;
        throw cause;
    }
}

/** Documents of an answer, but what is new each time; pieces joined, as they are cut anywhere. */
function documentOf(text: string): unknown {
    if (!text.startsWith('data: ')) return plain(JSON.parse(text) as object);
    const pieces = text.split('\n\n').filter((line) => line !== '');
    if (pieces.pop() !== 'data: [DONE]') return text; // an error among the pieces
    const choices = pieces.flatMap((line) => {
        const { choices } = JSON.parse(line.slice('data: '.length)) as { choices: StreamedChoice[] };
        return choices;
    });
    return {
        text: choices.map(({ text, delta }) => text ?? delta?.content ?? '').join(''),
        logprobs: choices.flatMap(({ logprobs }) => logprobs?.token_logprobs ?? []),
        end: choices.at(-1)?.finish_reason,
    };
}

interface StreamedChoice {
    readonly text?: string;
    readonly delta?: { readonly content?: string };
    readonly logprobs: { readonly token_logprobs: number[] } | null;
    readonly finish_reason: string | null;
}

function plain(document: object): object {
    return { ...document, id: '', created: 0 };
}

/** Whether two documents are alike but for rounding. Of tokens as likely as each other either may be the second. */
function alike(a: unknown, b: unknown): boolean {
    if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b) <= tolerance;
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
    const [keys, others] = [Object.keys(a), Object.keys(b)];
    return (
        keys.length === others.length &&
        keys.every((key) => Object.hasOwn(b, key) && alike((a as never)[key], (b as never)[key]))
    );
}

it(
    `${clients} clients ask for ${stormSeconds} s: every answer is the one that it is alone`,
    async () => {
        const alone: unknown[] = [];
        for (const question of questions) {
            const { path, body, status } = question;
            const answer = await ask({ path, body, status });
            expect([answer!.status, answer!.text.slice(0, 300)]).toEqual([statusOf(question), expect.any(String)]);
            alone.push(documentOf(answer!.text));
        }
        const [failed, different]: [string[], string[]] = [[], []];
        let [answers, aborted] = [0, 0];
        const until = performance.now() + 1000 * stormSeconds;
        const client = async (random: Random): Promise<void> => {
            while (performance.now() < until) {
                const place = random(questions.length);
                const question = questions[place]!;
                const what = JSON.stringify(question.body).slice(0, 200);
                try {
                    const answer = await ask(question);
                    if (answer === undefined) aborted++;
                    else if (answer.status !== statusOf(question))
                        failed.push(`${answer.status} ${what} ${answer.text}`);
                    else if (question.abortAfter === undefined && !alike(documentOf(answer.text), alone[place]))
                        different.push(`${what}\n${answer.text}\n${JSON.stringify(alone[place])}`);
                    else answers++;
                } catch (cause) {
                    failed.push(`${what} ${String(cause)} ${String((cause as Error).cause)}`);
                }
                if (random(20) === 0) await sleep(random(50));
            }
        };
        await Promise.all(Array.from({ length: clients }, (_, i) => client(randomOf(seed, 'storm', i))));
        expect(failed.slice(0, 3)).toEqual([]);
        expect(different.slice(0, 3)).toEqual([]);
        expect([failed.length, different.length]).toEqual([0, 0]);
        expect(Math.min(answers, aborted)).toBeGreaterThan(stormSeconds);
        // Nothing is left of them: as many as may be at once are let in.
        const all = { ...whole, prompt: Array(8).fill('a'), n: 128, max_tokens: 1, temperature: 0 };
        expect((await ask({ path: '/v1/completions', body: all, status: 200 }))!.status).toBe(200);
        process.stdout.write(`storm: ${answers} answers, ${aborted} given up, in ${stormSeconds} s\n`);
    },
    1000 * (stormSeconds + 300),
);
