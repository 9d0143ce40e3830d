import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openQuestions } from '../../../src/questions/sources/openQuestions.js';
import { silent } from '../../../src/support/progress.js';
import { englishName, openTemplate } from '../../../src/questions/templates/promptTemplates.js';

let root: string;
let made = 0;
beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'language-neurons-'));
});
afterAll(() => rm(root, { recursive: true }));

async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
    const folder = join(root, String(made++));
    await mkdir(folder);
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    return folder;
}

const mgsm = join(process.env.LANGUAGE_NEURONS_DATA ?? resolve('../shared/data'), 'mgsm');

describe('questions', () => {
    it("of MGSM: quotes and commas are part of the text, the answer's commas are not", async () => {
        const folder = await folderOf({
            'mgsm_de.tsv': 'Er sagt "ja", oder?\t1,234\r\n"Zwei" Fragen\t-5\n',
            'mgsm_en.tsv': 'One?\t1\n',
            'README.md': 'x',
        });
        const questions = await openQuestions(folder);
        expect(questions.languages).toEqual(['en', 'de']);
        expect(await questions.inLanguage('de')).toEqual([
            { language: 'de', index: 0, text: 'Er sagt "ja", oder?', answer: 1234 },
            { language: 'de', index: 1, text: '"Zwei" Fragen', answer: -5 },
        ]);
    });

    it('are of the same languages, however their files are named', async () => {
        const names = [
            'mgsm_eng.tsv',
            'MGSM_DEU.TSV',
            'mgsm_pt-BR.tsv',
            'mgsm_zho_Hant.tsv',
            'mgsm_swh.tsv',
            'mgsm.txt',
        ];
        const folder = await folderOf(Object.fromEntries(names.map((name) => [name, 'x\t1\n'])));
        const notes: string[] = [];
        const progress = { ...silent, note: (line: string) => notes.push(line) };
        const questions = await openQuestions(folder, { progress });
        expect(questions.languages).toEqual(['en', 'de', 'sw', 'pt-BR', 'zh-TW']);
        expect((await questions.inLanguage('de'))[0]).toMatchObject({ language: 'de', text: 'x' });
        expect(notes).toEqual([expect.stringContaining('skips mgsm.txt')]);
        const asked = await openQuestions(folder, { languages: ['English', 'deu_Latn', 'pt'] });
        expect(asked.languages).toEqual(['en', 'de', 'pt-BR']);
        const called = ['eng', 'zh_TW'];
        const kept = await openQuestions(folder, { languages: called, called });
        expect(kept.languages).toEqual(called);
        expect((await kept.inLanguage('eng'))[0]).toMatchObject({ language: 'eng' });
        for (const other of ['mgsm_en.tsv', 'test_English.json']) {
            await writeFile(join(folder, other), '{}');
            await expect(openQuestions(folder)).rejects.toMatchObject({
                code: 'WRONG_USE',
                message: expect.stringMatching(
                    /mgsm_eng\.tsv and .* are both in en;|and mgsm_eng\.tsv are both in en;/,
                ),
            });
            await rm(join(folder, other));
        }
    });

    it('of MSVAMP: by the English name of the language, English under another key', async () => {
        const folder = await folderOf({
            'test_German.json': `${JSON.stringify({ m_query: 'Wie viele?', response: '8.0', query: 'How many?' })}\n`,
            'test_English.json': `${JSON.stringify({ query: 'How many?', response: '8.0' })}\n`,
        });
        const questions = await openQuestions(folder);
        expect(questions.languages).toEqual(['en', 'de']);
        expect(await questions.inLanguage('de')).toEqual([{ language: 'de', index: 0, text: 'Wie viele?', answer: 8 }]);
        expect((await questions.inLanguage('en'))[0]).toMatchObject({ text: 'How many?', answer: 8 });
    });

    it.each<[answer: string, number: number]>([
        ['10,5', 10.5],
        ['1.000,5', 1000.5],
        ['1,000.5', 1000.5],
        ['1.234.567', 1_234_567],
        ['1,234,567', 1_234_567],
        ['2,125', 2125],
        ['1,00,000', 100_000],
        ['1 000', 1000],
        ['1\u202f000\u202f000,5', 1_000_000.5],
        ["1'000.5", 1000.5],
        ['-10,5', -10.5],
        ['−5', -5],
        ['–5', -5],
        ['१,००,०००', 100_000],
        ['－５', -5],
        ['1.5e3', 1500],
        ['.5', 0.5],
        ['0.125', 0.125],
        ['10.50', 10.5],
        ['8.0', 8],
    ])('read the answer %s in any language', async (answer, number) => {
        const files = ['de', 'en', 'fr', 'hi'].map((language) => [`mgsm_${language}.tsv`, `x?\t${answer}\n`]);
        const questions = await openQuestions(await folderOf(Object.fromEntries(files) as Record<string, string>));
        for (const language of questions.languages) {
            expect((await questions.inLanguage(language))[0]!.answer).toBe(number);
        }
    });

    it('read 1.500 where points do not group, and refuse it where they do', async () => {
        const questions = await openQuestions(
            await folderOf({ 'mgsm_en.tsv': 'x?\t1.500\n', 'mgsm_de.tsv': 'x?\t1\ny?\t1.500\n' }),
        );
        expect((await questions.inLanguage('en'))[0]!.answer).toBe(1.5);
        await expect(questions.inLanguage('de')).rejects.toThrow(
            'mgsm_de.tsv: line 2: in de the answer 1.500 may be 1.5 or 1500; write 1.5000 or 1500',
        );
    });

    it.each<{ what: string; files: Record<string, string>; code: string; says: string }>([
        { what: 'no questions', files: { 'x.txt': 'x' }, code: 'NOT_FOUND', says: 'mgsm_LL.tsv' },
        { what: 'no tab', files: { 'mgsm_en.tsv': 'One?\t1\nTwo? 2\n' }, code: 'DAMAGED', says: 'line 2' },
        { what: 'no number', files: { 'mgsm_en.tsv': 'One?\tone\n' }, code: 'DAMAGED', says: 'line 1' },
        { what: 'a list', files: { 'mgsm_en.tsv': 'One?\t1,2,3\n' }, code: 'DAMAGED', says: 'line 1' },
        { what: 'a date', files: { 'mgsm_en.tsv': 'One?\t17.5.2024\n' }, code: 'DAMAGED', says: 'line 1' },
        {
            what: 'a solution between',
            files: { 'mgsm_en.tsv': 'One?\t1\nTwo?\tIt is 1 + 1 = 2.\t2\n' },
            code: 'DAMAGED',
            says: 'line 2 is not question, tab, number but has 3 columns (keep only question and answer)',
        },
        {
            what: "MGSM's four columns",
            files: { 'mgsm_en.tsv': 'Two?\tIt is 2.\t2\t1+1=2\n' },
            code: 'DAMAGED',
            says: '4 columns',
        },
        { what: 'another JSON', files: { 'test_English.json': '{"a": 1}\n' }, code: 'DAMAGED', says: 'line 1' },
        { what: 'nothing in a file', files: { 'mgsm_en.tsv': '\n' }, code: 'EMPTY', says: 'mgsm_en.tsv' },
        {
            what: 'two files of a language',
            files: { 'mgsm_en.tsv': 'x\t1', 'test_English.json': '{}' },
            code: 'WRONG_USE',
            says: 'both in en',
        },
    ])('with $what are refused in one line', async ({ files, code, says }) => {
        const error = await folderOf(files)
            .then(openQuestions)
            .then((questions) => questions.inLanguage('en'))
            .catch((refusal: Error) => refusal);
        expect(error).toMatchObject({ name: 'LanguageNeuronsError', code, message: expect.stringContaining(says) });
        expect((error as Error).message).not.toContain('\n');
    });

    it.skipIf(!existsSync(mgsm))(`are 250 in each language of MGSM (skipped where ${mgsm} is absent)`, async () => {
        const questions = await openQuestions(mgsm);
        const english = (await questions.inLanguage('en')).map(({ answer }) => answer);
        expect(english.filter((answer) => answer! >= 1000)).toHaveLength(23);
        for (const language of questions.languages) {
            const list = await questions.inLanguage(language);
            expect(list).toHaveLength(250);
            const lines = (await readFile(join(mgsm, `mgsm_${language}.tsv`), 'utf8')).trimEnd().split(/\r?\n/);
            const written = lines.map((line) => Number(line.slice(line.lastIndexOf('\t') + 1).replaceAll(',', '')));
            expect(
                list.map(({ answer }) => answer),
                language,
            ).toEqual(written);
            expect(
                list.map(({ answer }) => answer),
                language,
            ).toEqual(english);
        }
    });
});

