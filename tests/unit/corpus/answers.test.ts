import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sample } from '../../../src/corpus/Corpus.js';
import { openCorpus } from '../../../src/data/openCorpus.js';
import { readableName } from '../../../src/languages/englishName.js';
import { languageTag } from '../../../src/languages/languageTag.js';

let root: string;
beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'language-neurons-'));
});
afterAll(() => rm(root, { recursive: true }));

async function fileOf(content: unknown): Promise<string> {
    const path = join(root, 'answers.json');
    await writeFile(path, typeof content === 'string' || content instanceof Buffer ? content : JSON.stringify(content));
    return path;
}

const answers = (...texts: string[]): { generated: string }[] => texts.map((generated) => ({ generated }));

describe("the authors' JSON of answers", () => {
    it('gives each answer behind its instruction, language by language', async () => {
        const path = await fileOf([
            {
                lang: 'German',
                instruction: 'Frage 1\n\n### Response:',
                answers: answers('Eins.', '', 'Zwei.'),
                solution: 2,
            },
            { lang: 'Chinese', instruction: '问题', answers: answers('三。') },
            { lang: 'German', instruction: 'Frage 2', answers: answers('Drei.') },
            { lang: 'English', instruction: 'Question', answers: [] },
        ]);
        const corpus = await openCorpus(path);
        expect(corpus.languages).toEqual(['de', 'zh']);
        const read = async (language: string): Promise<Sample[]> => {
            const samples: Sample[] = [];
            for await (const sample of corpus.samples(language)) samples.push(sample);
            return samples;
        };
        expect(await read('de')).toEqual([
            { language: 'de', prompt: 'Frage 1\n\n### Response:', response: 'Eins.' },
            { language: 'de', prompt: 'Frage 1\n\n### Response:', response: 'Zwei.' },
            { language: 'de', prompt: 'Frage 2', response: 'Drei.' },
        ]);
        expect(await read('zh')).toEqual([{ language: 'zh', prompt: '问题', response: '三。' }]);
    });

    it('reads what respond writes of any language, by its name or tag', async () => {
        const tags = ['yue', 'fil', 'ckb', 'haw', 'zh-TW', 'pt-BR', 'sr-Latn', 'gaa', 'tw', 'ak', 'mni', 'de'];
        const path = await fileOf(
            tags.map((tag) => ({ lang: readableName(tag), instruction: 'x', answers: answers(tag) })),
        );
        const corpus = await openCorpus(path, { languages: tags });
        expect(corpus.languages).toEqual(tags);
        for (const tag of tags) {
            for await (const { response } of corpus.samples(tag)) expect(response).toBe(tag);
        }
    });

    it('is read as a stream, through chunks that cut characters', async () => {
        const long = Array.from({ length: 3000 }, (_, i) => ({
            lang: 'Thai',
            instruction: `คำถาม ${i}`,
            answers: answers(`คำตอบที่ ${i} ยาวพอสมควร`),
        }));
        const corpus = await openCorpus(await fileOf(long));
        let index = 0;
        for await (const { prompt, response } of corpus.samples('th')) {
            expect([prompt, response]).toEqual([`คำถาม ${index}`, `คำตอบที่ ${index} ยาวพอสมควร`]);
            index++;
        }
        expect(index).toBe(3000);
    });

    it.each<{ what: string; content: unknown; code: string; says: string }>([
        { what: 'no answers', content: [], code: 'EMPTY', says: 'holds no answer' },
        {
            what: 'another shape',
            content: [{ lang: 'German', instruction: 'x', answers: answers('a') }, { question: 'x' }],
            code: 'DAMAGED',
            says: 'element 2',
        },
        {
            what: 'an unknown language',
            content: [{ lang: 'Klingon!', instruction: 'x', answers: answers('a') }],
            code: 'DAMAGED',
            says: 'Klingon!',
        },
        { what: 'an object', content: { a: 1 }, code: 'DAMAGED', says: 'not a JSON array' },
        { what: 'a cut array', content: '[{"lang": "German", "instr', code: 'DAMAGED', says: 'not a JSON array' },
        { what: 'no JSON', content: 'hello', code: 'DAMAGED', says: 'not a JSON array' },
        {
            what: 'other bytes',
            content: Buffer.from('[{"lang": "German", "instruction": "Gr\xfcn", "answers": []}]', 'latin1'),
            code: 'ENCODING',
            says: 'UTF-8',
        },
    ])('with $what is refused in one line', async ({ content, code, says }) => {
        const path = await fileOf(content);
        const error = await openCorpus(path).catch((refusal: Error) => refusal);
        expect(error).toMatchObject({ name: 'LanguageNeuronsError', code, message: expect.stringContaining(says) });
        expect((error as Error).message).toMatch(/^[^\n]+$/);
        expect((error as Error).message).toContain(path);
    });

    it('that is not there is NOT_FOUND', async () => {
        await expect(openCorpus(join(root, 'absent.json'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });
});

it('languages are known by English name and by code', () => {
    const names = [
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
        'Hebrew',
        'Indonesian',
    ];
    expect(names.map(languageTag)).toEqual(['en', 'ru', 'es', 'fr', 'de', 'zh', 'ja', 'bn', 'th', 'sw', 'he', 'id']);
    expect(['de', 'deu', 'german', 'swh', 'eng', 'zho'].map(languageTag)).toEqual([
        'de',
        'de',
        'de',
        expect.any(String),
        'en',
        'zh',
    ]);
    expect(['', 'Klingon!', 'x'].map(languageTag)).toEqual([undefined, undefined, undefined]);
});
