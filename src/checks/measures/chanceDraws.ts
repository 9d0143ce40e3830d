import type { Activations, Counts } from '../../activations/Activations.js';
import {
    activationProbabilities,
    assessable,
    type Probabilities,
} from '../../neurons/scores/activationProbabilities.js';
import type { NeuronAnalysis } from '../../neurons/analysis/NeuronAnalysis.js';
import { drawFrom, randomGenerator } from '../../support/randomGenerator.js';
import { randomNumbers } from '../../support/randomNumbers.js';
import { dealTokens } from './dealtTokens.js';

/** Counts as [n, l] numbers: how often each neuron was active, and of how many tokens. */
interface Tallies {
    readonly active: Float64Array;
    readonly tokens: Float64Array;
}

/** Draws probabilities of the same neurons in which no language differs from another but by chance. */
export interface ChanceDraws {
    /** How, for a sentence. */
    readonly by: 'permuted' | 'dealt';
    /** Parts of each language's texts that were permuted; 0 where there were none. */
    readonly folds: number;
    readonly draw: (seed: number, repeat: number) => Probabilities;
}

/**
 * Makes counts of languages that do not differ. Where the counts were kept in folds, the parts of the texts are
 * permuted among languages. Without folds, each neuron's active tokens are dealt to the tokens of all languages: that
 * is what independent tokens would give, while tokens of one text are alike, so that it finds less.
 */
export function chanceDraws(activations: Activations, analysis: NeuronAnalysis): ChanceDraws {
    const tallied = talliesOf(activations, analysis);
    const { folds = [] } = activations;
    if (folds.length < 2 || folds.some(({ tokens }) => tokens.some((number) => number === 0n)))
        return { by: 'dealt', folds: 0, draw: dealtCounts(tallied(activations), tallied.rows) };
    return { by: 'permuted', folds: folds.length, draw: permuted(folds.map(tallied), tallied.rows) };
}

type Rows = Pick<Probabilities, 'n' | 'l' | 'locate'>;

/** How counts of the neurons of an analysis become tallies. */
function talliesOf(
    activations: Activations,
    { experts }: NeuronAnalysis,
): ((counts: Counts) => Tallies) & { rows: Rows } {
    const assessed = experts === undefined ? undefined : assessable(activations, experts.minRouted);
    const probabilities = (counts: Counts): Probabilities =>
        activationProbabilities({ ...activations, ...counts }, experts, assessed);
    const tallied = (counts: Counts): Tallies => {
        // what one token more adds to a probability is one over their number
        const one = { ...counts, counts: counts.counts.map(({ length }) => new BigInt64Array(length).fill(1n)) };
        const tokens = probabilities(one).p.map((share) => (share === 0 ? 0 : Math.round(1 / share)));
        return { active: probabilities(counts).p.map((p, i) => Math.round(p * tokens[i]!)), tokens };
    };
    const { n, l, locate } = probabilities(activations);
    return Object.assign(tallied, { rows: { n, l, locate } });
}

/**
 * Permutes parts of the texts among languages, each part by what it has more or fewer than its language's mean: so text
 * differs from text as measured, and no language from another (ter Braak 1992: residuals are permuted, since labels
 * permuted as they are would leave some languages more of their own parts than others).
 */
function permuted(parts: readonly Tallies[], { n, l, locate }: Rows): ChanceDraws['draw'] {
    const rates = pooledRates(parts, n, l);
    const residuals = parts.map((part) => residualsOf(part, parts));
    const blocks = parts.flatMap((part, f) => Array.from({ length: l }, (_, k) => ({ f, k, tokens: part.tokens })));
    return (seed, repeat) => {
        const order = drawFrom([...blocks], blocks.length, randomGenerator(seed, repeat));
        const p = new Float64Array(n * l);
        const tokens = new Float64Array(n * l);
        for (const [place, { f, k: from, tokens: some }] of order.entries()) {
            const to = place % l;
            const residual = residuals[f]!;
            for (let row = 0; row < n; row++) {
                p[row * l + to]! += residual[row * l + from]!;
                tokens[row * l + to]! += some[row * l + from]!;
            }
        }
        for (let i = 0; i < p.length; i++) {
            const more = tokens[i] === 0 ? 0 : p[i]! / tokens[i]!;
            p[i] = Math.min(1, Math.max(0, rates[Math.floor(i / l)]! + more));
        }
        return { p, n, l, locate };
    };
}

/** What a part has more than its language's mean over all parts, widened by what the mean took of it. */
function residualsOf({ active, tokens }: Tallies, parts: readonly Tallies[]): Float64Array {
    const wider = Math.sqrt(parts.length / (parts.length - 1));
    return active.map((number, i) => {
        const [all, of] = sumsAt(parts, i);
        return of === 0 ? 0 : wider * (number - (tokens[i]! * all) / of);
    });
}

/** How often a neuron was active in a language, over all parts, and of how many tokens. */
function sumsAt(parts: readonly Tallies[], i: number): [active: number, tokens: number] {
    let [active, tokens] = [0, 0];
    for (const part of parts) {
        active += part.active[i]!;
        tokens += part.tokens[i]!;
    }
    return [active, tokens];
}

/** The rate of each neuron over all languages. Length n. */
function pooledRates(parts: readonly Tallies[], n: number, l: number): Float64Array {
    return Float64Array.from({ length: n }, (_, row) => {
        let [active, tokens] = [0, 0];
        for (let k = 0; k < l; k++) {
            const [some, of] = sumsAt(parts, row * l + k);
            active += some;
            tokens += of;
        }
        return tokens === 0 ? 0 : active / tokens;
    });
}

/**
 * Each neuron's active tokens dealt anew to all tokens of all languages, each of which is as likely. So a neuron keeps
 * its number of active tokens. Numbers drawn at its rate would not: they spread neurons' rates, and so τ, more than
 * chance did, and fewer neurons would be high in one language alone.
 */
function dealtCounts({ active, tokens }: Tallies, { n, l, locate }: Rows): ChanceDraws['draw'] {
    const sums = Float64Array.from({ length: n }, (_, row) => {
        let sum = 0;
        for (let i = row * l; i < (row + 1) * l; i++) sum += active[i]!;
        return sum;
    });
    return (seed, repeat) => {
        const numbers = randomNumbers(randomGenerator(seed, repeat));
        const p = new Float64Array(n * l);
        for (let row = 0; row < n; row++) dealTokens(sums[row]!, { tokens, dealt: p, from: row * l, l }, numbers);
        for (let i = 0; i < p.length; i++) if (tokens[i]! > 0) p[i]! /= tokens[i]!;
        return { p, n, l, locate };
    };
}
