import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Corpus, Sample } from '../../../src/corpus/Corpus.js';
import { openCorpus } from '../../../src/data/openCorpus.js';
import { silent } from '../../../src/support/progress.js';
import { floresCodes } from '../../helpers/floresCodes.js';

let root: string;
beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'language-neurons-'));
});
afterAll(() => rm(root, { recursive: true }));

async function read(corpus: Corpus, language: string): Promise<Sample[]> {
    const samples: Sample[] = [];
    for await (const sample of corpus.samples(language)) samples.push(sample);
    return samples;
}

async function texts(corpus: Corpus, language: string): Promise<string[]> {
    return (await read(corpus, language)).map(({ response }) => response);
}

async function folderOf(name: string, files: Record<string, string | Buffer>): Promise<string> {
    const path = join(root, name);
    await mkdir(path, { recursive: true });
    for (const [file, content] of Object.entries(files)) await writeFile(join(path, file), content);
    return path;
}

async function jsonl(name: string, ...lines: unknown[]): Promise<string> {
    const path = join(root, name);
    await writeFile(path, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
    return path;
}

describe('FLORES-200', () => {
    it('is read by its file names, lines as they stand', async () => {
        const folder = await folderOf('flores', {
            'eng_Latn.devtest': '"We now have mice," he added.\nA, b and "c"\n',
            'zho_Hans.devtest': '“我们现在有老鼠。”\n',
            'zho_Hant.devtest': '「我們現在有老鼠。」\n',
            'swh_Latn.devtest': 'Tuna panya.\n',
            README: 'x',
        });
        const corpus = await openCorpus(folder);
        expect(corpus.languages).toEqual(['en', 'zh', 'sw', 'zh-TW']);
        expect(await texts(corpus, 'en')).toEqual(['"We now have mice," he added.', 'A, b and "c"']);
        expect(await texts(corpus, 'zh')).toEqual(['“我们现在有老鼠。”']);
        const asked = await openCorpus(folder, { languages: ['eng_Latn', 'zho_Hant'] });
        expect(asked.languages).toEqual(['en', 'zh-TW']);
        expect(await texts(asked, 'zh-TW')).toEqual(['「我們現在有老鼠。」']);
        await folderOf('flores', { 'eng_Latn.dev': 'x\n' });
        await expect(openCorpus(folder)).rejects.toMatchObject({
            code: 'WRONG_USE',
            message: expect.stringContaining('eng_Latn.dev'),
        });
    });
});

describe('layouts of parallel corpora', () => {
    it('FLORES-200 opens with all its languages, each with its own text', async () => {
        const folder = await folderOf(
            'flores200',
            Object.fromEntries(floresCodes.map((code) => [`${code}.devtest`, `${code}\n`])),
        );
        const corpus = await openCorpus(folder);
        expect(corpus.languages).toHaveLength(204);
        const read = new Set<string>();
        for (const language of corpus.languages) for (const text of await texts(corpus, language)) read.add(text);
        expect([...read].sort()).toEqual([...floresCodes].sort());
        const some = await openCorpus(folder, { languages: ['ko', 'ajp_Arab', 'apc', 'twi', 'aka_Latn', 'iw', 'no'] });
        expect(some.languages).toEqual(['ko', 'ajp', 'apc', 'tw', 'ak', 'he', 'nb', 'nn']);
        expect(await texts(some, 'tw')).toEqual(['twi_Latn']);
    });

    it.each<{ what: string; files: string[]; languages: string[] }>([
        {
            what: 'FLORES+',
            files: ['dev.eng_Latn', 'dev.cmn_Hans', 'dev.cat_Latn_vale1252', 'dev.cat_Latn'],
            languages: ['en', 'zh', 'ca', 'ca-vale1252'],
        },
        {
            what: 'FLORES-101',
            files: ['eng.dev', 'zho_simpl.dev', 'zho_trad.dev', 'swh.dev', 'msa.dev'],
            languages: ['en', 'zh', 'sw', 'ms', 'zh-TW'],
        },
        {
            what: 'NTREX',
            files: ['src.eng', 'ref.deu', 'ref.eng-GB', 'ref.zho-CN', 'ref.zho-TW', 'ref.srp-Cyrl', 'ref.srp-Latn'].map(
                (name) => `newstest2019-${name}.txt`,
            ),
            languages: ['en', 'de', 'en-GB', 'sr', 'sr-Latn', 'zh-CN', 'zh-TW'],
        },
        { what: 'upper case', files: ['EN.TXT', 'De.Txt', 'pt_BR.TXT'], languages: ['en', 'de', 'pt-BR'] },
        { what: 'English names', files: ['German.txt', 'English.txt'], languages: ['en', 'de'] },
    ])('$what opens', async ({ what, files, languages }) => {
        const folder = await folderOf(`layout ${what}`, Object.fromEntries(files.map((name) => [name, name])));
        const corpus = await openCorpus(folder);
        expect(corpus.languages).toEqual(languages);
        const read = await Promise.all(languages.map((language) => texts(corpus, language)));
        expect(read.flat().sort()).toEqual([...files].sort());
    });

    it('folders of a part are named', async () => {
        await folderOf(join('parts', 'devtest'), { 'eng_Latn.devtest': 'x' });
        await folderOf(join('parts', 'dev'), { 'eng_Latn.dev': 'x' });
        await expect(openCorpus(join(root, 'parts'))).rejects.toMatchObject({
            code: 'NOT_FOUND',
            message: expect.stringMatching(/only folders, dev and devtest; give .*such as .*parts.dev/),
        });
    });

    it('what is passed over is told in one line', async () => {
        const others = ['._en.txt', 'fr.txt.gz', 'de.tsv', 'README'];
        const folder = await folderOf(
            'passed',
            Object.fromEntries(['en.txt', 'FR.TXT', ...others].map((name) => [name, 'x'])),
        );
        const notes: string[] = [];
        const progress = { ...silent, note: (line: string) => notes.push(line) };
        expect((await openCorpus(folder, { progress })).languages).toEqual(['en', 'fr']);
        expect(notes).toEqual([expect.stringMatching(/skips \._en\.txt, README, de\.tsv and fr\.txt\.gz; /)]);
        const packed = await folderOf('packed', { 'fr.txt.gz': 'x' });
        await expect(openCorpus(packed)).rejects.toMatchObject({ message: expect.stringMatching(/only fr\.txt\.gz;/) });
    });
});

describe('udhr', () => {
    it('gives the last six articles of each of the ten languages, no heading among them', async () => {
        const corpus = await openCorpus('udhr:25-30');
        expect(corpus.name).toBe('udhr:25-30');
        for (const language of corpus.languages) {
            const samples = await read(corpus, language);
            expect(samples, language).toHaveLength(6);
            for (const { response, ...rest } of samples) {
                expect(rest).toEqual({ language, prompt: '' });
                // A heading is a short paragraph that ends with the article's number.
                for (const paragraph of response.split('\n'))
                    expect(paragraph, language).not.toMatch(/^.{0,20}\s(?:2[5-9]|30)$/u);
            }
        }
        expect((await texts(corpus, 'en'))[5]).toMatch(
            /^Nothing in this Declaration may be interpreted as implying for any State, group or person/,
        );
        expect((await texts(corpus, 'en'))[0]).toMatch(
            /^(?:1\. |\(1\) )?Everyone has the right to a standard of living/,
        );
    });

    it('is asked for by any name of a language, or by a code of the package', async () => {
        const asked = { languages: ['eng_Latn', 'German', 'kor', 'pt', 'arb', 'tha2', 'deu_1901', 'zh-Hant', 'swh'] };
        const { languages } = await openCorpus('udhr:1-1', asked);
        expect(languages).toEqual(['en', 'de', 'ko', 'pt-BR', 'pt-PT', 'ar', 'tha2', 'de-1901', 'zh-TW', 'sw']);
        const preferred = await openCorpus('udhr:1-1', { languages: ['de', 'zh'] });
        const coded = await openCorpus('udhr:1-1', { languages: ['deu_1996', 'cmn_hans'] });
        expect(await texts(preferred, 'de')).toEqual(await texts(coded, coded.languages[0]!));
        expect(await texts(preferred, 'zh')).toEqual(await texts(coded, coded.languages[1]!));
    });

    it('gives the preamble alone as article 0', async () => {
        const corpus = await openCorpus('udhr:0-0');
        for (const language of corpus.languages) {
            const [preamble, ...rest] = await texts(corpus, language);
            expect(rest, language).toEqual([]);
            expect(preamble!.split('\n').length, language).toBeGreaterThan(5); // one paragraph a recital
        }
        expect((await texts(corpus, 'en'))[0]).toMatch(/^Whereas recognition of the inherent dignity/);
    });

    it('says what is wrong with the articles or the language asked for', async () => {
        for (const [spec, mend] of [
            ['udhr:25-99', 'udhr:25-30'],
            ['udhr:99-100', 'write udhr for all'],
            ['udhr:30-25', 'udhr:25-30'],
            ['udhr:30', 'udhr:30-30'],
            ['udhr:0', 'udhr:0-0'],
        ] as const) {
            await expect(openCorpus(spec), spec).rejects.toMatchObject({
                code: 'WRONG_USE',
                message: expect.stringMatching(new RegExp(`^${spec}: [^\n]*${mend}`)),
            });
        }
        await expect(openCorpus('udhr', { languages: ['en', 'de', 'eng'] })).rejects.toMatchObject({
            code: 'WRONG_USE',
            message: expect.stringMatching(/en and eng/),
        });
        for (const spec of ['udhr:', 'udhr:a-b', 'udhr:1-', 'udhr:-1-3', 'udhr:1-2-3', 'udhr: 1-2']) {
            await expect(openCorpus(spec), spec).rejects.toMatchObject({
                code: 'WRONG_USE',
                message: expect.stringContaining(spec),
            });
        }
        for (const language of ['xx', 'klingon', 'constructor', '__proto__']) {
            await expect(openCorpus('udhr', { languages: [language] }), language).rejects.toMatchObject({
                code: 'NOT_FOUND',
            });
        }
    });
});

describe('a folder of texts', () => {
    it("keeps the user's order of languages, each asked for once", async () => {
        const path = await folderOf('order', { 'de.txt': 'eins', 'en.txt': 'one', 'ru.txt': 'один', 'aa.txt': 'x' });
        expect((await openCorpus(path)).languages).toEqual(['en', 'ru', 'de', 'aa']);
        expect((await openCorpus(path, { languages: ['ru', 'aa', 'en'] })).languages).toEqual(['ru', 'aa', 'en']);
        await expect(openCorpus(path, { languages: ['de', 'en', 'de'] })).rejects.toMatchObject({
            code: 'WRONG_USE',
            message: expect.stringContaining('de'),
        });
    });

    it('without a text in a language is EMPTY, however the file came to hold none', async () => {
        for (const [name, content] of Object.entries({
            nothing: '',
            blank: '\r\n \t\n\n',
            mark: '\ufeff',
            ideographic: '\u3000\n',
        })) {
            const corpus = await openCorpus(await folderOf(name, { 'en.txt': content }));
            await expect(texts(corpus, 'en'), name).rejects.toMatchObject({
                code: 'EMPTY',
                message: expect.stringContaining(join(name, 'en.txt')),
            });
        }
    });

    it('names the line that is not UTF-8, blank lines counted', async () => {
        for (const bytes of [[0x80], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xff, 0xfe]]) {
            const corpus = await openCorpus(
                await folderOf('garbled', {
                    'en.txt': Buffer.from([...Buffer.from('good\r\n\r\n'), ...bytes, 0x0a, 0x61]),
                }),
            );
            await expect(texts(corpus, 'en')).rejects.toMatchObject({
                code: 'ENCODING',
                message: expect.stringMatching(/en\.txt: line 3 /),
            });
        }
    });

    it('that disappears after it was opened is NOT_FOUND', async () => {
        const path = await folderOf('gone', { 'en.txt': 'one' });
        const corpus = await openCorpus(path);
        await rm(join(path, 'en.txt'));
        await expect(texts(corpus, 'en')).rejects.toMatchObject({
            code: 'NOT_FOUND',
            message: expect.stringContaining('en.txt'),
        });
        await mkdir(join(path, 'en.txt'));
        await expect(texts(corpus, 'en')).rejects.toMatchObject({
            code: 'NOT_FOUND',
            message: expect.stringContaining('en.txt'),
        });
    });

    it('gives a character whole wherever the 64 KiB of one read end in it', async () => {
        for (let offset = 0; offset <= 4; offset++) {
            const text = `${'x'.repeat(65_536 - offset)}😀é\u2028人`;
            const corpus = await openCorpus(await folderOf(`edge${offset}`, { 'en.txt': `${text}\r\n${text}` }));
            expect(await texts(corpus, 'en')).toEqual([text, text]);
        }
    });

    it('gives the lines of any text as they are', async () => {
        const line = fc.string({ unit: 'binary' }).filter((text) => !/[\r\n\ufeff]/.test(text) && text.trim() !== '');
        await fc.assert(
            fc.asyncProperty(
                fc.array(line, { minLength: 1 }),
                fc.constantFrom('\n', '\r\n', '\n\n'),
                fc.boolean(),
                async (lines, end, ended) => {
                    const corpus = await openCorpus(
                        await folderOf('any', { 'en.txt': lines.join(end) + (ended ? end : '') }),
                    );
                    expect(await texts(corpus, 'en')).toEqual(lines);
                },
            ),
            { numRuns: 60 },
        );
    });
});

