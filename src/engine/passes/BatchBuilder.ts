import type { NativeBatch } from '../native/addon.js';

/** How a token is used, besides its position. */
export interface TokenUse {
    /** Its activations count. Default false. */
    readonly counted?: boolean;
    /** Token whose log-probability is asked for after this one. Default -1: none. */
    readonly target?: number;
    /** Edit of the token, where each has its own. Default 0. */
    readonly edit?: number;
}

/** One native batch in the making, token by token. */
export class BatchBuilder {
    #length = 0;
    readonly #tokens: Int32Array;
    readonly #positions: Int32Array;
    readonly #sequences: Int32Array;
    readonly #counted: Uint8Array;
    readonly #targets: Int32Array;
    readonly #edits: Int32Array;
    readonly #finished: number[] = [];
    readonly #trimmed: number[] = [];
    readonly #moved: number[] = [];
    readonly #shared: number[] = [];

    /** @param size most tokens of the batch */
    constructor(size: number) {
        this.#tokens = new Int32Array(size);
        this.#positions = new Int32Array(size);
        this.#sequences = new Int32Array(size);
        this.#counted = new Uint8Array(size);
        this.#targets = new Int32Array(size);
        this.#edits = new Int32Array(size);
    }

    get empty(): boolean {
        return this.#length === 0;
    }

    /** Number of tokens that still fit. */
    get capacity(): number {
        return this.#tokens.length - this.#length;
    }

    /**
     * @param sequences sequences of the token, at least one
     * @returns the token's index in the batch
     */
    add(
        token: number,
        position: number,
        sequences: readonly number[],
        { counted = false, target = -1, edit = 0 }: TokenUse = {},
    ): number {
        const i = this.#length++;
        this.#tokens[i] = token;
        this.#positions[i] = position;
        this.#sequences[i] = sequences[0]!;
        for (let s = 1; s < sequences.length; s++) this.#shared.push(i, sequences[s]!);
        this.#counted[i] = counted ? 1 : 0;
        this.#targets[i] = target;
        this.#edits[i] = edit;
        return i;
    }

    /** Names a sequence in `finished`. */
    finish(sequence: number): void {
        this.#finished.push(sequence);
    }

    /** Names a sequence in `trimmed`, and the first position that it loses. */
    trim(sequence: number, from: number): void {
        this.#trimmed.push(sequence, from);
    }

    /** Names a sequence in `moved`. */
    move(from: number, to: number): void {
        this.#moved.push(from, to);
    }

    /**
     * Puts the tokens in the order of their first sequences, each sequence's as they were added.
     * @returns each token's new index
     */
    sort(): Int32Array {
        const n = this.#length;
        const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => this.#sequences[a]! - this.#sequences[b]!);
        for (const values of [
            this.#tokens,
            this.#positions,
            this.#sequences,
            this.#counted,
            this.#targets,
            this.#edits,
        ]) {
            values.set(order.map((i) => values[i]!));
        }
        const places = new Int32Array(n);
        for (const [place, i] of order.entries()) places[i] = place;
        for (let pair = 0; pair < this.#shared.length; pair += 2) this.#shared[pair] = places[this.#shared[pair]!]!;
        return places;
    }

    build(): NativeBatch {
        const n = this.#length;
        return {
            tokens: this.#tokens.subarray(0, n),
            positions: this.#positions.subarray(0, n),
            sequences: this.#sequences.subarray(0, n),
            counted: this.#counted.subarray(0, n),
            targets: this.#targets.subarray(0, n),
            edits: this.#edits.subarray(0, n),
            finished: Int32Array.from(this.#finished),
            trimmed: Int32Array.from(this.#trimmed),
            moved: Int32Array.from(this.#moved),
            shared: Int32Array.from(this.#shared),
        };
    }
}
