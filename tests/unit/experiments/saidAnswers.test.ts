import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { setConditions } from '../../../src/experiments/conditions/conditions.js';
import type { DeactivationMatrix } from '../../../src/experiments/results/DeactivationMatrix.js';
import { questionTexts } from '../../../src/experiments/givenAnswers/questionTexts.js';
import { readSaidAnswers } from '../../../src/experiments/givenAnswers/saidAnswers.js';
import type { NeuronAnalysis } from '../../../src/neurons/analysis/NeuronAnalysis.js';
import { readAnswers } from '../../../src/report/input/readAnswers.js';
import { keyOf } from '../../../src/support/keyOf.js';
import { folderOfTest } from '../../helpers/temporaryFolder.js';
import { buildAccuracy, buildAnalysis } from '../report/fixture.js';

const languages = ['en', 'de', 'fr'];
const english = 'The farmer has twelve apples and gives six of them to his neighbour.';
const german = 'Der Bauer hat zwölf Äpfel und gibt sechs davon seinem Nachbarn.';
const french = 'Le fermier a douze pommes et il en donne six à son voisin.';
const own = { en: english, de: german, fr: french } as Record<string, string>;

const analysis: NeuronAnalysis = {
    ...buildAnalysis({ languages, layers: 2, width: 10 }),
    neurons: { specific: { en: [[0, 1]], de: [[0, 2]], fr: [] }, related: { en: [], de: [], fr: [] }, general: [] },
};
const [withoutEn, withoutDe] = setConditions(analysis, languages, 'specific+related', 0, 0).own.map(({ name }) => name);

/** Three questions a language; without German's neurons the third German one is answered in English. */
const shares = {
    language: { baseline: [1, 1, 1], values: [[1, 1, 1], [1, 2 / 3, 1], [1, 1, 1]] }, // prettier-ignore
    cut: { baseline: [0, 0, 0], values: [[0, 0, 0], [0, 1 / 3, 0], [0, 0, 0]] }, // prettier-ignore
};
const noneUnknown = { baseline: [0, 0, 0], values: [[0, 0, 0], [0, 0, 0], [0, 0, 0]] }; // prettier-ignore

function matrix(given = shares): DeactivationMatrix {
    const built = buildAccuracy(languages, [3, 3, 3], [0, 0, 0], 3);
    const set = built.sets['specific+related']!;
    return {
        ...built,
        sets: {
            'specific+related': { ...set, shares: { ...given, number: noneUnknown, unknownLanguage: noneUnknown } },
        },
    };
}

let folder: string;
beforeEach(() => (folder = folderOfTest()));

interface Line {
    readonly prompt: string;
    readonly condition: string;
    readonly language: string;
    readonly index: number;
    readonly text: string;
    readonly end?: 'stop' | 'length';
}

function lines(prompts: string, textOf: (condition: string, language: string, index: number) => string): Line[] {
    const conditions = ['whole', withoutEn!, withoutDe!, 'a control'];
    return languages.flatMap((language) =>
        [0, 1, 2].flatMap((index) =>
            conditions.map((condition) => ({
                prompt: `${prompts}${language}${index}`,
                ...{ condition, language, index },
                text: textOf(condition, language, index),
            })),
        ),
    );
}

function writeJournal(all: readonly Line[]): void {
    const text = all.map(({ prompt, condition, end = 'stop', ...rest }) =>
        JSON.stringify({ key: `${prompt}/${condition}`, condition, ...rest, tokens: 4, promptTokens: 9, end }),
    );
    writeFileSync(join(folder, 'accuracy.answers.jsonl'), `${text.join('\n')}\n`);
}

/** As `shares` says; the first German answer stays, the second changes within German. */
const planted = lines('p', (condition, language, index) => {
    if (condition !== withoutDe || language !== 'de' || index === 0) return own[language]!;
    return index === 1 ? `${german} Das ist alles.` : english;
}).map((line) => ({ ...line, end: line.text === own[line.language] || line.index < 2 ? 'stop' : 'length' }) as const);

