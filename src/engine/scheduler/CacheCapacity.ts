import { wrongUse } from '../../errors.js';
import type { CacheLayout } from '../loading/loadEngine.js';
import type { AnswerRequest } from './AnswerRequest.js';
import type { Sequence } from './Sequence.js';

/** What the next batch says to the cache, in this order: see the fields of the same name of `NativeBatch`. */
export interface CacheChanges {
    readonly finished: readonly number[];
    readonly trimmed: readonly { readonly sequence: number; readonly from: number }[];
    readonly moved: readonly { readonly from: number; readonly to: number }[];
}

/** The sequences and cells of a KV cache: which are in use, and what the next batch changes of them. */
export class CacheCapacity {
    readonly #layout: CacheLayout;
    /** The last one is used next. */
    readonly #free: number[];
    #cellsInUse = 0;
    #finished: number[] = [];
    #trimmed: { readonly sequence: number; readonly from: number }[] = [];
    #moved: { readonly from: number; readonly to: number }[] = [];

    constructor(layout: CacheLayout) {
        this.#layout = layout;
        this.#free = Array.from({ length: layout.sequences }, (_, i) => layout.sequences - 1 - i);
    }

    /** Most cells of one request: those of a stream, where each sequence has its own. */
    get cellsOfRequest(): number {
        const { streams, cells, sequences } = this.#layout;
        return streams ? Math.floor(cells / sequences) : cells;
    }

    get changes(): CacheChanges {
        return { finished: this.#finished, trimmed: this.#trimmed, moved: this.#moved };
    }

    /** The changes are made: a batch has carried them. */
    forgetChanges(): void {
        this.#finished = [];
        this.#trimmed = [];
        this.#moved = [];
    }

    /**
     * Reserves cells for a prompt and its longest answers.
     * @returns numbers of the sequences, one for each answer; undefined: too few are free
     * @throws LanguageNeuronsError WRONG_USE for a request that would not fit into an empty cache
     */
    reserve(request: AnswerRequest): number[] | undefined {
        const { answers = 1 } = request;
        const cells = cellsOf(request);
        this.#check(request, cells);
        if (this.#free.length < answers) return undefined;
        if (!this.#layout.streams && this.#cellsInUse + cells > this.#layout.cells) return undefined;
        this.#cellsInUse += cells;
        if (this.#layout.streams) this.#sortFree();
        return Array.from({ length: answers }, () => this.#free.pop()!);
    }

    /** Frees what a finished sequence has reserved; with the last one of a prompt, the prompt's cells too. */
    release({ id, prompt }: Sequence): void {
        if (prompt.decoded > 0) this.#finished.push(id);
        this.#free.push(id);
        this.#cellsInUse -= prompt.request.maxTokens + (prompt.isFinished ? prompt.length : 0);
    }

    /** Takes a sequence's cells back from its last token on: that one is computed anew. */
    trim({ id, position }: Sequence): void {
        this.#trimmed.push({ sequence: id, from: position });
    }

    /**
     * Gives sequences in use the lowest numbers, where each has its own stream: llama.cpp computes streams together
     * whose numbers follow each other.
     */
    closeGaps(sequences: readonly Sequence[]): void {
        if (!this.#layout.streams) return;
        this.#sortFree();
        for (const sequence of sequences.toSorted((a, b) => b.id - a.id)) {
            const lowest = this.#free.at(-1);
            if (lowest === undefined || lowest > sequence.id) return;
            this.#moved.push({ from: sequence.id, to: lowest });
            this.#free[this.#free.length - 1] = sequence.id;
            sequence.id = lowest;
            this.#sortFree();
        }
    }

    /** The lowest is used first. */
    #sortFree(): void {
        this.#free.sort((a, b) => b - a);
    }

    #check(request: AnswerRequest, cells: number): void {
        const { prompt, answers = 1, maxTokens } = request;
        if (prompt.length === 0) throw wrongUse('a prompt is empty; give it some text');
        if (answers > this.#layout.sequences) {
            throw wrongUse(
                `${answers} answers to a prompt are more than the ${this.#layout.sequences} sequences of a batch; ` +
                    'request fewer at a time',
            );
        }
        if (cells > this.cellsOfRequest) {
            throw wrongUse(
                `a prompt of ${prompt.length} tokens with ${answers} answers of up to ${maxTokens} takes ` +
                    `${cells} cells of context, but there are ${this.cellsOfRequest}; raise the context size or ` +
                    "lower the answers' length",
            );
        }
    }
}

function cellsOf({ prompt, answers = 1, maxTokens }: AnswerRequest): number {
    return prompt.length + answers * maxTokens;
}
