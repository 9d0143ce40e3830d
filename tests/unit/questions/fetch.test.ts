import { createServer, type Server } from 'node:http';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openCorpus } from '../../../src/corpus/openCorpus.js';
import { openQuestions } from '../../../src/questions/openQuestions.js';
import type { Progress } from '../../../src/progress.js';

const mgsm = join(process.env.LANGUAGE_NEURONS_DATA ?? resolve('../shared/data'), 'mgsm');
const rows = (key: string, n = 1000): string => Array.from({ length: n }, (_, i) => JSON.stringify({ [key]: `How many are ${i} and 1?`, response: `${i + 1}.0` })).join('\n');

describe('questions by name', () => {
    let server: Server;
    let files: Record<string, string | Buffer>;
    let asked: string[];
    let folder: string;
    beforeAll(async () => {
        server = createServer((request, response) => {
            asked.push(request.url!);
            const body = files[request.url!];
            response.writeHead(body === undefined ? 404 : 200).end(body);
        });
        await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
        vi.stubEnv('LANGUAGE_NEURONS_MIRROR', `http://127.0.0.1:${(server.address() as AddressInfo).port}/data/`);
    });
    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), 'language-neurons-'));
        vi.stubEnv('LANGUAGE_NEURONS_CACHE', folder);
        files = {};
        asked = [];
        return () => rmSync(folder, { recursive: true });
    });
    afterAll(() => {
        server.close();
        vi.unstubAllEnvs();
    });

    it('are fetched, with progress, and kept', async () => {
        files = { '/data/msvamp/test_English.json': rows('query'), '/data/msvamp/test_German.json': rows('m_query') };
        const told: string[] = [];
        const progress: Progress = { stage: (label, total) => told.push(`${label}: ${total}`), advance: (n) => told.push(String(n)), note: () => undefined, done: () => told.push('done') };
        const questions = await openQuestions('msvamp', { languages: ['de', 'en'], progress });
        expect(questions).toMatchObject({ name: 'msvamp', sources: [{ name: 'msvamp' }], languages: ['de', 'en'] });
        expect(await questions.of('de')).toHaveLength(1000);
        expect((await questions.of('en'))[41]).toEqual({ language: 'en', index: 41, text: 'How many are 41 and 1?', answer: 42 });
        expect(asked).toHaveLength(2);
        expect(told).toEqual(['fetch msvamp: 2', '1', '1', 'done']);
        await openQuestions('msvamp', { languages: ['en'] });
        expect(asked).toHaveLength(2); // the second time from the cache

        const corpus = await openCorpus('msvamp', { languages: ['en'] });
        const texts: string[] = [];
        for await (const { prompt, response } of corpus.samples('en')) texts.push(prompt + response);
        expect(texts).toHaveLength(1000);
        expect(texts[2]).toBe('How many are 2 and 1?');
    });

    it('that are not what they should be are refused, and nothing is kept', async () => {
        files = { '/data/msvamp/test_English.json': rows('query', 999), '/data/mgsm/mgsm_en.tsv': Array.from({ length: 250 }, (_, i) => `What is ${i}?\t${i}`).join('\n') };
        await expect(openQuestions('msvamp', { languages: ['en'] })).rejects.toMatchObject({ code: 'DAMAGED', message: expect.stringContaining('test_English.json') });
        await expect(openQuestions('mgsm', { languages: ['en'] })).rejects.toMatchObject({ code: 'DAMAGED' }); // MGSM is known to the byte
        expect(existsSync(join(folder, 'mgsm', 'mgsm_en.tsv'))).toBe(false);
    });

    it('that cannot be had are NOT_FOUND in one line that names the mend', async () => {
        await expect(openQuestions('mgsm', { languages: ['en'] })).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.stringMatching(/^[^\n]*mgsm_en\.tsv[^\n]*404[^\n]*--data[^\n]*$/) });
        await expect(openQuestions('mgsm', { languages: ['xx'] })).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('xx') });
        vi.stubEnv('LANGUAGE_NEURONS_MIRROR', 'http://127.0.0.1:9');
        await expect(openQuestions('mgsm', { languages: ['en'] })).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('127.0.0.1') });
        vi.stubEnv('LANGUAGE_NEURONS_MIRROR', `http://127.0.0.1:${(server.address() as AddressInfo).port}/data/`);
        await expect(openQuestions('msvamp', { languages: ['en'], signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
    });

    it.skipIf(!existsSync(mgsm))('of MGSM are the published ones (skipped without ../shared/data)', async () => {
        for (const language of ['en', 'bn', 'te']) files[`/data/mgsm/mgsm_${language}.tsv`] = readFileSync(join(mgsm, `mgsm_${language}.tsv`));
        const questions = await openQuestions('mgsm', { languages: ['en', 'bn', 'te'] });
        for (const language of questions.languages) expect(await questions.of(language)).toHaveLength(250);
    });
});
