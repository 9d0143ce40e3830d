import type {
    CellInterval,
    CellTests,
    DeactivationMatrix,
    DeactivationSet,
} from '../../../src/experiments/results/DeactivationMatrix.js';
import type { DoseCurves } from '../../../src/experiments/results/DoseCurves.js';
import { compare } from '../../../src/experiments/comparisons/compare.js';
import type { Comparison } from '../../../src/experiments/results/Comparison.js';
import { deactivation, type Operation } from '../../../src/interventions/Operation.js';
import { findStages } from '../../../src/neurons/classes/findStages.js';
import type {
    Interval,
    LayerCounts,
    NeuronAnalysis,
    NeuronIndex,
    Stability,
} from '../../../src/neurons/analysis/NeuronAnalysis.js';
import type { Said } from '../../../src/experiments/givenAnswers/saidAnswers.js';
import type { ReportAnswers } from '../../../src/report/input/readAnswers.js';
import type { ReportInput } from '../../../src/report/input/Report.js';
import { someMeasurement, someSource } from '../../helpers/analysed.js';
import { untested } from '../../helpers/untested.js';

const tags = [
    'en',
    'ru',
    'es',
    'fr',
    'de',
    'zh',
    'ja',
    'bn',
    'th',
    'sw',
    'ar',
    'hi',
    'ko',
    'pt',
    'it',
    'nl',
    'pl',
    'tr',
    'uk',
    'vi',
    'id',
    'cs',
    'el',
    'he',
    'sv',
    'fi',
    'hu',
    'ro',
    'ta',
    'ur',
];

export interface FixtureOptions {
    readonly languages?: readonly string[];
    /** Takes that many of a list of tags instead of `languages`. */
    readonly l?: number;
    readonly layers?: number;
    readonly width?: number;
    /** Factor on the numbers of specific neurons. */
    readonly specific?: number;
    /** How much more than others a language is hurt by the loss of its neurons; 0 for no effect. */
    readonly effect?: number;
    readonly matrix?: boolean;
    /** With the certainty that so many folds give. */
    readonly folds?: number;
}

/** A number in [0, 1) that depends on its arguments alone. */
function noise(...seed: number[]): number {
    const x = Math.sin(seed.reduce((sum, value, index) => sum + value * (index * 78.233 + 12.9898), 1)) * 43758.5453;
    return x - Math.floor(x);
}

