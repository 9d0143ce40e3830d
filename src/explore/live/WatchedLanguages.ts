import type { Activations } from '../../activations/Activations.js';
import type { WatchedNeuron } from '../../engine/types/watchTypes.js';
import type { NeuronAnalysis } from '../../neurons/analysis/NeuronAnalysis.js';
import { neuronsOf } from '../../neurons/sets/neuronsOf.js';
import { type NeuronTable, neuronTable } from '../../neurons/tables/neuronTable.js';
import { Turns } from '../../support/Turns.js';
import { sum } from '../../support/averages.js';
import { type LanguageShares, type LiveFacts, type LiveSet, liveSets, type TokenTrace } from './liveFormat.js';

/** Neurons that are named for each token. */
const mostNamed = 12;

/** The neurons of an analysis that a text's tokens are watched at, and what their activations come to by language. */
export class WatchedLanguages {
    /** Every specific and related neuron once. */
    readonly neurons: readonly WatchedNeuron[];
    readonly shares: LiveFacts['shares'];
    /** Flat index of each watched neuron. */
    readonly #flats: readonly number[];
    /** Columns of each language's neurons. */
    readonly #columns: Readonly<Record<LiveSet, readonly (readonly number[])[]>>;

    /** @throws LanguageNeuronsError MISMATCH for an analysis of other counts */
    constructor(activations: Activations, analysis: NeuronAnalysis) {
        const table = neuronTable(activations, analysis);
        const flatOf = ([site, index]: WatchedNeuron): number => table.starts[site]! + index;
        const flats = bySet((set) => analysis.languages.map((tag) => neuronsOf(analysis, tag, set).map(flatOf)));
        const all = analysis.languages.flatMap((tag) => neuronsOf(analysis, tag, 'specific+related'));
        const byFlat = new Map(all.map((one) => [flatOf(one), one]));
        this.neurons = [...byFlat.values()];
        this.#flats = [...byFlat.keys()];
        const columns = new Map(this.#flats.map((flat, column) => [flat, column]));
        this.#columns = bySet((set) => flats[set].map((list) => list.map((flat) => columns.get(flat)!)));
        const tokens = Array.from(activations.tokens, Number);
        this.shares = bySet((set) => flats[set].map((list, k) => sharesOf(list, k, table, tokens)));
    }

    /**
     * What fires at each token. An expert's neuron whose expert was not chosen is not active, as in `shares`.
     * @param values `[tokens, neurons]`, row-major; NaN where an expert was not chosen
     */
    async trace(values: Float32Array): Promise<Pick<TokenTrace, 'shares' | 'strongest'>> {
        const width = this.neurons.length;
        const turns = new Turns();
        const shares = bySet((set) => this.#columns[set].map((): (number | null)[] => []));
        const strongest: TokenTrace['strongest'][number][] = [];
        for (let at = 0; at < values.length; at += width) {
            const row = values.subarray(at, at + width);
            for (const set of liveSets)
                for (const [k, columns] of this.#columns[set].entries())
                    shares[set][k]!.push(activeShare(row, columns));
            strongest.push(this.#strongest(row));
            if (turns.due) await turns.give();
        }
        return { shares, strongest };
    }

    #strongest(row: Float32Array): TokenTrace['strongest'][number] {
        const active = [...row.keys()].filter((column) => row[column]! > 0);
        const first = active.sort((a, b) => row[b]! - row[a]!).slice(0, mostNamed);
        return first.map((column) => [this.#flats[column]!, rounded(row[column]!)]);
    }
}

function bySet<T>(of: (set: LiveSet) => T): Record<LiveSet, T> {
    return { specific: of('specific'), 'specific+related': of('specific+related') };
}

/** @param flats a language's neurons @param k its place @param tokens counted, by language */
function sharesOf(
    flats: readonly number[],
    k: number,
    { count, languages }: NeuronTable,
    tokens: readonly number[],
): LanguageShares {
    const total = sum(tokens);
    const activeIn = (m: number): number => sum(flats, (flat) => count[flat * languages.length + m]!) / flats.length;
    const none = flats.length === 0;
    return {
        neurons: flats.length,
        mean: none || total === 0 ? null : tokens.reduce((sum, _, m) => sum + activeIn(m), 0) / total,
        own: none || tokens[k] === 0 ? null : activeIn(k) / tokens[k]!,
    };
}

/** @param columns of the language's neurons */
function activeShare(row: Float32Array, columns: readonly number[]): number | null {
    if (columns.length === 0) return null;
    let active = 0;
    for (const column of columns) if (row[column]! > 0) active++;
    return rounded(active / columns.length);
}

function rounded(value: number): number {
    return Math.round(value * 1e4) / 1e4;
}
