import type { TokenTexts } from '../engine/passes/TokenTexts.js';
import { tokenText } from '../support/tokenText.js';
import type { Example, NeuronExamples, SampledExample } from './NeuronExamples.js';
import { priorityOf, SampledTokens } from './SampledTokens.js';
import { StrongestTokens } from './StrongestTokens.js';
import type { WindowRow } from './TextWindow.js';
import { type TokenKinds, tokenKinds } from './TokenKinds.js';

/** Sums are whole multiples of this, so that they are the same in whatever order they are added. */
const sumStep = 2 ** -20;

/** A token that made a neuron active, its neighbours not written out yet. */
interface Found {
    readonly text: number;
    readonly key: number;
    readonly position: number;
    readonly value: number;
    readonly tokens: Int32Array;
    readonly values: Float32Array;
    readonly at: number;
}

interface NeuronTally {
    active: number;
    readonly histogram: number[];
    readonly strongest: StrongestTokens<Found>;
    readonly sample: SampledTokens<Found>;
    /** By index of `tokenKinds`; the last is of beginnings of words. */
    readonly actives: Float64Array;
    readonly sums: Float64Array;
}

const wordBeginnings = tokenKinds.length;

/** What some texts of one language make active, each neuron's apart. */
export class ChunkTally {
    readonly #neurons: readonly NeuronTally[];
    readonly #edges: readonly number[];
    readonly #kinds: TokenKinds;
    readonly #seed: number;
    /** Tokens of each kind, then those that begin a word. */
    readonly kinds = new Float64Array(tokenKinds.length + 1);
    tokens = 0;

    /** @param edges see `ExamplesHead.edges` */
    constructor(neurons: number, edges: readonly number[], kinds: TokenKinds, seed: number) {
        this.#edges = edges;
        this.#kinds = kinds;
        this.#seed = seed;
        this.#neurons = Array.from({ length: neurons }, () => ({
            active: 0,
            histogram: new Array<number>(edges.length).fill(0),
            strongest: new StrongestTokens<Found>(),
            sample: new SampledTokens<Found>(),
            actives: new Float64Array(tokenKinds.length + 1),
            sums: new Float64Array(tokenKinds.length + 1),
        }));
    }

    /** @param key of the text, 48 bits; @param text its place among the language's */
    add(window: WindowRow, key: number, text: number): void {
        const { values, row, tokens, from, position } = window;
        const n = this.#neurons.length;
        const { kind, beginsWord } = this.#kinds.kindOf(tokens, row);
        this.tokens++;
        this.kinds[kind]!++;
        if (beginsWord) this.kinds[wordBeginnings]!++;
        const priority = priorityOf(key, position, this.#seed);
        for (let j = 0; j < n; j++) {
            const value = values[row * n + j]!;
            if (!(value > 0 && value < Infinity)) continue; // NaN: its expert was not chosen
            const neuron = this.#neurons[j]!;
            neuron.active++;
            neuron.histogram[binOf(value, this.#edges)]!++;
            const steps = Math.round(value / sumStep);
            neuron.actives[kind]!++;
            neuron.sums[kind]! += steps;
            if (beginsWord) {
                neuron.actives[wordBeginnings]!++;
                neuron.sums[wordBeginnings]! += steps;
            }
            const isStrong = neuron.strongest.wants(value, key);
            const isDrawn = neuron.sample.wants(priority);
            if (!isStrong && !isDrawn) continue;
            const found = { text, key, position, value, ...around(window, j, n), at: row - from };
            if (isStrong) neuron.strongest.add(found);
            if (isDrawn) neuron.sample.add(found, priority);
        }
    }

    /** Of each neuron, in their order. */
    examples(language: string, texts: TokenTexts): NeuronExamples[] {
        const known = new Map<number, string>();
        const textOf = (token: number): string => {
            const text = known.get(token) ?? tokenText(texts.bytesOf(token, true));
            known.set(token, text);
            return text;
        };
        // In the order of the file's properties, so that what was read and what was found give the same bytes.
        const exampleOf = ({ text, key, position, value, tokens, values, at }: Found): Example => ({
            ...{ text, key, position, value },
            ...{ tokens: Array.from(tokens, textOf), values: Array.from(values, rounded), at },
        });
        return this.#neurons.map(({ active, histogram, strongest, sample, actives, sums }): NeuronExamples => {
            const shareOf = (i: number) => ({ active: actives[i]!, sum: sums[i]! });
            const list = strongest.all().map(exampleOf);
            return {
                languages: active === 0 ? {} : { [language]: { active, histogram, strongest: list } },
                kinds: Object.fromEntries(
                    tokenKinds.flatMap((kind, i) => (actives[i] === 0 ? [] : [[kind, shareOf(i)] as const])),
                ),
                wordBeginnings: shareOf(wordBeginnings),
                sample: sample.all().map((found): SampledExample => ({ ...exampleOf(found), language })),
            };
        });
    }
}

function around(
    { values, tokens, from, to }: WindowRow,
    neuron: number,
    n: number,
): { readonly tokens: Int32Array; readonly values: Float32Array } {
    const own = new Float32Array(to - from);
    for (let i = from; i < to; i++) own[i - from] = values[i * n + neuron]!;
    return { tokens: tokens.slice(from, to), values: own };
}

/** To two digits; what is not active is 0. */
function rounded(value: number): number {
    return value > 0 ? Number(value.toPrecision(2)) : 0;
}

/** The last bin whose lower edge is not above a value. */
function binOf(value: number, edges: readonly number[]): number {
    let [low, high] = [0, edges.length - 1];
    while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (edges[middle]! <= value) low = middle;
        else high = middle - 1;
    }
    return low;
}
