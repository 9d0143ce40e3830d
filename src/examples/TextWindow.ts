import type { WatchedText } from '../engine/types/watchTypes.js';
import { neighbours } from './NeuronExamples.js';

/** A token of a text, with the activations around it. */
export interface WindowRow {
    /** Place of the text among the samples. */
    readonly place: number;
    /** Of the token in its text. */
    readonly position: number;
    /** Activations, [rows, neurons] row-major, of which `row` is the token's. */
    readonly values: Float32Array;
    readonly row: number;
    /** The first row and the one behind the last that stand beside the token. */
    readonly from: number;
    readonly to: number;
    /** Tokens of the same rows. */
    readonly tokens: Int32Array;
}

/** Watched texts in parts → tokens one by one, each once its neighbours on both sides are there. */
export async function* windowRows(parts: AsyncIterable<WatchedText>, neurons: number): AsyncGenerator<WindowRow[]> {
    let text = new TextWindow(-1, neurons);
    for await (const part of parts) {
        if (part.place !== text.place) {
            yield text.rows(true);
            text = new TextWindow(part.place, neurons);
        }
        text.add(part);
        yield text.rows(false);
    }
    yield text.rows(true);
}

/** The end of a text as far as it has come. */
class TextWindow {
    readonly place: number;
    readonly #neurons: number;
    #tokens: Int32Array = new Int32Array(0);
    #values: Float32Array = new Float32Array(0);
    /** Position of the first row. */
    #begin = 0;
    /** Rows that were given. */
    #done = 0;

    constructor(place: number, neurons: number) {
        this.place = place;
        this.#neurons = neurons;
    }

    add({ tokens, values }: WatchedText): void {
        const keep = Math.max(0, this.#done - neighbours);
        this.#tokens = joined(Int32Array, this.#tokens.subarray(keep), tokens);
        this.#values = joined(Float32Array, this.#values.subarray(keep * this.#neurons), values);
        this.#begin += keep;
        this.#done -= keep;
    }

    /** Those that have all their neighbours; at the end of the text all that are left. */
    rows(isEnd: boolean): WindowRow[] {
        const { length } = this.#tokens;
        const rows: WindowRow[] = [];
        for (; this.#done < (isEnd ? length : length - neighbours); this.#done++) {
            const row = this.#done;
            rows.push({
                ...{ place: this.place, position: this.#begin + row, values: this.#values, row, tokens: this.#tokens },
                ...{ from: Math.max(0, row - neighbours), to: Math.min(length, row + neighbours + 1) },
            });
        }
        return rows;
    }
}

function joined<T extends Int32Array | Float32Array>(kind: new (length: number) => T, a: T, b: T): T {
    const both = new kind(a.length + b.length);
    both.set(a);
    both.set(b, a.length);
    return both;
}
