import { createHash } from 'node:crypto';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { Corpus } from '../../corpus/Corpus.js';
import type { AffineEdit } from '../../engine/types/edits.js';
import type { Engine } from '../../engine/Engine.js';
import { neuronsAt, type Site } from '../../engine/types/Site.js';
import { LanguageNeuronsError } from '../../errors.js';
import type { ModelState } from '../../interventions/ModelState.js';
import type { NeuronIndex } from '../../neurons/analysis/NeuronAnalysis.js';
import { asPrompts } from '../../questions/templates/chatSamples.js';
import type { Work } from '../../support/progress.js';
import { drawFrom, randomGenerator } from '../../support/randomGenerator.js';

/** Most tokens that give their activations, of all languages together: each is an edit that a context holds. */
const mostTokens = 32;

/** Activations of neurons at tokens of some texts, to take the place of those at other tokens. */
export interface Donors {
    readonly neurons: readonly NeuronIndex[];
    /** Mean activation of each neuron: over the tokens of a language, then over the languages. */
    readonly means: Float32Array;
    /** Drawn tokens, as many of each language: the place of their text in its language, and the activations there. */
    readonly tokens: readonly { readonly text: number; readonly values: Float32Array }[];
}

export interface DonorOptions extends Work {
    readonly neurons: readonly NeuronIndex[];
    readonly seed: number;
}

/**
 * Watches neurons over all texts of a corpus, and draws some tokens, each of another text.
 * @throws LanguageNeuronsError EMPTY for a corpus with fewer than two texts in every language; as `Engine.watch`
 */
export async function watchDonors(
    engine: Engine,
    corpus: Corpus,
    { neurons, seed, signal, progress }: DonorOptions,
): Promise<Donors> {
    const { languages } = corpus;
    const each = Math.max(1, Math.floor(mostTokens / languages.length));
    const generator = randomGenerator(seed);
    const means = new Float64Array(neurons.length);
    const tokens: Donors['tokens'][number][] = [];
    progress.stage('activations of other texts', languages.length);
    for (const language of languages) {
        const tally = new Tally(neurons.length);
        const drawn: Donors['tokens'][number][] = [];
        const samples = asPrompts(engine, corpus.samples(language));
        for await (const { values, tokens, place } of engine.watch(samples, { neurons, signal })) {
            tally.add(values);
            if (tokens.length === 0) continue;
            const token = uniformInt(generator, 0, tokens.length - 1);
            drawn.push({ text: place, values: values.slice(token * neurons.length, (token + 1) * neurons.length) });
        }
        for (const [j, mean] of tally.means().entries()) means[j]! += mean / languages.length;
        tokens.push(...drawFrom(drawn, Math.min(each, drawn.length), generator));
        progress.advance(1);
    }
    progress.done();
    if (new Set(tokens.map(({ text }) => text)).size < 2) {
        const mend = 'give at least two texts in a language';
        throw new LanguageNeuronsError('EMPTY', `${corpus.name}: there is no other text to take; ${mend}`);
    }
    return { neurons, means: Float32Array.from(means), tokens };
}

/** Sums of activations over tokens; those that an expert did not see are left out. */
class Tally {
    readonly #sums: Float64Array;
    readonly #tokens: Float64Array;

    constructor(neurons: number) {
        this.#sums = new Float64Array(neurons);
        this.#tokens = new Float64Array(neurons);
    }

    add(values: Float32Array): void {
        for (const [i, value] of values.entries()) {
            if (Number.isNaN(value)) continue;
            const j = i % this.#sums.length;
            this.#sums[j]! += value;
            this.#tokens[j]!++;
        }
    }

    means(): Float64Array {
        return this.#sums.map((sum, j) => (this.#tokens[j] === 0 ? 0 : sum / this.#tokens[j]!));
    }
}

/** The state in which some of the watched neurons have their mean activation at every token. */
export function meanState(donors: Donors, neurons: readonly NeuronIndex[], sites: readonly Site[]): ModelState {
    const values = valuesOf(donors, neurons, donors.means);
    return stateOf('mean', neurons, [values], () => replaced(neurons, values, sites));
}

/**
 * The state in which some of the watched neurons have, at every token, the activations that they have together at a
 * token of another text: one of those drawn, by chance.
 */
export function resampledState(
    donors: Donors,
    neurons: readonly NeuronIndex[],
    sites: readonly Site[],
    seed: number,
): ModelState {
    const { tokens } = donors;
    const values = tokens.map((token) => valuesOf(donors, neurons, token.values));
    const at = (position: number, _: number, text: number): number => {
        let place = uniformInt(randomGenerator(seed, position, text), 0, tokens.length - 1);
        while (tokens[place]!.text === text) place = (place + 1) % tokens.length;
        return place;
    };
    return stateOf(`resample ${seed}`, neurons, values, () => ({
        edits: values.map((one) => replaced(neurons, one, sites)),
        at,
    }));
}

/** A state whose name says all that shapes it; its edit is made when it is asked for. */
function stateOf(
    how: string,
    neurons: readonly NeuronIndex[],
    values: readonly Float32Array[],
    edit: () => NonNullable<ModelState['edit']>,
): ModelState {
    const hash = createHash('sha256').update(JSON.stringify([how, neurons]));
    for (const one of values) hash.update(new Uint8Array(one.buffer, one.byteOffset, one.byteLength));
    return {
        name: hash.digest('hex').slice(0, 16),
        interventions: [],
        neurons,
        get edit() {
            return edit();
        },
    };
}

/** The values of some of the watched neurons; where an expert did not see the token, the mean. */
function valuesOf(
    { neurons: watched, means }: Donors,
    neurons: readonly NeuronIndex[],
    all: Float32Array,
): Float32Array {
    const places = new Map(watched.map((neuron, place) => [String(neuron), place]));
    return Float32Array.from(neurons, (neuron) => {
        const place = places.get(String(neuron))!;
        return Number.isNaN(all[place]!) ? means[place]! : all[place]!;
    });
}

function replaced(neurons: readonly NeuronIndex[], values: Float32Array, sites: readonly Site[]): AffineEdit {
    const sizes = sites.map(neuronsAt);
    const factors = sizes.map((size) => new Float32Array(size).fill(1));
    const offsets = sizes.map((size) => new Float32Array(size));
    for (const [i, [site, index]] of neurons.entries()) {
        factors[site]![index] = 0;
        offsets[site]![index] = values[i]!;
    }
    return { factors, offsets };
}
