import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Corpus, Sample } from '../../../src/corpus/Corpus.js';
import { SampleDigest } from '../../../src/corpus/SampleDigest.js';
import { openCorpus } from '../../../src/data/openCorpus.js';
import { heldBytes } from '../../helpers/heldBytes.js';
import { temporaryFolder } from '../../helpers/temporaryFolder.js';

const folder = temporaryFolder();

async function texts(corpus: Corpus, language: string): Promise<string[]> {
    const list: string[] = [];
    for await (const { response } of corpus.samples(language)) list.push(response);
    return list;
}

function folderOf(name: string, files: Record<string, string | Buffer>): string {
    const path = join(folder, name);
    mkdirSync(path);
    for (const [file, content] of Object.entries(files)) writeFileSync(join(path, file), content);
    return path;
}

describe('udhr', () => {
    it("has the paper's languages, a preamble and thirty articles in each", async () => {
        const corpus = await openCorpus('udhr');
        expect(corpus.languages).toEqual(['en', 'ru', 'es', 'fr', 'de', 'zh', 'ja', 'bn', 'th', 'sw']);
        for (const language of corpus.languages) {
            const all = await texts(corpus, language);
            expect(all, language).toHaveLength(31);
            expect(Math.min(...all.map((text) => text.length)), language).toBeGreaterThan(10);
        }
        expect((await texts(corpus, 'en'))[30]).toMatch(/^Nothing in this Declaration/);
        expect((await texts(corpus, 'en')).join()).not.toContain('Article 1');
    });

    it('takes a range of articles', async () => {
        const corpus = await openCorpus('udhr:25-30', { languages: ['de', 'en'] });
        expect(corpus.languages).toEqual(['de', 'en']);
        expect(await texts(corpus, 'de')).toHaveLength(6);
    });

    it('knows other languages by their tags, and says which it lacks', async () => {
        const corpus = await openCorpus('udhr', { languages: ['it', 'por', 'tha2'] });
        expect((await texts(corpus, 'it'))[1]).toContain('Tutti gli esseri umani');
        await expect(openCorpus('udhr', { languages: ['en', 'klingon'] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
        await expect(openCorpus('udhr', { languages: ['en', 'en'] })).rejects.toMatchObject({ code: 'WRONG_USE' });
        await expect(openCorpus('udhr:5')).rejects.toMatchObject({ code: 'WRONG_USE' });
    });
});

describe('a folder of texts', () => {
    it('gives non-blank lines, whatever their ends, without a byte-order mark', async () => {
        const corpus = await openCorpus(
            folderOf('plain', {
                'de.txt': '\ufeffeins\r\n\r\nzwei\n  \ndrei',
                'en.txt': 'one\n',
                'xx.txt': 'x',
                'notes.md': '',
            }),
        );
        expect(corpus.languages).toEqual(['en', 'de', 'xx']);
        expect(await texts(corpus, 'de')).toEqual(['eins', 'zwei', 'drei']);
    });

    it('survives characters cut by the edges of what is read at once', async () => {
        const line = '人人有权享有言论自由。'.repeat(9000); // several 64 KiB reads, at odd places
        const corpus = await openCorpus(folderOf('long', { 'zh.txt': `a${line}\n${line}\n` }));
        expect(await texts(corpus, 'zh')).toEqual([`a${line}`, line]);
    });

    it('names the file and line of what is wrong', async () => {
        const path = folderOf('wrong', { 'en.txt': Buffer.from([0x61, 0x0a, 0xff, 0xfe, 0x0a]), 'de.txt': '\n \n' });
        const corpus = await openCorpus(path);
        await expect(texts(corpus, 'en')).rejects.toMatchObject({
            code: 'ENCODING',
            message: expect.stringMatching(/en\.txt: line 2/),
        });
        await expect(texts(corpus, 'de')).rejects.toMatchObject({
            code: 'EMPTY',
            message: expect.stringContaining('de.txt'),
        });
        await expect(openCorpus(path, { languages: ['fr'] })).rejects.toMatchObject({
            code: 'NOT_FOUND',
            message: expect.stringContaining('en, de'),
        });
        await expect(openCorpus(folderOf('bare', {}))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('is read as a stream', async () => {
        const line = `${'x'.repeat(999)}\n`;
        const corpus = await openCorpus(folderOf('large', { 'en.txt': line.repeat(100_000) })); // 100 MB
        const before = heldBytes();
        let [read, most] = [0, 0];
        for await (const _ of corpus.samples('en')) {
            if (++read % 10_000 === 0) most = Math.max(most, heldBytes() - before);
        }
        expect(read).toBe(100_000);
        expect(most).toBeLessThan(8e6); // 2.2 MB of 100
    });
});

describe('JSONL', () => {
    const file = (name: string, ...lines: unknown[]): string => {
        const path = join(folder, name);
        writeFileSync(path, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
        return path;
    };

    it('gives texts, and prompts with responses', async () => {
        const corpus = await openCorpus(
            file('good.jsonl', { language: 'de', text: 'eins' }, '', { language: 'en', prompt: 'Q: ', response: 'A' }),
        );
        expect(corpus.languages).toEqual(['en', 'de']);
        const samples: Sample[] = [];
        for await (const sample of corpus.samples('en')) samples.push(sample);
        expect(samples).toEqual([{ language: 'en', prompt: 'Q: ', response: 'A' }]);
        expect(await texts(corpus, 'de')).toEqual(['eins']);
    });

    it('names the line that is wrong', async () => {
        for (const wrong of ['{"language": "en"', { language: 'en' }, { text: 'x' }, '[]']) {
            await expect(openCorpus(file('bad.jsonl', { language: 'en', text: 'x' }, wrong))).rejects.toMatchObject({
                code: 'DAMAGED',
                message: expect.stringContaining('line 2'),
            });
        }
        await expect(openCorpus(file('none.jsonl', ''))).rejects.toMatchObject({ code: 'EMPTY' });
    });
});

describe('several sources', () => {
    it('are read one after another', async () => {
        const corpus = await openCorpus([
            folderOf('first', { 'en.txt': 'one' }),
            folderOf('second', { 'en.txt': 'two', 'de.txt': 'zwei' }),
        ]);
        expect(corpus.languages).toEqual(['en']);
        expect(await texts(corpus, 'en')).toEqual(['one', 'two']);
    });

    it('must all have the languages', async () => {
        const [both, one] = [folderOf('both', { 'en.txt': 'x', 'de.txt': 'x' }), folderOf('one', { 'en.txt': 'x' })];
        await expect(openCorpus([both, one])).rejects.toMatchObject({
            code: 'MISMATCH',
            message: expect.stringContaining('de'),
        });
        await expect(openCorpus([])).rejects.toMatchObject({ code: 'WRONG_USE' });
        await expect(openCorpus(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });
});

it('a digest changes with the boundary between prompt and response', () => {
    const digest = (...samples: [string, string][]): string => {
        const all = new SampleDigest();
        for (const [prompt, response] of samples) all.add({ language: 'en', prompt, response });
        return all.hex();
    };
    const variants = [
        digest(['', 'ab']),
        digest(['a', 'b']),
        digest(['', 'a'], ['', 'b']),
        digest(['', 'b'], ['', 'a']),
    ];
    expect(new Set(variants).size).toBe(variants.length);
    expect(digest(['', 'ab'])).toBe(variants[0]);
});