/** An analysis in the shape of the paper's: language neurons at both ends, general ones in between and at the end. */
export function buildAnalysis(options: FixtureOptions = {}): NeuronAnalysis {
    const { layers = 32, width = 14336, specific = 1 } = options;
    const languages = options.languages ?? tags.slice(0, options.l ?? 10);
    const l = languages.length;
    const perLayer = Array.from({ length: layers }, (_, i): LayerCounts => {
        const depth = layers === 1 ? 0 : i / (layers - 1);
        const ends = Math.exp(-((depth / 0.12) ** 2)) + 0.7 * Math.exp(-(((depth - 0.93) / 0.07) ** 2)) + 0.05;
        const middle = 0.3 + depth ** 3 * 1.4 - 0.5 * Math.exp(-(((depth - 0.93) / 0.05) ** 2));
        return {
            specific: Math.round(220 * ends * (0.8 + 0.4 * noise(i, 1)) * specific),
            related: l === 2 ? 0 : Math.round(150 * ends * (0.8 + 0.4 * noise(i, 2))),
            general: Math.round(260 * middle * (0.8 + 0.4 * noise(i, 3))),
        };
    });
    const total = (kind: keyof LayerCounts) => perLayer.reduce((sum, layer) => sum + layer[kind], 0);
    // Each N has half of what is left; the last takes the rest, so that the sums agree.
    const relatedByN: number[] = [];
    for (let n = 2, left = total('related'); n < l; n++) {
        relatedByN.push(n === l - 1 ? left : Math.round(left / 2));
        left -= relatedByN.at(-1) ?? 0;
    }
    const histogram = [Math.round(total('specific') * 0.7), total('specific'), ...relatedByN, 0];
    const neurons = layers * width;
    const tail = histogram.map((count, n) => (n === 0 ? 0 : count + Math.round(neurons * 0.01 * 0.6 ** n)));
    tail[l] = total('general');
    const histogramAll = [neurons - tail.reduce((sum, count) => sum + count, 0), ...tail.slice(1)];
    const perLanguage = Object.fromEntries(
        languages.map((language, k) => {
            const own = Math.round((total('specific') / l) * (k === 0 ? 0.2 : 0.7 + 0.6 * noise(k, 4)));
            const shared = l === 2 ? 0 : Math.round((total('related') / l) * (2 + noise(k, 5)));
            return [language, { specific: own, related: shared, total: own + shared }];
        }),
    );
    const index: NeuronIndex = [0, 0];
    return {
        method: 'paper',
        source: someSource,
        languages,
        widths: perLayer.map(() => width),
        topRate: 0.01,
        bar: 0.95,
        lambda: 0.109375,
        threshold: 0.5644363,
        selected: histogram.reduce((sum, count) => sum + count, 0),
        histogram,
        histogramAll,
        general: total('general'),
        perLanguage,
        layers: perLayer,
        stages: findStages(
            perLayer,
            perLayer.map(() => width),
        ),
        ...(options.folds === undefined
            ? {}
            : { stability: buildStability(languages, perLanguage, total('general'), options.folds) }),
        milliseconds: 1234.5,
        neurons: {
            specific: { ...noneEach(languages), [languages[0] ?? '']: [index] },
            related: noneEach(languages),
            general: [index],
        },
    };
}

function noneEach(languages: readonly string[]): Record<string, NeuronIndex[]> {
    return Object.fromEntries(languages.map((language) => [language, []]));
}

function buildStability(
    languages: readonly string[],
    perLanguage: NeuronAnalysis['perLanguage'],
    general: number,
    folds: number,
): Stability {
    const around = (value: number): Interval => [Math.max(0, value * 0.8 - 3), value * 1.2 + 3];
    return {
        folds,
        halves: 6,
        classes: {
            specific: { kept: 0.81234, overlap: 0.5 },
            related: { kept: 0.9, overlap: 0.71 },
            general: { kept: general === 0 ? null : 0.99, overlap: general === 0 ? null : 0.97 },
        },
        intervals: {
            general: around(general),
            perLanguage: Object.fromEntries(
                languages.map((language) => {
                    const { specific, related, total } = perLanguage[language]!;
                    return [language, { specific: around(specific), related: around(related), total: around(total) }];
                }),
            ),
        },
    };
}

/** Analyses of a series: as many neurons moved by a little from one to the next. */
export function buildComparison(
    labels: readonly string[] = ['base', 'aligned'],
    trained: readonly string[] = ['de', 'zh'],
    options: FixtureOptions = {},
): Comparison {
    return compare(
        labels.map((label, step) => {
            const analysis = buildAnalysis({ ...options, specific: 1 - 0.1 * step });
            const own = (count: number, from: number): NeuronIndex[] =>
                Array.from({ length: count }, (_, j): NeuronIndex => [0, from + j]);
            const lists = (from: number): Record<string, NeuronIndex[]> =>
                Object.fromEntries(analysis.languages.map((language, k) => [language, own(5, from + 20 * k + step)]));
            return {
                label,
                matrices: options.matrix === false ? [] : measured(analysis.languages, step),
                analysis: {
                    ...analysis,
                    neurons: { specific: lists(0), related: lists(1000), general: own(30, 3000 + 3 * step) },
                },
            };
        }),
        trained,
    );
}