describe('files of a folder', () => {
    const refused = async (files: Record<string, string>, languages?: readonly string[]): Promise<unknown> =>
        openCorpus(await folderOf(`names${named++}`, files), languages === undefined ? {} : { languages }).catch(
            (refusal: unknown) => refusal,
        );
    let named = 0;

    it('not named after a language are refused, unless languages are named', async () => {
        for (const name of ['notes', 'README', 'requirements', 'en_test', 'x', 'en-old', 'de (copy)', 'zh_TWN']) {
            const wrong = {
                code: 'WRONG_USE',
                message: expect.stringMatching(/rename or move it, or name the languages with `languages`/),
            };
            expect(await refused({ 'en.txt': 'x', [`${name}.txt`]: 'x' }), name).toMatchObject(wrong);
            expect(await refused({ 'en.txt': 'x', [`${name}.txt`]: 'x' }, ['en']), name).toMatchObject({
                languages: ['en'],
            });
        }
        expect(await refused({ 'en.txt': 'x', 'notes.txt': 'x' }, ['fr'])).toMatchObject({
            code: 'NOT_FOUND',
            message: expect.stringMatching(/only en;/),
        });
        const tags = ['aa', 'en', 'zh_TW', 'sr-Latn-RS', 'es-419', 'kab', 'zh_Hans'];
        const all = await refused(Object.fromEntries(tags.map((tag) => [`${tag}.txt`, 'x'])));
        expect([...(all as Corpus).languages].sort()).toEqual(
            ['aa', 'en', 'zh-TW', 'sr-Latn-RS', 'es-419', 'kab', 'zh'].sort(),
        );
    });

    it('of one language in two spellings are refused, unless it is not asked for', async () => {
        for (const [one, two] of [
            ['vi', 'VI'],
            ['zh_TW', 'zh-TW'],
            ['zh-Hans', 'zh_hans'],
            ['dan', 'DA'],
            ['deu', 'de'],
            ['iw', 'he'],
        ] as const) {
            const files = { 'en.txt': 'x', [`${one}.txt`]: 'x', [`${two}.txt`]: 'y' };
            const wrong = {
                code: 'WRONG_USE',
                message: expect.stringMatching(
                    new RegExp(`(${one}|${two})\\.txt and (${one}|${two})\\.txt are both in`),
                ),
            };
            expect(await refused(files)).toMatchObject(wrong);
            expect(await refused(files, [one])).toMatchObject(wrong);
            expect(await refused(files, ['en'])).toMatchObject({ languages: ['en'] });
        }
    });
});

