import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readComparison } from '../../../src/experiments/resultFiles/comparisonFile.js';
import { readCurves } from '../../../src/experiments/resultFiles/doseFile.js';
import { readMatrices } from '../../../src/experiments/resultFiles/matrixFile.js';
import { readMatrixShard } from '../../../src/experiments/resultFiles/matrixShard.js';
import { cellShape } from '../../../src/experiments/textMetrics/scoredTexts.js';
import { answerShape } from '../../../src/experiments/answerMetrics/questionAnswers.js';
import { readNeurons } from '../../../src/neurons/analysis/neuronsFile.js';
import { someSource } from '../../helpers/analysed.js';
import { temporaryFolder } from '../../helpers/temporaryFolder.js';

// Every list in a file is cut by one and made longer by one, every object loses each of its keys, every number becomes
// a text, `__proto__` is put among names: what is read is then either refused, or still agrees in all its lengths.

const root = temporaryFolder();
mkdirSync(join(root, 'run'));

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Change = { readonly at: string; readonly changed: Json };

/** A document with one list in it cut or lengthened, at every place. */
function* otherLengths(document: Json, at = ''): Generator<Change> {
    if (Array.isArray(document)) {
        if (document.length > 0) {
            yield { at: `${at} shorter`, changed: document.slice(0, -1) };
            yield { at: `${at} longer`, changed: [...document, document.at(-1)!] };
        }
        for (const [i, part] of document.entries())
            for (const change of otherLengths(part, `${at}[${i}]`))
                yield { at: change.at, changed: document.with(i, change.changed) };
    } else if (typeof document === 'object' && document !== null) {
        for (const [key, part] of Object.entries(document))
            for (const change of otherLengths(part, `${at}.${key}`))
                yield { at: change.at, changed: { ...document, [key]: change.changed } };
    }
}

const languages = ['de', 'en', 'fr'];
const grid = (value: Json): Json[] => ['de', 'en'].map(() => languages.map(() => value));
const interval: Json = [0.5, 'Infinity'];
const set: { [key: string]: Json } = {
    rows: ['de', 'en'],
    columns: languages,
    baseline: [1, 'Infinity', 'NaN'],
    values: grid(1),
    change: grid(2),
    control: grid(0),
    controls: [grid(0), grid(1)],
    beyondControl: grid(0.1),
    intervals: {
        baseline: [null, interval, null],
        values: grid(null),
        change: grid(interval),
        beyondControl: grid(null),
    },
    tests: { change: { p: grid(0.01), q: grid(0.02) }, beyondControl: { p: grid(null), q: grid(null) } },
    spread: { deviation: grid(0.3), units: [2, 2, 2], effective: [1.5, 2, 2] },
    samples: grid(3),
    neurons: [4, 5],
    shares: Object.fromEntries(
        ['number', 'language', 'unknownLanguage', 'cut'].map((name) => [
            name,
            { baseline: [0, 1, 0.5], values: grid(0.5) },
        ]),
    ),
};
const measured: { [key: string]: Json } = {
    metric: 'accuracy',
    settings: { data: 'udhr' },
    languages,
    model: { name: 'm', quantization: 'q', fingerprint: 'f' },
    neurons: 'digest',
    operation: { op: 'zero' },
    whole: Object.fromEntries(languages.map((language) => [language, { numerators: [1, 0], weights: [1, 1] }])),
    decodedTokens: 9,
};
const matrix: Json = { format: 'language-neurons/matrix', version: 1, ...measured, sets: { specific: set } };
const curves: Json = {
    format: 'language-neurons/dose',
    version: 1,
    ...measured,
    total: 1000,
    doses: [
        { share: 0.01, set },
        { share: 0.05, set },
    ],
};

