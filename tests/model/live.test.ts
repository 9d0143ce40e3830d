import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readActivations } from '../../src/activations/activationsFile.js';
import { Engine } from '../../src/engine/Engine.js';
import { buildSite } from '../../src/explore/buildSite.js';
import { createSiteServer } from '../../src/explore/exploreServer.js';
import type { AskEvent, LiveFailure, RemovalEvent, SentenceEvent } from '../../src/explore/live/liveFormat.js';
import { LiveModel } from '../../src/explore/live/LiveModel.js';
import { modelState } from '../../src/interventions/ModelState.js';
import type { NeuronAnalysis } from '../../src/neurons/analysis/NeuronAnalysis.js';
import { comparePlaces } from '../../src/neurons/analysis/distinctNeurons.js';
import { neuronsOf } from '../../src/neurons/sets/neuronsOf.js';
import { firstRanked, rankNeurons } from '../../src/neurons/scores/rankNeurons.js';
import { cli, startCli } from '../helpers/cli.js';
import { writeLiveRun } from '../helpers/liveRun.js';
import { embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';
import { writeUpcycled } from '../helpers/upcycled.js';

const text = 'Jeder hat das Recht auf Bildung. 人人都有受教育的权利。 हिन्दी';
const question = {
    text: 'Everyone has the right',
    chat: false,
    maxTokens: 12,
    languages: ['de'],
    set: 'specific+related',
    neurons: [],
    share: 1,
    factor: 0,
};

const folder = temporaryFolder();
const models = { 'a dense model': embeddedModel, 'one with experts': join(folder, 'experts.gguf') };
beforeAll(() => writeUpcycled(embeddedModel, models['one with experts'], 4));

describe.each(Object.entries(models))('the live pages of %s', (name, model) => {
    const run = join(folder, name);
    let engine: Engine;
    let analysis: NeuronAnalysis;
    let live: LiveModel;
    let app: FastifyInstance;
    beforeAll(async () => {
        engine = await Engine.open({ model, gpu: 'off', threads: 1, windows: 2 });
        analysis = await writeLiveRun(run, engine);
        live = await LiveModel.open(run, { engine, data: ['udhr:3-6'] });
        app = createSiteServer(await buildSite(run, { live: live.facts }), 'token', live);
    });
    afterAll(async () => {
        app.server.closeAllConnections(); // fetch opens one more after an abort, which Node would wait for a minute for
        await app.close();
        live[Symbol.dispose]();
        engine.close();
    });

    async function ask<E>(path: string, body: object): Promise<(E | LiveFailure)[]> {
        const answer = await app.inject({ method: 'POST', url: `/token/live/${path}`, payload: body });
        expect(answer.statusCode).toBe(200);
        const lines = answer.body.trim().split('\n');
        return lines.map((line) => JSON.parse(line) as E | LiveFailure);
    }

    it('give the share of neurons that are active at each token, as the engine watches them', async () => {
        const [event] = (await ask<SentenceEvent>('sentence', { text })) as [SentenceEvent];
        const { pieces, shares, strongest } = event.trace;
        expect(
            pieces
                .map((one) => one.text)
                .join('')
                .trim(),
        ).toBe(text);
        const tokens = await engine.tokenize(text);
        expect(pieces.reduce((sum, one) => sum + one.tokens, 0)).toBe(tokens.length);
        for (const [k, language] of analysis.languages.entries()) {
            const neurons = analysis.neurons.specific[language]!;
            const values: Float32Array[] = [];
            for await (const one of engine.watch([{ language: '', prompt: '', response: text }], { neurons }))
                values.push(one.values);
            for (const [t, share] of shares.specific[k]!.entries()) {
                const row = values[0]!.subarray(t * neurons.length, (t + 1) * neurons.length);
                expect(share).toBeCloseTo(row.filter((value) => value > 0).length / neurons.length, 4);
            }
        }
        expect(strongest).toHaveLength(tokens.length);
        for (const list of strongest)
            for (const [i, [, value]] of list.entries())
                expect(value).toBeLessThanOrEqual(list[i - 1]?.[1] ?? Infinity);
    });

    it('have means that the texts of the run come to', () => {
        for (const set of ['specific', 'specific+related'] as const)
            for (const { neurons, mean, own } of live.facts.shares[set]) {
                expect(neurons).toBeGreaterThan(0);
                expect(own!).toBeGreaterThan(mean!); // they were chosen for that
                expect(mean!).toBeGreaterThan(0);
            }
    });

    it('answer as `generate` does, whole and changed', async () => {
        const events = (await ask<AskEvent>('ask', question)) as AskEvent[];
        const neurons = neuronsOf(analysis, 'de', 'specific+related');
        const { edit } = modelState({ name: 'x', interventions: [{ neurons, op: 'zero' }] }, { sites: engine.sites });
        const expected: string[] = [];
        const prompts = [0, 1].map((side) => ({ text: question.text, id: 0, edit: side }));
        for await (const one of engine.generate(prompts, { edits: [undefined, edit], maxTokens: 12 }))
            expected[one.edit] = one.text;
        for (const side of [0, 1] as const) {
            const grown = events.filter((one) => one.kind === 'grew' && one.side === side);
            expect(grown.map((one) => (one as { text: string }).text).join('')).toContain(expected[side]);
            const ended = events.find((one) => one.kind === 'ended' && one.side === side) as AskEvent & {
                kind: 'ended';
            };
            expect(ended.trace.strongest.length).toBeGreaterThan(0);
            expect(ended.trace.pieces.map((one) => one.text).join('')).toContain(expected[side]);
            expect(ended.spans.at(-1)!.to).toBe(ended.trace.strongest.length);
        }
        expect(expected[0]).not.toBe(expected[1]);
    });

    it.each([
        ['specific', 0.52],
        ['specific+related', 0.27],
    ] as const)('change the first of the %s neurons of the dose curves: a share of %d', async (set, share) => {
        const ranking = rankNeurons(await readActivations(run), analysis);
        const own = neuronsOf(analysis, 'de', set);
        const count = Math.round(share * own.length);
        const first = live.firstOf('de', set, share);
        expect(first).toHaveLength(count);
        expect(first).toEqual(
            ranking.perLanguage.de!.filter((one) => own.some((other) => String(other) === String(one))).slice(0, count),
        );
        // As many of all neurons, as a dose counts them, where the set is what is ranked first.
        if (set === 'specific+related')
            expect(firstRanked(ranking, 'de', count / ranking.total)).toEqual(first.toSorted(comparePlaces));
        const events = (await ask<AskEvent>('ask', { ...question, set, share })) as AskEvent[];
        const { edit } = modelState({ name: 'x', interventions: [{ neurons: first, op: 'zero' }] }, engine);
        for await (const { text: expected } of engine.generate([{ text: question.text, id: 0, edit: 0 }], {
            edits: [edit],
            maxTokens: 12,
        })) {
            const grown = events.filter((one) => one.kind === 'grew' && one.side === 1);
            expect(grown.map((one) => (one as { text: string }).text).join('')).toContain(expected);
        }
    });

    it('answer once where nothing changes', async () => {
        for (const nothing of [{ factor: 1 }, { languages: [] }, { share: 0 }]) {
            const events = (await ask<AskEvent>('ask', { ...question, ...nothing })) as AskEvent[];
            expect(new Set(events.map(({ side }) => side))).toEqual(new Set([0]));
        }
    });

    it('measure what removing one neuron does, the whole model once', async () => {
        const first = (await ask<RemovalEvent>('removal', { neuron: 5 })) as RemovalEvent[];
        expect(first.map(({ language }) => language)).toEqual(analysis.languages);
        for (const { whole, without, change, interval } of first) {
            expect(Math.log(whole / without)).toBeCloseTo(change, 6);
            expect(interval === null || (interval[0] <= change && change <= interval[1])).toBe(true);
        }
        const scoring = vi.spyOn(engine, 'score');
        expect(await ask('removal', { neuron: 5 })).toEqual(first);
        expect(scoring).toHaveBeenCalledTimes(analysis.languages.length);
        scoring.mockRestore();
    });

    it('refuse in one line what they cannot answer', async () => {
        const most = live.facts.mostTokens;
        const refusals: [path: string, body: object, why: RegExp][] = [
            ['sentence', { text: '' }, /^the text is empty; write some$/],
            [
                'sentence',
                { text: 'a '.repeat(4 * most) },
                new RegExp(`^the text has \\d+ tokens; give at most ${most}$`),
            ],
            ['ask', { ...question, languages: ['xx'] }, /^the analysis has no language xx, only en, de, zh$/],
            ['ask', { ...question, neurons: [10 ** 9] }, /^the model has no neuron 1000000000/],
            ['removal', { neuron: 10 ** 9 }, /^the model has no neuron 1000000000/],
        ];
        for (const [path, body, why] of refusals)
            expect(await ask(path, body)).toEqual([{ kind: 'failed', message: expect.stringMatching(why) as string }]);
        const wrong: [body: unknown, status: number][] = [
            [{ text: 7 }, 400],
            [{ text: 'a', more: 1 }, 400],
            [{ text: '\ud800' }, 400],
            [{ text: 'x'.repeat(70_000) }, 413],
        ];
        for (const [payload, status] of wrong) {
            const answer = await app.inject({
                method: 'POST',
                url: '/token/live/sentence',
                payload: payload as object,
            });
            expect(answer.statusCode).toBe(status);
            expect(answer.body).not.toContain('\\n');
        }
    });

    it('let in only what knows the token, is of this machine, and sends JSON', async () => {
        const post = (url: string, headers: Record<string, string>) =>
            app.inject({ method: 'POST', url, payload: JSON.stringify({ text }), headers });
        const json = { 'content-type': 'application/json' };
        expect((await post('/other/live/sentence', json)).statusCode).toBe(404);
        expect((await post('/token/live/sentence', { ...json, origin: 'https://a.example' })).statusCode).toBe(403);
        expect((await post('/token/live/sentence', { ...json, host: 'a.example' })).statusCode).toBe(403);
        expect((await post('/token/live/sentence', { 'content-type': 'text/plain' })).statusCode).toBe(415);
    });

    it('stop when their reader leaves, and answer the next one', async () => {
        const address = await app.listen({ host: '127.0.0.1', port: 0 });
        const gone = new AbortController();
        const body = JSON.stringify({ neuron: 3 });
        const headers = { 'content-type': 'application/json' };
        const left = await fetch(`${address}/token/live/removal`, {
            method: 'POST',
            body,
            headers,
            signal: gone.signal,
        });
        const reader = left.body!.getReader();
        gone.abort();
        await expect(reader.read()).rejects.toThrow(/abort/);
        expect(await ask('sentence', { text: 'a' })).toMatchObject([{ kind: 'traced' }]);
    });
});

it('are of the model that was analysed', async () => {
    using engine = await Engine.open({ model: models['one with experts'], gpu: 'off', threads: 1 });
    await expect(LiveModel.open(join(folder, 'a dense model'), { engine, data: [] })).rejects.toMatchObject({
        code: 'MISMATCH',
    });
});

describe('the command', () => {
    const model = ['--model', embeddedModel, '--gpu', 'off', '--threads', '1'];
    const run = join(folder, 'a dense model');

    it('opens the model, answers, and ends at Ctrl-C', async () => {
        const { child, ended } = startCli(['explore', run, ...model, '--data', 'udhr:3-6']);
        const url = await new Promise<string>((found, fail) => {
            let words = '';
            child.stderr!.on('data', (part: string) => {
                const [, at] = /at (http\S+);/.exec((words += part)) ?? [];
                if (at !== undefined) found(at);
            });
            void ended.then(({ stderr }) => fail(new Error(stderr)));
        });
        const headers = { 'content-type': 'application/json' };
        const answer = await fetch(`${url}live/sentence`, { method: 'POST', body: JSON.stringify({ text }), headers });
        expect(await answer.json()).toMatchObject({ kind: 'traced' });
        child.kill('SIGINT');
        expect((await ended).code).toBe(0);
    });

    it('says what is wrong before it serves', async () => {
        const wrong: [args: string[], why: RegExp][] = [
            [[...model, '--data', 'nowhere'], /nowhere: no such file or folder/],
            [['--model', models['one with experts'], '--gpu', 'off'], /one with experts|experts\.gguf/],
        ];
        for (const [args, why] of wrong) {
            const { code, stderr } = await cli('explore', run, ...args);
            expect(code).not.toBe(0);
            expect(stderr).toMatch(why);
        }
    });
});
