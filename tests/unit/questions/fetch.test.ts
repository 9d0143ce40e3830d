import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openCorpus } from '../../../src/data/openCorpus.js';
import { type Progress, silent } from '../../../src/support/progress.js';
import { fetchQuestions, isCached } from '../../../src/questions/sources/fetchQuestions.js';
import { openQuestions } from '../../../src/questions/sources/openQuestions.js';
import { type QuestionHome, questionHomes } from '../../../src/questions/sources/questionHomes.js';

const data = process.env.LANGUAGE_NEURONS_DATA ?? resolve('../shared/data');
const mgsm = join(data, 'mgsm');
const msvamp = join(data, 'msvamp');
const rows = (key: string): string =>
    Array.from({ length: 1000 }, (_, i) =>
        JSON.stringify({ [key]: `How many are ${i} and 1?`, response: `${i + 1}.0` }),
    ).join('\n');
const german = rows('m_query');
const english = rows('query');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
/** A dataset of the form of MSVAMP, served by the test. */
const home: QuestionHome = {
    url: 'http://127.0.0.1:9/never',
    questions: 1000,
    files: {
        de: { file: 'test_German.json', sha256: sha256(german) },
        en: { file: 'test_English.json', sha256: sha256(english) },
    },
};

describe('questions by name', () => {
    let server: Server;
    let files: Record<string, string | Buffer | ((response: ServerResponse) => void)>;
    let asked: string[];
    let folder: string;
    let mirror: string;
    beforeAll(async () => {
        server = createServer((request, response) => {
            asked.push(request.url!);
            const body = files[request.url!];
            if (typeof body === 'function') body(response);
            else response.writeHead(body === undefined ? 404 : 200).end(body);
        });
        await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
        mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}/data/`;
    });
    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), 'language-neurons-'));
        vi.stubEnv('LANGUAGE_NEURONS_MIRROR', mirror);
        vi.stubEnv('LANGUAGE_NEURONS_CACHE', folder);
        files = {};
        asked = [];
        return () => rmSync(folder, { recursive: true });
    });
    afterAll(() => {
        server.close();
        server.closeAllConnections();
        vi.unstubAllEnvs();
    });

    it('are fetched, with progress, and kept', async () => {
        files = { '/data/test/test_English.json': english, '/data/test/test_German.json': german };
        const told: string[] = [];
        const progress: Progress = {
            stage: (label, total) => told.push(`${label}: ${total}`),
            advance: (n) => told.push(String(n)),
            note: () => undefined,
            done: () => told.push('done'),
        };
        const cached = await fetchQuestions('test', { languages: ['de', 'en'], progress }, home);
        expect(cached).toBe(join(folder, 'test'));
        const questions = await openQuestions(cached);
        expect(await questions.inLanguage('de')).toHaveLength(1000);
        expect((await questions.inLanguage('en'))[41]).toEqual({
            language: 'en',
            index: 41,
            text: 'How many are 41 and 1?',
            answer: 42,
        });
        expect(asked).toHaveLength(2);
        expect(told).toEqual(['fetch test: 2', '1', '1', 'done']);
        await fetchQuestions('test', { progress }, home);
        expect(asked).toHaveLength(2); // the second time from the cache

        const corpus = await openCorpus(cached, { languages: ['en'] });
        const texts: string[] = [];
        for await (const { prompt, response } of corpus.samples('en')) texts.push(prompt + response);
        expect(texts).toHaveLength(1000);
        expect(texts[2]).toBe('How many are 2 and 1?');
    });

    it.each<{ what: string; body: () => string }>([
        { what: 'one row is missing', body: () => english.slice(0, english.lastIndexOf('\n')) },
        { what: 'one row is added', body: () => `${english}\n${english.split('\n')[0]}` },
        { what: 'one digit is another', body: () => english.replace('"999.0"', '"998.0"') },
        { what: 'another page came', body: () => '<html>Please log in</html>' },
        { what: 'nothing came', body: () => '' },
    ])('are refused where $what, and nothing is kept', async ({ body }) => {
        files = { '/data/test/test_English.json': body() };
        await expect(fetchQuestions('test', { languages: ['en'], progress: silent }, home)).rejects.toMatchObject({
            code: 'DAMAGED',
            message: expect.stringMatching(
                /^[^\n]*test_English\.json: is not the file known as test \(sha256 [0-9a-f]{64} instead of [^\n]*`data`$/,
            ),
        });
        expect(existsSync(join(folder, 'test', 'test_English.json'))).toBe(false);
    });

    it('of the names we know are known to the byte, each file at one commit', async () => {
        for (const [name, { url, files: known }] of Object.entries(questionHomes)) {
            expect(url, name).toMatch(/^https:\/\/[^ ]*\/[0-9a-f]{40}\//);
            const hashes = Object.values(known).map(({ sha256 }) => sha256);
            expect(
                hashes.filter((hash) => /^[0-9a-f]{64}$/.test(hash)),
                name,
            ).toHaveLength(new Set(hashes).size);
            files[`/data/${name}/${known.en!.file}`] = english;
            await expect(openQuestions(name, { languages: ['en'] }), name).rejects.toMatchObject({ code: 'DAMAGED' });
            expect(existsSync(join(folder, name, known.en!.file))).toBe(false);
        }
    });

    it('that go on without end are cut off', async () => {
        let sent = 0;
        let closed = false;
        files['/data/test/test_English.json'] = (response) => {
            const chunk = Buffer.alloc(64 * 1024, 'x');
            response.on('close', () => (closed = true));
            const send = (): void => {
                for (let room = true; room && !closed; sent += chunk.length) room = response.write(chunk);
            };
            response.writeHead(200).on('drain', send);
            send();
        };
        await expect(fetchQuestions('test', { languages: ['en'], progress: silent }, home)).rejects.toMatchObject({
            code: 'DAMAGED',
            message: expect.stringMatching(/test_English\.json: is longer than 4 MiB[^\n]*`data`$/),
        });
        await vi.waitFor(() => expect(closed).toBe(true));
        expect(sent).toBeLessThan(24e6); // 8.2 MB: 4 MiB, and what the sockets hold
    });

    it('that are cut off on their way are refused', async () => {
        files['/data/test/test_English.json'] = (response) => {
            response.writeHead(200, { 'content-length': english.length });
            response.write(english.slice(0, 1000), () => response.destroy());
        };
        await expect(fetchQuestions('test', { languages: ['en'], progress: silent }, home)).rejects.toMatchObject({
            code: 'NOT_FOUND',
            message: expect.stringContaining('test_English.json'),
        });
        expect(existsSync(join(folder, 'test', 'test_English.json'))).toBe(false);
    });

    it('that are stopped while they come end at once', async () => {
        files['/data/test/test_English.json'] = (response) => response.writeHead(200).write('x'); // and no more
        const stop = new AbortController();
        setTimeout(() => stop.abort(), 300);
        const begin = performance.now();
        await expect(
            fetchQuestions('test', { languages: ['en'], signal: stop.signal, progress: silent }, home),
        ).rejects.toMatchObject({ code: 'ABORTED' });
        expect(performance.now() - begin).toBeLessThan(2300); // 302 ms; a stop is to end within 2 s
    });

    it('that were changed in the cache are DAMAGED, with the mend', async () => {
        files = { '/data/test/test_English.json': english };
        await fetchQuestions('test', { languages: ['en'], progress: silent }, home);
        const path = join(folder, 'test', 'test_English.json');
        expect(await isCached(join(folder, 'test'), 'test', 'en', home)).toBe(true);
        expect(await isCached(join(folder, 'test'), 'test', 'de', home)).toBe(false);
        writeFileSync(path, english.replace('"999.0"', '"998.0"'));
        const changed = {
            code: 'DAMAGED',
            message: expect.stringMatching(
                /test_English\.json: is not the file known as test \(.*\); delete it, and it is fetched again$/,
            ),
        };
        await expect(fetchQuestions('test', { languages: ['en'], progress: silent }, home)).rejects.toMatchObject(
            changed,
        );
        await expect(isCached(join(folder, 'test'), 'test', 'en', home)).rejects.toMatchObject(changed);
        rmSync(path);
        await fetchQuestions('test', { languages: ['en'], progress: silent }, home);
        // The same by the names we know: what an earlier version of this tool, or a hand, left there.
        mkdirSync(join(folder, 'mgsm'));
        writeFileSync(
            join(folder, 'mgsm', 'mgsm_en.tsv'),
            Array.from({ length: 250 }, (_, i) => `What is ${i}?\t${i}`).join('\n'),
        );
        await expect(openQuestions('mgsm', { languages: ['en'] })).rejects.toMatchObject({
            code: 'DAMAGED',
            message: expect.stringContaining('delete it'),
        });
    });

    it('that cannot be had are NOT_FOUND in one line that names the mend', async () => {
        await expect(openQuestions('mgsm', { languages: ['en'] })).rejects.toMatchObject({
            code: 'NOT_FOUND',
            message: expect.stringMatching(/^[^\n]*mgsm_en\.tsv[^\n]*404[^\n]*`data`[^\n]*$/),
        });
        await expect(openQuestions('mgsm', { languages: ['xx'] })).rejects.toMatchObject({
            code: 'NOT_FOUND',
            message: expect.stringContaining('xx'),
        });
        vi.stubEnv('LANGUAGE_NEURONS_MIRROR', 'http://127.0.0.1:9');
        await expect(openQuestions('mgsm', { languages: ['en'] })).rejects.toMatchObject({
            code: 'NOT_FOUND',
            message: expect.stringContaining('127.0.0.1'),
        });
        await expect(openQuestions('msvamp', { languages: ['en'], signal: AbortSignal.abort() })).rejects.toMatchObject(
            { code: 'ABORTED' },
        );
    });

    it.skipIf(!existsSync(mgsm))(
        'of MGSM are the published ones, also while they are used (skipped without ../shared/data)',
        async () => {
            for (const language of ['en', 'bn', 'te'])
                files[`/data/mgsm/mgsm_${language}.tsv`] = readFileSync(join(mgsm, `mgsm_${language}.tsv`));
            const questions = await openQuestions('mgsm', { languages: ['en', 'bn', 'te'] });
            expect(questions).toMatchObject({
                name: 'mgsm',
                sources: [{ name: 'mgsm' }],
                languages: ['en', 'bn', 'te'],
            });
            for (const language of questions.languages) expect(await questions.inLanguage(language)).toHaveLength(250);
            const path = join(folder, 'mgsm', 'mgsm_en.tsv');
            writeFileSync(path, readFileSync(path, 'utf8').replace(/\d\n/, '7\n7\t7\n'));
            await expect(questions.inLanguage('en')).rejects.toMatchObject({
                code: 'DAMAGED',
                message: expect.stringContaining('mgsm_en.tsv'),
            });
        },
    );

    it.skipIf(!existsSync(msvamp))(
        'of MSVAMP are the published ones (skipped without ../shared/data/msvamp)',
        async () => {
            for (const { file } of Object.values(questionHomes.msvamp!.files))
                files[`/data/msvamp/${file}`] = readFileSync(join(msvamp, file));
            const questions = await openQuestions('msvamp');
            expect(questions.languages).toHaveLength(10);
            const answers = (await questions.inLanguage('en')).map(({ answer }) => answer);
            for (const language of questions.languages)
                expect(
                    (await questions.inLanguage(language)).map(({ answer }) => answer),
                    language,
                ).toEqual(answers);
        },
    );
});
