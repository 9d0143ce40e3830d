import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { buildSet, estimates } from '../../src/experiments/matrices/buildSet.js';
import { accuracy } from '../../src/experiments/answerMetrics/accuracy.js';
import type { DeactivationSet } from '../../src/experiments/results/DeactivationMatrix.js';
import type { Cell } from '../../src/experiments/statistics/estimates.js';
import type { Measurements, MetricFacts } from '../../src/experiments/metric/Metric.js';
import { ppl } from '../../src/experiments/textMetrics/perplexity.js';
import { type ModelState, wholeModel } from '../../src/interventions/ModelState.js';
import { randomGenerator } from '../../src/support/randomGenerator.js';

/** What is simulated: a matrix of so many languages, a share of whose cells have an effect beyond the controls'. */
export interface SimulatedMatrix {
    readonly metric: 'ppl' | 'accuracy';
    readonly languages: number;
    /** Texts or questions of a language. */
    readonly units: number;
    readonly controls: number;
    /** Of row r in column c: rise of log-perplexity, or fall of accuracy, beyond a control's. */
    readonly effect: (r: number, c: number) => number;
    readonly seed: number;
    /** Default: true. Resampling for them takes most of the time; without them they are null. */
    readonly intervals?: boolean;
}

/** Of a text's change: like that of texts of the UDHR on Gemma 3 270M, where it is 0.024 with a skew of 0.2. */
const spread = 0.03;
/** Of the whole model. */
const logPerplexity = 3;
/** A whole model's accuracy. */
const right = 0.5;
/** How often a question that was answered rightly, or wrongly, is not after a change that has no effect. */
const flipped = 0.1;

/** Draws of one seed. */
class Draws {
    readonly #generator: ReturnType<typeof randomGenerator>;

    constructor(seed: number, index: number) {
        this.#generator = randomGenerator(seed, index);
    }

    uniform(): number {
        return 1 - uniformFloat64(this.#generator);
    }

    normal(): number {
        return Math.sqrt(-2 * Math.log(this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
    }

    /** Of mean 0 and deviation 1, with a skew of 0.5: a sum of 16 exponential draws. */
    skewed(): number {
        let sum = 0;
        for (let i = 0; i < 16; i++) sum -= Math.log(this.uniform());
        return (sum - 16) / 4;
    }
}

/** What a metric is after an effect, on endless texts. */
function valueOf(metric: SimulatedMatrix['metric']): (effect: number) => number {
    return metric === 'ppl' ? (effect) => Math.exp(logPerplexity + effect) : (effect) => -effect;
}

/** A set made by `buildSet` of measurements that are drawn, and what its cells would be on endless texts. */
export function simulateMatrix(simulated: SimulatedMatrix): {
    readonly set: DeactivationSet;
    /** Of `beyondControl`. */
    readonly truth: (r: number, c: number) => number;
} {
    const { metric, languages: l, controls, intervals = true } = simulated;
    const languages = Array.from({ length: l }, (_, k) => `l${k}`);
    const named = (name: string): ModelState => ({ ...wholeModel, name, neurons: [[0, 0]] });
    const own = languages.map((_, r) => named(`own ${r}`));
    const others = Array.from({ length: controls }, (_, s) => languages.map((_, r) => named(`control ${s} ${r}`)));
    const cells = new Map<string, Cell>();
    for (const [c, language] of languages.entries()) {
        const draw = metric === 'ppl' ? scored(simulated, c) : answered(simulated, c);
        cells.set(`${wholeModel.name}/${language}`, draw.whole);
        for (const [r, { name }] of own.entries())
            cells.set(`${name}/${language}`, draw.changed(simulated.effect(r, c)));
        for (const { name } of others.flat()) cells.set(`${name}/${language}`, draw.changed(0));
    }
    const kind = metric === 'ppl' ? ppl : accuracy;
    const none = { resamples: false, ofValue: () => null, ofDifference: () => null };
    const facts: MetricFacts = {
        kind: intervals ? kind : { ...kind, intervals: { ...kind.intervals, ...none } },
        ...{ languages, settings: {} },
    };
    const cell = (state: ModelState, language: string): Cell => cells.get(`${state.name}/${language}`)!;
    const measurements: Measurements = { cell, settings: {}, decodedTokens: () => 0 };
    const set = buildSet(facts, { own, controls: others }, estimates(facts, measurements));
    return {
        set,
        truth: (r, c) => {
            const value = valueOf(metric);
            return value(simulated.effect(r, c)) - value(0);
        },
    };
}

interface DrawnColumn {
    readonly whole: Cell;
    readonly changed: (effect: number) => Cell;
}

/** Texts of a language: their lengths, how hard they are, and a skewed change of each. */
function scored({ units, seed, languages }: SimulatedMatrix, c: number): DrawnColumn {
    const draws = new Draws(seed, c + languages);
    const tokens = Float64Array.from({ length: units }, () => Math.round(Math.exp(4 + 0.55 * draws.normal())));
    const hard = tokens.map(() => logPerplexity + 0.3 * draws.normal());
    const cellOf = (change: (i: number) => number): Cell => ({
        numerators: tokens.map((weight, i) => weight * (hard[i]! + change(i))),
        weights: tokens,
        samples: tokens.reduce((sum, one) => sum + one, 0),
    });
    return {
        whole: cellOf(() => 0),
        // the greater an effect, the more it differs from text to text
        changed: (effect) => cellOf(() => effect + (spread + 0.3 * effect) * draws.skewed()),
    };
}

/** Questions of a language, and which of the answers turn. */
function answered({ units, seed, languages }: SimulatedMatrix, c: number): DrawnColumn {
    const draws = new Draws(seed, c + languages);
    const before = Float64Array.from({ length: units }, () => Number(draws.uniform() <= right));
    const cellOf = (numerators: Float64Array): Cell => ({
        numerators,
        weights: new Float64Array(units).fill(1),
        samples: units,
    });
    return {
        whole: cellOf(before),
        changed: (effect) =>
            cellOf(
                before.map((one) => {
                    const turns = draws.uniform() <= flipped + (one === 1 ? effect / right : 0);
                    return turns ? 1 - one : one;
                }),
            ),
    };
}