describe('prompt templates', () => {
    const model = { path: 'model.gguf', info: { chatTemplate: '', bosText: '<s>', eosText: '</s>' } };
    const question = { language: 'de', index: 0, text: 'Was kostet $1 & $&?', answer: 1 };

    it("are the papers' own", async () => {
        expect(await (await openTemplate('mathoctopus', model)).write(question)).toBe(
            'Below is an instruction that describes a task. Write a response that appropriately completes the ' +
                'request in German. Please answer in German.\n\n' +
                '### Instruction:\nWas kostet $1 & $&?\n\n### Response:',
        );
        expect(await (await openTemplate('native-cot', model)).write(question)).toBe(
            'Frage: Was kostet $1 & $&?\nSchritt-für-Schritt-Antwort:',
        );
        expect(['en', 'ru', 'es', 'fr', 'de', 'zh', 'ja', 'bn', 'th', 'sw'].map(englishName)).toEqual([
            'English',
            'Russian',
            'Spanish',
            'French',
            'German',
            'Chinese',
            'Japanese',
            'Bengali',
            'Thai',
            'Swahili',
        ]);
        const native = await openTemplate('native-cot', model);
        expect(() => native.write({ ...question, language: 'it' })).toThrow('it');
    });

    it("may be the model's own, special tokens and all", async () => {
        const chat = (chatTemplate: string) =>
            openTemplate('chat', { ...model, info: { ...model.info, chatTemplate } });
        const template = await chat(
            '{{ bos_token }}{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}' +
                '{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}',
        );
        expect(template.special).toBe(true);
        expect(await template.write(question)).toBe(
            '<s><|im_start|>user\nWas kostet $1 & $&?<|im_end|>\n<|im_start|>assistant\n',
        );
        await expect(chat('')).rejects.toMatchObject({
            code: 'UNSUPPORTED',
            message: expect.stringContaining('model.gguf'),
        });
        await expect(chat('{% if %}')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
        await expect(chat("{{ raise_exception('no system here') }}")).rejects.toMatchObject({
            code: 'UNSUPPORTED',
            message: expect.stringContaining('no system here'),
        });
    });

    it('may come from a file', async () => {
        const folder = await folderOf({ 'mine.txt': 'Answer in {Language}: {question}\nA:\n', 'bad.txt': 'no place' });
        expect(await (await openTemplate(join(folder, 'mine.txt'), model)).write(question)).toBe(
            'Answer in German: Was kostet $1 & $&?\nA:',
        );
        await expect(openTemplate(join(folder, 'bad.txt'), model)).rejects.toMatchObject({ code: 'DAMAGED' });
        await expect(openTemplate('unknown', model)).rejects.toMatchObject({
            code: 'NOT_FOUND',
            message: expect.stringContaining('mathoctopus'),
        });
    });
});