describe('JSONL', () => {
    it('with one language in two spellings is refused, unless it is not asked for', async () => {
        const path = await jsonl(
            'spellings.jsonl',
            { language: 'vi', text: 'một' },
            { language: 'en', text: 'one' },
            { language: 'VI', text: 'hai' },
        );
        for (const languages of [undefined, ['vi'], ['en', 'VI']]) {
            await expect(openCorpus(path, { ...(languages && { languages }) })).rejects.toMatchObject({
                code: 'WRONG_USE',
                message: expect.stringMatching(/spellings\.jsonl: vi and VI are the same language/),
            });
        }
        expect(await texts(await openCorpus(path, { languages: ['en'] }), 'en')).toEqual(['one']);
    });

    it('with languages in any form is read by their tags', async () => {
        const path = await jsonl(
            'forms.jsonl',
            { language: 'German', text: 'eins' },
            { language: 'kor_Hang', text: '하나' },
            { language: 'pt-BR', text: 'um' },
            { language: 'pt_PT', text: 'dois' },
            { language: 'swh', text: 'moja' },
            { language: 'lab 1', text: 'x' },
        );
        const all = await openCorpus(path);
        expect(all.languages).toEqual(['de', 'sw', 'ko', 'lab 1', 'pt-BR', 'pt-PT']);
        expect(await read(all, 'ko')).toEqual([{ language: 'ko', prompt: '', response: '하나' }]);
        const some = await openCorpus(path, { languages: ['deu', 'pt', 'sw'] });
        expect(some.languages).toEqual(['de', 'pt-BR', 'pt-PT', 'sw']);
        expect(await texts(some, 'pt-PT')).toEqual(['dois']);
        const called = ['kor', 'pt-BR', 'lab 1'];
        const kept = await openCorpus(path, { languages: called, called });
        expect(kept.languages).toEqual(called);
        expect(await read(kept, 'kor')).toEqual([{ language: 'kor', prompt: '', response: '하나' }]);
    });

    it('gives each language its samples in the order of the file', async () => {
        const path = await jsonl(
            'mixed.ndjson',
            '\ufeff{"language":"de","text":"eins"}\r',
            { language: 'en', text: 'one', id: 7 },
            '  ',
            { language: 'de', prompt: '2: ', response: 'zwei\nzwei' },
        );
        const corpus = await openCorpus(path);
        expect(corpus.languages).toEqual(['en', 'de']);
        expect(await read(corpus, 'de')).toEqual([
            { language: 'de', prompt: '', response: 'eins' },
            { language: 'de', prompt: '2: ', response: 'zwei\nzwei' },
        ]);
        await expect(openCorpus(path, { languages: ['sw'] })).rejects.toMatchObject({
            code: 'NOT_FOUND',
            message: expect.stringContaining('en, de'),
        });
    });

    it('names the line that is DAMAGED or not UTF-8', async () => {
        const good = { language: 'en', text: 'x' };
        for (const wrong of [
            '{"language": "en", "text": "x"',
            'null',
            '"en"',
            { language: '', text: 'x' },
            { language: 'en', text: 5 },
            { language: 'en', prompt: 'x' },
        ]) {
            await expect(
                openCorpus(await jsonl('bad.jsonl', good, '', wrong, good)),
                JSON.stringify(wrong),
            ).rejects.toMatchObject({ code: 'DAMAGED', message: expect.stringMatching(/bad\.jsonl: line 3 /) });
        }
        await writeFile(join(root, 'latin.jsonl'), Buffer.from('{"language":"de","text":"\xfc"}', 'latin1'));
        await expect(openCorpus(join(root, 'latin.jsonl'))).rejects.toMatchObject({
            code: 'ENCODING',
            message: expect.stringContaining('line 1 '),
        });
    });

    it('takes no language that names a path: parts of counts are files named after it', async () => {
        for (const language of ['../../elsewhere', 'a\\b', 'en,de', 'a\0b', 'a\nb']) {
            await expect(
                openCorpus(await jsonl('path.jsonl', { language, text: 'x' })),
                language,
            ).rejects.toMatchObject({ code: 'DAMAGED', message: expect.stringContaining('line 1 ') });
        }
        expect(
            (await openCorpus(await jsonl('named.jsonl', { language: 'Chinese (Simplified)', text: 'x' }))).languages,
        ).toEqual(['Chinese (Simplified)']);
    });
});
