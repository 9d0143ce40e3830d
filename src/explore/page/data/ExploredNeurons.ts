import { type ColumnArray, type ExploredSite, classNames, wordsFor } from '../../siteFormat.js';
import {
    type ExploredNeuron,
    leastActive,
    type Neighbour,
    type Query,
    type QueryResult,
    type TokenSearch,
} from './Query.js';
import { neuronsAt, startsOf } from './sites.js';
import { TokenIndex } from './TokenIndex.js';

/** The columns of `SiteSummary`, and what they are read by. */
export interface TableSource {
    readonly sites: readonly ExploredSite[];
    /** Counted tokens of each language. */
    readonly tokens: readonly number[];
    readonly threshold: number;
    readonly classified: ColumnArray;
    readonly scores: ColumnArray;
    readonly counts: ColumnArray;
    readonly routed?: ColumnArray | undefined;
}

/** All neurons of a model as typed columns; every method is a pass over them. */
export class ExploredNeurons {
    /** Neurons. */
    readonly n: number;
    /** Languages. */
    readonly l: number;
    /** Of no neuron until they are read. */
    tokens = new TokenIndex([], []);
    readonly #source: TableSource;
    readonly #denominators: Denominators;
    /** [n, l] */
    readonly #p: Float32Array;
    /** N: languages in which each neuron is high. */
    readonly #high: Uint16Array;
    readonly #most: Float32Array;
    readonly #class: Uint8Array;
    /** Row of `classified` of each neuron that has one. */
    readonly #classifiedRow = new Map<number, number>();
    readonly #layer: Uint16Array;

