import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Corpus } from '../../../src/corpus/Corpus.js';
import { SampleDigest } from '../../../src/corpus/SampleDigest.js';
import { openCorpus } from '../../../src/data/openCorpus.js';
import { openQuestions } from '../../../src/questions/sources/openQuestions.js';
import { surveyCorpus } from '../../../src/activations/surveyCorpus.js';
import { heldBytes } from '../../helpers/heldBytes.js';

let root: string;
beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'language-neurons-'));
});
afterAll(() => rm(root, { recursive: true }));

async function texts(corpus: Corpus, language: string): Promise<string[]> {
    const list: string[] = [];
    for await (const { response } of corpus.samples(language)) list.push(response);
    return list;
}

async function folderOf(name: string, files: Record<string, string>): Promise<string> {
    const path = join(root, name);
    await mkdir(path, { recursive: true });
    for (const [file, content] of Object.entries(files)) await writeFile(join(path, file), content);
    return path;
}

describe('several sources', () => {
    it('of all kinds are read one after another, language by language', async () => {
        const folder = await folderOf('texts', { 'en.txt': 'one\ntwo', 'de.txt': 'eins' });
        const file = join(root, 'more.jsonl');
        await writeFile(
            file,
            '{"language":"sw","text":"moja"}\n{"language":"de","text":"drei"}\n{"language":"en","text":"three"}\n',
        );
        const corpus = await openCorpus([folder, file, 'udhr:30-30']);
        expect(corpus.name).toBe(`${folder} + ${file} + udhr:30-30`);
        expect(corpus.languages).toEqual(['en', 'de']); // the first source's
        expect(await texts(corpus, 'en')).toEqual(['one', 'two', 'three', expect.stringMatching(/^Nothing in this/)]);
        expect((await texts(corpus, 'de')).slice(0, 2)).toEqual(['eins', 'drei']);
        expect((await openCorpus([file, folder], { languages: ['de'] })).languages).toEqual(['de']);
    });

    it('are told in order, with absolute paths of what is on the disk', async () => {
        const folder = await folderOf('told', { 'en.txt': 'one' });
        const problems = await folderOf('problems', { 'mgsm_en.tsv': 'One and one?\t2\n' });
        const file = join(root, 'told.jsonl');
        await writeFile(file, '{"language":"en","text":"three"}\n');
        const answers = join(root, 'told.json');
        await writeFile(answers, '[{"lang": "English", "instruction": "Q", "answers": [{"generated": "A"}]}]');
        const fromHere = relative('', folder);
        const corpus = await openCorpus([fromHere, file, 'udhr:30-30', problems, answers]);
        expect(corpus.sources).toEqual([
            { name: fromHere, path: folder },
            { name: file, path: file },
            { name: 'udhr:30-30' },
            { name: problems, path: problems },
            { name: answers, path: answers },
        ]);
        expect((await openCorpus('udhr')).sources).toEqual([{ name: 'udhr' }]);
        expect((await openQuestions(problems)).sources).toEqual([{ name: problems, path: problems }]);
    });

    it('one of which lacks a language are a MISMATCH that names it and the source', async () => {
        const [both, one] = [
            await folderOf('both', { 'en.txt': 'x', 'ru.txt': 'x' }),
            await folderOf('one', { 'en.txt': 'x' }),
        ];
        await expect(openCorpus([both, one])).rejects.toMatchObject({
            code: 'MISMATCH',
            message: expect.stringMatching(/one.*ru/),
        });
        await expect(openCorpus([both, one], { languages: ['en', 'ru'] })).rejects.toMatchObject({ code: 'MISMATCH' });
        await expect(openCorpus(['udhr', one])).rejects.toMatchObject({ code: 'MISMATCH' });
        await expect(openCorpus([one, both], { languages: ['ru'] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
        await expect(openCorpus([one, both], { languages: ['en', 'en'] })).rejects.toMatchObject({ code: 'WRONG_USE' });
        await expect(openCorpus([one, both, 'udhr:1'])).rejects.toMatchObject({ code: 'WRONG_USE' });
    });

    it('of another format are UNSUPPORTED', async () => {
        await writeFile(join(root, 'texts.csv'), 'language,text\n');
        await expect(openCorpus(join(root, 'texts.csv'))).rejects.toMatchObject({
            code: 'UNSUPPORTED',
            message: expect.stringContaining('texts.csv'),
        });
    });
});

describe('a large file', () => {
    const megabyte = 'Ein Satz, der oft vorkommt, Zeile für Zeile.\n'.repeat(22_310); // 46 bytes each

    it('of texts, folder or JSONL, is never held whole', async () => {
        const folder = await folderOf('large', {});
        const large = join(root, 'large.jsonl');
        const jsonLine = `{"language":"de","text":"${'ü'.repeat(1000)}"}\n`;
        for (const { path, file, lines, characters, lookEvery } of [
            {
                ...{ path: folder, file: join(folder, 'de.txt'), lines: megabyte },
                ...{ characters: megabyte.length - 22_310, lookEvery: 60_000 },
            },
            { path: large, file: large, lines: jsonLine.repeat(500), characters: 500 * 1000, lookEvery: 1500 },
        ]) {
            await using written = await open(file, 'w');
            for (let i = 0; i < 24; i++) await written.writeFile(lines);
            const before = heldBytes();
            let [read, all, most, looks] = [0, 0, 0, 0];
            for await (const { response } of (await openCorpus(path)).samples('de')) {
                all += response.length;
                if (++read % lookEvery !== 0) continue;
                most = Math.max(most, heldBytes() - before);
                looks++;
            }
            expect(all, path).toBe(24 * characters);
            expect(looks, path).toBe(8);
            expect(most, path).toBeLessThan(6e6); // 1.2 MB, and 2.4 in another run, of 25
        }
    });
});

describe('digests', () => {
    const digest = (samples: readonly (readonly [string, string])[]): string => {
        const all = new SampleDigest();
        for (const [prompt, response] of samples) all.add({ language: 'en', prompt, response });
        return all.hex();
    };
    const samples = fc.array(
        fc.tuple(
            fc.string({ unit: fc.constantFrom('1', ':', 'a', 'é') }),
            fc.string({ unit: fc.constantFrom('1', ':', 'a', 'é') }),
        ),
        { maxLength: 3 },
    );

    it('of a set are equal only for the same samples in any order, as often as they are there', () => {
        const set = (of: readonly (readonly [string, string])[]): string => {
            const all = new SampleDigest();
            for (const [prompt, response] of of) all.add({ language: 'en', prompt, response });
            return all.set();
        };
        const sorted = (of: readonly (readonly [string, string])[]): string =>
            JSON.stringify(of.map((sample) => JSON.stringify(sample)).toSorted());
        fc.assert(
            fc.property(samples, samples, (a, b) => {
                expect(set(a)).toBe(set(a.toReversed()));
                expect(set(a) === set(b)).toBe(sorted(a) === sorted(b));
            }),
            { numRuns: 300 },
        );
        expect(set([['', 'x']])).not.toBe(set(Array.from({ length: 3 }, () => ['', 'x'] as const)));
        expect(set([['', 'x']])).toMatch(/^[0-9a-f]{64}$/);
    });

    it('are equal only for the same samples, boundaries included', () => {
        fc.assert(
            fc.property(samples, samples, (a, b) => {
                expect(digest(a) === digest(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
            }),
            { numRuns: 300 },
        );
        // The same characters, and lengths that look alike written out.
        expect(digest([['', '1:a']])).not.toBe(digest([['1', ':a']]));
        expect(
            digest([
                ['a', ''],
                ['', 'a'],
            ]),
        ).not.toBe(digest([['a', 'a']]));
    });

    it('of a survey depend on texts, languages and their order, not on the kind of source', async () => {
        const folder = await folderOf('survey', { 'en.txt': 'one\r\n\r\ntwo', 'de.txt': 'größer' });
        const file = join(root, 'survey.jsonl');
        await writeFile(
            file,
            '{"language":"de","text":"größer"}\n{"language":"en","text":"one"}\n{"language":"en","text":"two"}',
        );
        const survey = await surveyCorpus(await openCorpus(folder));
        expect(survey.languages.get('en')).toMatchObject({ samples: 2, characters: 6 });
        expect(survey.languages.get('de')).toMatchObject({ samples: 1, characters: 6 });
        expect(await surveyCorpus(await openCorpus(file))).toEqual(survey);
        expect((await surveyCorpus(await openCorpus(file, { languages: ['de', 'en'] }))).hash).not.toBe(survey.hash);
        await expect(surveyCorpus(await openCorpus(file), AbortSignal.abort())).rejects.toMatchObject({
            code: 'ABORTED',
        });
    });
});