/** Two matrices without sets: the whole model answers one question more at each step of a series. */
function measured(languages: readonly string[], step: number): DeactivationMatrix[] {
    const right = Object.fromEntries(
        languages.map((language, k) => [
            language,
            {
                numerators: Array.from({ length: 20 }, (_, i) => (i <= k + step ? 1 : 0)),
                weights: new Array<number>(20).fill(1),
            },
        ]),
    );
    return [
        { ...buildMatrix(languages), sets: {} },
        {
            ...someMeasurement,
            metric: 'accuracy',
            settings: { questions: 'mgsm', controls: 2, seed: 1 },
            languages,
            sets: {},
            whole: right,
            decodedTokens: 1,
        },
    ];
}

/** One matrix: the own language suffers `effect`, the others a tenth of it, the control next to nothing. */
export function buildSet(languages: readonly string[], effect: number, neurons = 600): DeactivationSet {
    const baseline = languages.map((_, k) => 4 + 9 * noise(k, 6));
    const grid = (of: (r: number, c: number) => number) => languages.map((_, r) => languages.map((_, c) => of(r, c)));
    const change = grid((r, c) => {
        const size = r === c ? effect * (0.3 + 3 * noise(r, 7) ** 3) : effect * 0.08 * noise(r, c, 8);
        return (size + 0.03 * (noise(r, c, 9) - 0.4)) * (baseline[c] ?? 1);
    });
    const control = grid((r, c) => 0.02 * (noise(r, c, 10, neurons) - 0.3) * (baseline[c] ?? 1));
    const around = (of: number[][]) => of.map((row) => row.map((value): CellInterval => [value - 0.05, value + 0.05]));
    const tested = (of: number[][]): CellTests => {
        const p = of.map((row) => row.map((value) => Math.exp(-80 * Math.abs(value))));
        return { p, q: p.map((row) => row.map((one) => Math.min(1, 2 * one))) };
    };
    const beyondControl = grid((r, c) => (change[r]?.[c] ?? 0) - (control[r]?.[c] ?? 0));
    const values = grid((r, c) => (baseline[c] ?? 0) + (change[r]?.[c] ?? 0));
    return {
        rows: languages,
        columns: languages,
        baseline,
        change,
        values,
        control,
        controls: [control, control],
        beyondControl,
        intervals: {
            baseline: baseline.map((value): CellInterval => [value - 0.05, value + 0.05]),
            values: around(values),
            change: around(change),
            beyondControl: around(beyondControl),
        },
        ...untested(languages.length),
        tests: { change: tested(change), beyondControl: tested(beyondControl) },
        samples: grid((_, c) => 12000 + c * 371),
        neurons: languages.map((_, r) => Math.round(neurons * (0.5 + noise(r, 11)))),
    };
}

/**
 * Accuracy on `questions` questions of each language: the whole model answers `right` of them, the language's own
 * neurons cost it `lost` in their own language and nothing in others; random ones cost nothing.
 */
export function buildAccuracy(
    languages: readonly string[],
    right: readonly number[],
    lost: readonly number[],
    questions = 20,
): DeactivationMatrix {
    const grid = <T>(of: (r: number, c: number) => T) => languages.map((_, r) => languages.map((_, c) => of(r, c)));
    const baseline = right.map((count) => count / questions);
    const change = grid((r, c) => (r === c ? -(lost[r] ?? 0) / questions : 0));
    const none = grid(() => 0);
    const around = grid((r, c): CellInterval => [(change[r]?.[c] ?? 0) - 0.01, (change[r]?.[c] ?? 0) + 0.01]);
    const set: DeactivationSet = {
        rows: languages,
        columns: languages,
        baseline,
        change,
        values: grid((r, c) => (baseline[c] ?? 0) + (change[r]?.[c] ?? 0)),
        control: none,
        controls: [none],
        beyondControl: change,
        intervals: { baseline: languages.map(() => null), values: around, change: around, beyondControl: around },
        samples: grid(() => questions),
        neurons: languages.map(() => 5),
        ...untested(languages.length),
    };
    return {
        ...someMeasurement,
        metric: 'accuracy',
        settings: { questions: 'mgsm', controls: 1, seed: 1 },
        languages,
        sets: { 'specific+related': set },
        whole: {},
        decodedTokens: 1,
    };
}