describe('readSaidAnswers', () => {
    it('counts the languages of the answers, whole and without the neurons of each language', async () => {
        writeJournal(planted);
        const said = (await readSaidAnswers(folder, matrix(), analysis))!;
        expect(said.told).toEqual(['en', 'de', 'fr', undefined]);
        expect(said.whole).toEqual([[3, 0, 0, 0], [0, 3, 0, 0], [0, 0, 3, 0]]); // prettier-ignore
        expect(said.changed[1]).toEqual([[3, 0, 0, 0], [1, 2, 0, 0], [0, 0, 3, 0]]); // prettier-ignore
        expect(said.changed[2]).toEqual(said.whole);
    });

    it('chooses first the questions that are answered in another language, then those that changed', async () => {
        writeJournal(planted);
        const { pairs } = (await readSaidAnswers(folder, matrix(), analysis))!;
        expect(pairs.map(({ language, index }) => [language, index])).toEqual([
            ['de', 2],
            ['de', 1],
        ]);
        expect(pairs[0]).toEqual({
            ...{ language: 'de', index: 2 },
            whole: { text: german, language: 'de', cut: false },
            changed: { text: english, language: 'en', cut: true },
        });
    });

    it('takes the last answers of a question that was asked in several ways, and the first of a key', async () => {
        const earlier = lines('q', () => french);
        writeJournal([...earlier, ...planted, ...planted.map((line) => ({ ...line, text: french }))]);
        const said = (await readSaidAnswers(folder, matrix(), analysis))!;
        expect(said.whole).toEqual([[3, 0, 0, 0], [0, 3, 0, 0], [0, 0, 3, 0]]); // prettier-ignore
    });

    it('reads those of another operation under the conditions of its own', async () => {
        const operation = { op: 'scale', value: 0.5 } as const;
        const { own: scaled } = setConditions(analysis, languages, 'specific+related', 0, 0, { operation });
        const halved = new Map([
            [withoutEn!, scaled[0]!.name],
            [withoutDe!, scaled[1]!.name],
        ]);
        writeJournal(planted.map((line) => ({ ...line, condition: halved.get(line.condition) ?? line.condition })));
        const said = (await readSaidAnswers(folder, { ...matrix(), operation }, analysis))!;
        expect(said.operation).toEqual(operation);
        expect(said.changed[1]![1]).toEqual([1, 2, 0, 0]);
        expect(said.pairs.map(({ changed }) => changed.language)).toEqual(['en', 'de']);
        expect(await readSaidAnswers(folder, matrix(), analysis)).toBeUndefined();
    });

    it.each([
        ['another share in the language', { ...shares, language: { ...shares.language, baseline: [1, 1, 2 / 3] } }],
        ['another share that is cut off', { ...shares, cut: shares.language }],
    ])('gives nothing where the matrix has %s', async (_, given) => {
        writeJournal(planted);
        expect(await readSaidAnswers(folder, matrix(given), analysis)).toBeUndefined();
    });

    it('gives nothing without a journal, and where it lacks an answer', async () => {
        expect(await readSaidAnswers(folder, matrix(), analysis)).toBeUndefined();
        writeJournal(planted.slice(1));
        expect(await readSaidAnswers(folder, matrix(), analysis)).toBeUndefined();
    });
});

describe('readAnswers', () => {
    it('gives those of each matrix of answers, and says of which there are none and why', async () => {
        writeJournal(planted);
        const half = { ...matrix(), operation: { op: 'scale', value: 0.5 } } as const;
        const mean = { ...matrix(), operation: { op: 'replace', value: 'mean:en' } } as const;
        const { answers, warnings } = await readAnswers(folder, [matrix(), half, mean], analysis);
        expect(answers.map(({ operation }) => operation.op)).toEqual(['zero']);
        expect(warnings).toHaveLength(2);
        expect(warnings[0]).toContain('lacks the answers of accuracy.scale-0.5.matrix.json');
        expect(warnings[1]).toMatch(/^The answers of accuracy\.replace-mean-en\.matrix\.json are not shown: /);
    });

    it('gives answers once that two metrics judge, and those asked in another way beside them', async () => {
        writeJournal(planted);
        const settings = { texts: 'hash', template: 'chat', maxTokens: 64 };
        const judged = { ...matrix(), settings: { ...settings, rule: 'last' } };
        const byLanguage = { ...matrix(), metric: 'language', settings };
        const shorter = { ...byLanguage, settings: { ...settings, maxTokens: 32 } };
        const shown = async (...matrices: DeactivationMatrix[]): Promise<string[]> =>
            (await readAnswers(folder, matrices, analysis)).answers.map(({ metric }) => metric);
        expect(await shown(judged, byLanguage)).toEqual(['accuracy']);
        expect(await shown(judged, shorter)).toEqual(['accuracy', 'language']);
        expect(await shown(byLanguage)).toEqual(['language']);
    });
});

describe('questionTexts', () => {
    const rows = { en: ['How many?\t3', 'How few?\t4', 'Never asked.\t5'], de: ['Wie viele?\t3', 'Wie wenige?\t4'] };
    const asked = Object.entries(rows).flatMap(([language, all]) =>
        all.slice(0, 2).map((row) => [language, ...row.split('\t')] as const),
    );
    const texts = keyOf(asked.map(([language, text, answer]) => [language, text, Number(answer)]));
    const units = { numerators: [1, 0], weights: [1, 1] };
    const measured = {
        ...matrix(),
        languages: ['en', 'de'],
        whole: { en: units, de: units },
        settings: { questions: '../questions', texts },
    };
    const runFolder = (): string => join(folder, 'run');
    beforeEach(() => {
        mkdirSync(runFolder());
        mkdirSync(join(folder, 'questions'));
        for (const [language, all] of Object.entries(rows))
            writeFileSync(join(folder, 'questions', `mgsm_${language}.tsv`), all.join('\n'));
    });

    it('reads those that were asked from where the run read them', async () => {
        const found = await questionTexts(runFolder(), measured);
        expect(found?.map(({ language, index, text }) => [language, index, text])).toEqual([
            ['en', 0, 'How many?'],
            ['en', 1, 'How few?'],
            ['de', 0, 'Wie viele?'],
            ['de', 1, 'Wie wenige?'],
        ]);
    });

    it('gives none where they changed, or are not there', async () => {
        expect(await questionTexts(folder, measured)).toBeUndefined();
        writeFileSync(join(folder, 'questions', 'mgsm_de.tsv'), 'Wie viel?\t3\nWie wenige?\t4');
        expect(await questionTexts(runFolder(), measured)).toBeUndefined();
    });

    it.skipIf(process.platform !== 'linux')('fails, naming the file, where the system cannot read them', async () => {
        const path = join(folder, 'questions', 'mgsm_de.tsv');
        rmSync(path);
        symlinkSync('/proc/self/mem', path); // whose first byte cannot be read: EIO
        await expect(questionTexts(runFolder(), measured)).rejects.toThrow(path);
    });
});