async function read(name: string, content: Json | string, reader: () => Promise<unknown>): Promise<unknown> {
    const path = join(root, 'run', name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return reader().finally(() => rmSync(path));
}
const readMatrix = (content: Json | string): Promise<unknown> =>
    read('accuracy.matrix.json', content, () => readMatrices(join(root, 'run')));
const readDose = (content: Json | string): Promise<unknown> =>
    read('accuracy.dose.json', content, () => readCurves(join(root, 'run')));

describe.each([
    { what: 'a matrix', document: matrix, reads: readMatrix },
    { what: 'dose curves', document: curves, reads: readDose },
])('$what', ({ document, reads }) => {
    it('opens as it is', async () => {
        expect(await reads(document)).toHaveLength(1);
    });

    it('is DAMAGED where any row, column or list is shorter or longer than the others', async () => {
        // As many of them as there are: seeds of controls, doses, and texts of a language where both lists agree.
        const free = /^\.(sets\.specific|doses\[\d\]\.set)\.controls (shorter|longer)$|^\.doses shorter$/;
        const seen: string[] = [];
        for (const { at, changed } of otherLengths(document)) {
            seen.push(at);
            if (free.test(at)) await reads(changed);
            else await expect(reads(changed), at).rejects.toMatchObject({ code: 'DAMAGED' });
        }
        expect(seen.length).toBeGreaterThan(100);
    });

    it('is DAMAGED where a name is no language of it, there twice, or lost to JavaScript', async () => {
        const text = JSON.stringify(document);
        for (const [from, to] of [
            ['"rows":["de","en"]', '"rows":["de","ja"]'],
            ['"rows":["de","en"]', '"rows":["de","de"]'],
            ['"columns":["de","en","fr"]', '"columns":["de","en","en"]'],
            ['"columns":["de","en","fr"]', '"columns":["de","en","__proto__"]'],
            ['"languages":["de","en","fr"]', '"languages":["de","en","fr","__proto__"]'],
            ['"languages":["de","en","fr"]', '"languages":["de","en"]'],
            ['"whole":{', '"whole":{"__proto__":{"numerators":[],"weights":[]},'],
            ['"settings":{', '"settings":{"__proto__":1,'],
            ['"samples":[[3', '"samples":[[-3'],
            ['"samples":[[3', '"samples":[["3"'],
            ['"neurons":[4', '"neurons":[-4'],
            ['"neurons":[4', '"neurons":[4.5'],
            ['"baseline":[1', '"baseline":["one"'],
        ] as const) {
            expect(text).toContain(from);
            await expect(reads(text.replace(from, to)), to).rejects.toMatchObject({ code: 'DAMAGED' });
        }
    });
});

describe('a comparison', () => {
    const numbers: Json = { specific: 1, related: 2, total: 3 };
    const layer: Json = { specific: 1, related: 2, general: 3 };
    const shared: { [key: string]: Json } = {
        histogram: [1, 2, 3],
        histogramAll: [1, 2, 3],
        perLanguage: { de: numbers, en: numbers },
        layers: [layer, layer],
    };
    const analysis: { [key: string]: Json } = {
        ...{ method: 'paper', topRate: 0.01, bar: 0.9, lambda: null, threshold: 0, selected: 1, general: 3 },
        ...shared,
    };
    const none: Json = Object.fromEntries(['none', 'specific', 'related', 'general'].map((name) => [name, 0]));
    const document: Json = {
        format: 'language-neurons/comparison',
        version: 1,
        notes: [],
        languages: ['de', 'en'],
        widths: [4, 4],
        trained: [],
        analyses: [
            { label: 'before', neurons: 'b', ...analysis },
            { label: 'after', neurons: 'a', ...analysis },
        ],
        changes: [
            {
                label: 'after',
                ...shared,
                groups: {},
                overlap: { specific: 1, related: null, general: 1 },
                transitions: Object.fromEntries(['none', 'specific', 'related', 'general'].map((name) => [name, none])),
                switched: { specific: 0, related: 0 },
                moved: [],
                metrics: [],
            },
        ],
    };
    const reads = (content: Json | string): Promise<unknown> =>
        read('comparison.json', content, () => readComparison(join(root, 'run')));

    it('opens as it is, and is DAMAGED where its parts do not agree', async () => {
        expect(await reads(document)).toMatchObject({ languages: ['de', 'en'] });
        let seen = 0;
        for (const { at, changed } of otherLengths(document)) {
            if (at.startsWith('.widths')) continue;
            seen++;
            await expect(reads(changed), at).rejects.toMatchObject({ code: 'DAMAGED' });
        }
        expect(seen).toBeGreaterThan(20);
        const text = JSON.stringify(document);
        for (const [from, to] of [
            ['"trained":[]', '"trained":["ja"]'],
            ['"perLanguage":{"de"', '"perLanguage":{"ja"'],
            ['"perLanguage":{', '"perLanguage":{"__proto__":{"specific":1,"related":2,"total":3},'],
            ['"changes":[{"label":"after"', '"changes":[{"label":"other"'],
        ] as const) {
            expect(text).toContain(from);
            await expect(reads(text.replace(from, to)), to).rejects.toMatchObject({ code: 'DAMAGED' });
        }
    });
});

it('a shard names all languages that it asks', async () => {
    const survey: Json = { digest: 'd', sketch: 's' };
    const shard: { [key: string]: Json } = {
        format: 'language-neurons/matrix-shard',
        version: 1,
        shard: '1/2',
        model: { name: 'm', quantization: 'q', fingerprint: 'f' },
        neurons: 'n',
        operation: { op: 'zero' },
        sets: ['specific'],
        controls: 1,
        seed: 1,
        matched: 'layers',
        versions: {},
    };
    const plan: { [key: string]: Json } = {
        ...{ metric: 'ppl', languages: ['de', 'en'], sources: [], mean: 'tokens', over: 'both' },
        ...{ model: 'm', engine: {}, texts: 't', surveys: { de: survey, en: survey } },
    };
    const path = join(root, 'run', 'ppl.matrix.shard-1-of-2.json');
    const reads = (content: Json): Promise<unknown> =>
        read('ppl.matrix.shard-1-of-2.json', content, () => readMatrixShard(path));
    const over = ['both', 'all', 'response'];
    const opened = await Promise.allSettled(over.map((one) => reads({ ...shard, plan: { ...plan, over: one } })));
    const sound = { ...plan, over: over[opened.findIndex(({ status }) => status === 'fulfilled')]! };
    for (const changed of [
        { ...shard, plan: { ...sound, surveys: { de: survey } } },
        { ...shard, plan: { ...sound, languages: ['de', 'de'] } },
        { ...shard, plan: { ...sound, languages: ['de', 'en', '__proto__'] } },
        { ...shard, plan: sound, shard: 'one of two' },
        { ...shard, plan: sound, doses: [2] },
    ])
        await expect(reads(changed)).rejects.toMatchObject({ code: 'DAMAGED' });
});

it('neurons.json has every list by all its languages', async () => {
    const numbers: Json = { specific: 1, related: 0, total: 1 };
    const document: { [key: string]: Json } = {
        ...{ format: 'language-neurons/neurons', version: 1, method: 'paper', languages: ['de', 'en'], widths: [4] },
        ...{ topRate: 0.1, bar: 0.9, lambda: 1, threshold: 0, selected: 2, general: 0, milliseconds: 1 },
        ...{ histogram: [0, 2, 0], histogramAll: [2, 2, 0], layers: [{ specific: 2, related: 0, general: 0 }] },
        perLanguage: { de: numbers, en: numbers },
        stages: { seen: false, confidence: 0, rule: 'r', stages: [] },
        source: { ...someSource } as unknown as Json,
        neurons: { specific: { de: [[0, 1]], en: [[0, 2]] }, related: { de: [], en: [] }, general: [] },
    };
    const path = join(root, 'run', 'neurons.json');
    const reads = (content: Json | string): Promise<unknown> => read('neurons.json', content, () => readNeurons(path));
    expect(await reads(document)).toMatchObject({ languages: ['de', 'en'] });
    const text = JSON.stringify(document);
    for (const [from, to] of [
        ['"languages":["de","en"]', '"languages":["de","en","__proto__"]'],
        ['"languages":["de","en"]', '"languages":["de","de"]'],
        ['"histogram":[0,2,0]', '"histogram":[0,2]'],
        ['"histogramAll":[2,2,0]', '"histogramAll":[2,2,0,0]'],
        ['"layers":[', '"layers":[{"specific":2,"related":0,"general":0},'],
        ['"related":{"de":[],"en":[]}', '"related":{"de":[]}'],
        ['"perLanguage":{"de"', '"perLanguage":{"ja"'],
        ['[[0,1]]', '[[0,1,2]]'],
        ['[[0,1]]', '[[0,4]]'],
    ] as const) {
        expect(text).toContain(from);
        await expect(reads(text.replace(from, to)), to).rejects.toMatchObject({ code: 'DAMAGED' });
    }
});

it('a line of a journal has as many tokens as texts, and no number below 0', () => {
    const cell = {
        key: 'k',
        condition: 'c',
        language: 'de',
        logProbabilities: [-1, -2],
        tokens: [3, 4],
        bytes: [9, 12],
        decodedTokens: 9,
    };
    expect(cellShape.safeParse(cell).success).toBe(true);
    for (const change of [
        { tokens: [3] },
        { tokens: [3, 4, 5] },
        { tokens: [3, -4] },
        { bytes: [9] },
        { bytes: [9, 0.5] },
        { decodedTokens: -1 },
        { logProbabilities: [] },
    ])
        expect(cellShape.safeParse({ ...cell, ...change }).success, JSON.stringify(change)).toBe(false);
    const answer = {
        ...{ key: 'k', condition: 'c', language: 'de', index: 0, text: '', tokens: 1, promptTokens: 2 },
        end: 'stop',
    };
    expect(answerShape.safeParse(answer).success).toBe(true);
    for (const change of [{ index: -1 }, { tokens: -1 }, { tokens: 0.5 }, { promptTokens: -1 }, { end: 'cut' }])
        expect(answerShape.safeParse({ ...answer, ...change }).success).toBe(false);
});