/** The three sets, each larger and more harmful than the one before. */
export function buildMatrix(languages: readonly string[], effect = 0.4): DeactivationMatrix {
    return {
        ...someMeasurement,
        metric: 'ppl',
        settings: { data: 'udhr', mean: 'tokens', over: 'response', controls: 2, seed: 1 },
        languages,
        sets: {
            specific: buildSet(languages, effect, 190),
            'specific+related': buildSet(languages, effect * 2.5, 620),
            'specific+related+general': buildSet(languages, effect * 900, 8400),
        },
        whole: Object.fromEntries(
            languages.map((language) => [language, { numerators: [900, 1200], weights: [500, 600] }]),
        ),
        decodedTokens: 8_412_000,
    };
}

/** Neurons of the paper's model, that doses are shares of. */
const paperNeurons = 458_752;

/** Three doses, each more harmful than the one before. */
export function buildCurves(languages: readonly string[], effect = 0.1): DoseCurves {
    const { sets: _, ...measured } = buildMatrix(languages);
    const doses = [0.001, 0.005, 0.02].map((share, i) => ({
        share,
        set: buildSet(languages, effect * 8 ** i, Math.round(share * paperNeurons)),
    }));
    return { ...measured, total: paperNeurons, doses };
}

/** One question of ten is answered in the first language without a language's neurons, and one in none. */
export function buildAnswers(
    languages: readonly string[],
    text = 'An answer.',
    operation: Operation = deactivation,
): ReportAnswers {
    const said = (language: string | undefined): Said => ({ text, language, cut: language === undefined });
    const counts = (changed?: string) =>
        languages.map((asked) => [
            ...languages.map(
                (told, t) => (asked !== told ? 0 : asked === changed ? 8 : 10) + (asked === changed && t === 0 ? 1 : 0),
            ),
            asked === changed ? 1 : 0,
        ]);
    return {
        metric: 'accuracy',
        operation,
        set: 'specific+related',
        rows: languages,
        asked: languages,
        told: [...languages, undefined],
        whole: counts(),
        changed: languages.map(counts),
        pairs: languages.flatMap((language) => [
            { language, index: 3, whole: said(language), changed: said(languages[0]) },
            { language, index: 4, whole: said(language), changed: said(undefined) },
        ]),
        questions: languages.map((language) => ({ language, index: 3, text: `A question in ${language}?`, answer: 1 })),
    };
}

/** A whole input, realistic by default. */
export function buildInput(options: FixtureOptions = {}): ReportInput {
    const analysis = buildAnalysis(options);
    return {
        title: 'Language neurons of MathOctopus-7B',
        analysis,
        tokens: Object.fromEntries(
            analysis.languages.map((language, k) => [language, 400_000 + Math.round(90_000 * noise(k, 12))]),
        ),
        source: {
            model: {
                name: 'MistralMathOctopus-7B',
                architecture: 'llama',
                quantization: 'Q4_K_M',
                fingerprint: '3b1f'.repeat(16),
            },
            dataset: { name: 'mgsm', hash: '9c0d'.repeat(16) },
            versions: {
                'language-neurons': '0.1.0',
                'llama.cpp': 'v0.4.0',
                'node-llama-cpp': '3.21.1',
                backend: 'cpu (x64)',
            },
        },
        matrices: options.matrix === false ? [] : [buildMatrix(analysis.languages, options.effect)],
        generatedBy: { version: '0.1.0', command: 'language-neurons report runs/mgsm --data mgsm' },
        notes: ['Counts come from the responses alone.'],
    };
}