    constructor(source: TableSource) {
        this.#source = source;
        const { sites, tokens, classified } = source;
        this.l = tokens.length;
        const starts = startsOf(sites);
        this.n = starts.at(-1)!;
        this.#denominators = denominatorsOf(source, this.n);
        this.#p = new Float32Array(this.n * this.l);
        this.#high = new Uint16Array(this.n);
        this.#most = new Float32Array(this.n);
        this.#class = new Uint8Array(this.n);
        this.#layer = new Uint16Array(this.n);
        const { l } = this;
        for (let j = 0; j < this.n; j++) {
            let [high, most] = [0, 0];
            for (let k = 0; k < l; k++) {
                // A double, as the analysis compared it; a float may be on the other side of the threshold.
                const [count, tokens] = [source.counts[j * l + k]!, this.#tokensOf(j, k)];
                const p = tokens === 0 ? 0 : count / tokens;
                this.#p[j * l + k] = p;
                if (p > most) most = p;
                if (p > source.threshold) high++;
            }
            this.#high[j] = Number.isNaN(source.scores[j]!) ? 0 : high; // not assessed
            this.#most[j] = most;
        }
        const width = 2 + wordsFor(l);
        for (let row = 0; row * width < classified.length; row++) {
            const flat = classified[row * width]!;
            this.#class[flat] = classified[row * width + 1]!;
            this.#classifiedRow.set(flat, row);
        }
        for (const [i, site] of sites.entries()) this.#layer.fill(site.layer, starts[i]!, starts[i]! + neuronsAt(site));
    }

    /** Neurons that a query wants, in its order. */
    query(query: Query): QueryResult {
        const begin = performance.now();
        const wanted = this.#filter(query);
        const rows = this.#sorted(wanted, query);
        return { rows, milliseconds: performance.now() - begin };
    }

    /** @param search shown first where the neuron has what is searched */
    row(flat: number, search?: TokenSearch): ExploredNeuron {
        const { l } = this;
        const each = Array.from({ length: l }, (_, k) => k);
        return {
            flat,
            class: classNames[this.#class[flat]!]!,
            languages: each.filter((k) => this.#isOf(flat, k)),
            score: this.#source.scores[flat]!,
            high: this.#high[flat]!,
            counts: each.map((k) => this.#source.counts[flat * l + k]!),
            tokens: each.map((k) => this.#tokensOf(flat, k)),
            probabilities: each.map((k) => this.#p[flat * l + k]!),
            shown: this.tokens.shown(flat, search),
        };
    }

    rows(flats: readonly number[], search?: TokenSearch): ExploredNeuron[] {
        return flats.map((flat) => this.row(flat, search));
    }

    /** Counts of neurons by their probability in a language, in `bins` equal bins of [0, 1]. */
    histogram(flats: Uint32Array, language: number, bins: number): number[] {
        const counts = new Array<number>(bins).fill(0);
        for (const flat of flats) {
            const p = this.#p[flat * this.l + language]!;
            counts[Math.min(bins - 1, Math.floor(p * bins))]!++;
        }
        return counts;
    }

    /**
     * The neurons that are active about as often in each language, the nearest first: by the root mean square over the
     * languages of Cohen's h, 2 · asin √p − 2 · asin √q. Unlike the cosine it tells a neuron that is often active in
     * one language from one that was active there for a single token. Itself and neurons without a profile are left
     * out; of one without a profile there are none.
     */
    neighbours(flat: number, count: number): Neighbour[] {
        if (!this.#hasProfile(flat)) return [];
        const { l } = this;
        const angle = (j: number, k: number): number => Math.asin(Math.sqrt(this.#p[j * l + k]!));
        const own = Float64Array.from({ length: l }, (_, k) => angle(flat, k));
        const differences = new Float32Array(this.n);
        const others = Uint32Array.from(differences.keys()).filter((j) => j !== flat && this.#hasProfile(j));
        for (const [i, j] of others.entries()) {
            let sum = 0;
            for (let k = 0; k < l; k++) sum += (2 * (angle(j, k) - own[k]!)) ** 2;
            differences[i] = Math.sqrt(sum / l);
        }
        const keys = differences.subarray(0, others.length);
        return Array.from(orderOf(keys, false).subarray(0, count), (i) => ({ flat: others[i]!, difference: keys[i]! }));
    }

    /** Whether its probabilities say more than that it is seldom active: see `leastActive`. */
    #hasProfile(flat: number): boolean {
        if (Number.isNaN(this.#source.scores[flat]!)) return false; // not assessed
        let active = 0;
        for (let k = 0; k < this.l; k++) {
            if (this.#tokensOf(flat, k) === 0) return false;
            active += this.#source.counts[flat * this.l + k]!;
        }
        return active >= leastActive;
    }

    #filter({ classes, languages, everyLanguage, layers, high, probability, token }: Query): Uint32Array {
        const [first, last] = layers;
        const [least, most] = high;
        const { l } = this;
        const codes = new Uint8Array(classNames.length);
        for (const name of classes) codes[classNames.indexOf(name)] = 1;
        const searched = token === undefined ? undefined : this.tokens.search(token, this.n);
        const found = new Uint32Array(this.n);
        let count = 0;
        for (let j = 0; j < this.n; j++) {
            if (classes.length > 0 && codes[this.#class[j]!] === 0) continue;
            if (searched !== undefined && searched[j] === 0) continue;
            if (this.#layer[j]! < first || this.#layer[j]! > last) continue;
            if (this.#high[j]! < least || this.#high[j]! > most) continue;
            if (probability !== undefined) {
                const p = this.#p[j * l + probability.language]!;
                if (p < probability.least || p > probability.most) continue;
            }
            if (languages.length > 0) {
                const isOf = (k: number): boolean => this.#isOf(j, k);
                if (this.#class[j] === 0 || !(everyLanguage ? languages.every(isOf) : languages.some(isOf))) continue;
            }
            found[count++] = j;
        }
        return found.slice(0, count);
    }

    #sorted(flats: Uint32Array, { sort, descending }: Query): Uint32Array {
        if (sort === 'place') return descending ? flats.reverse() : flats;
        const keys = new Float32Array(flats.length);
        for (let i = 0; i < flats.length; i++) {
            const flat = flats[i]!;
            keys[i] =
                sort === 'score'
                    ? this.#source.scores[flat]!
                    : sort === 'high'
                      ? this.#high[flat]!
                      : sort === 'most'
                        ? this.#most[flat]!
                        : this.#p[flat * this.l + sort]!;
        }
        return orderOf(keys, descending).map((place) => flats[place]!);
    }

    #isOf(flat: number, language: number): boolean {
        const row = this.#classifiedRow.get(flat);
        if (row === undefined) return false;
        const at = row * (2 + wordsFor(this.l)) + 2 + (language >> 5);
        return (this.#source.classified[at]! & (1 << (language & 31))) !== 0;
    }

    #tokensOf(flat: number, language: number): number {
        const { rows, rowOf } = this.#denominators;
        return rows[rowOf[flat]! * this.l + language]!;
    }
}

/** What probabilities divide by: rows of [languages], the first of all tokens, and each neuron's row. */
interface Denominators {
    readonly rows: Float64Array;
    readonly rowOf: Uint32Array;
}

/** Of a routed site, with `routed`, the tokens that went through each expert. */
function denominatorsOf({ sites, tokens, routed }: TableSource, n: number): Denominators {
    const rows = new Float64Array(tokens.length + (routed?.length ?? 0));
    rows.set(tokens);
    if (routed !== undefined) rows.set(routed, tokens.length);
    const rowOf = new Uint32Array(n);
    let [flat, row] = [0, 1];
    for (const { kind, width, experts } of sites) {
        for (let expert = 0; expert < experts; expert++, flat += width) {
            if (kind === 'routed' && routed !== undefined) rowOf.fill(row++, flat, flat + width);
        }
    }
    return { rows, rowOf };
}

/** Bits of a float in an order that unsigned integers have too; NaN is last whichever way it is sorted. */
function orderedBits(keys: Float32Array, descending: boolean): Uint32Array {
    const bits = new Uint32Array(keys.slice().buffer);
    for (let i = 0; i < keys.length; i++) {
        const key = keys[i]!;
        const ordered = (bits[i]! & 0x80000000) !== 0 ? ~bits[i]! >>> 0 : (bits[i]! | 0x80000000) >>> 0;
        bits[i] = Number.isNaN(key) ? 0xffffffff : descending ? ~ordered >>> 0 : ordered;
    }
    return bits;
}

/** Bits of a digit: three digits are a key of 32 bits. */
const digitBits = 11;
const digits = 2 ** digitBits;

/**
 * Places in the order of their keys, equal ones as they were: a radix sort from the last digit, in linear time.
 * @param keys of 32 bits
 */
function ascendingPlaces(keys: Uint32Array): Uint32Array {
    let [from, to] = [Uint32Array.from(keys.keys()), new Uint32Array(keys.length)];
    for (let shift = 0; shift < 32; shift += digitBits) {
        const starts = new Uint32Array(digits + 1);
        for (let i = 0; i < keys.length; i++) starts[((keys[i]! >>> shift) & (digits - 1)) + 1]!++;
        for (let digit = 0; digit < digits; digit++) starts[digit + 1]! += starts[digit]!;
        for (let i = 0; i < from.length; i++) {
            const place = from[i]!;
            to[starts[(keys[place]! >>> shift) & (digits - 1)]!++] = place;
        }
        [from, to] = [to, from];
    }
    return from;
}

/** Places in the order of their keys, equal ones as they were. */
function orderOf(keys: Float32Array, descending: boolean): Uint32Array {
    return ascendingPlaces(orderedBits(keys, descending));
}
