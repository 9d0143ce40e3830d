import { wrongUse } from '../../errors.js';
import type { CacheLayout } from '../loading/loadEngine.js';
import type { TextEdit } from '../types/edits.js';
import type { AnswerRequest } from './AnswerRequest.js';
import { KeptSequences, type KeptSequence } from './KeptSequences.js';
import type { Sequence } from './Sequence.js';

/** What the next batch says to the cache, in this order: see the fields of the same name of `NativeBatch`. */
export interface CacheChanges {
    readonly finished: readonly number[];
    readonly trimmed: readonly { readonly sequence: number; readonly from: number }[];
    readonly moved: readonly { readonly from: number; readonly to: number }[];
}

/** What a request is given of the cache. */
interface Reservation {
    /** Numbers of its sequences, one for each answer. */
    readonly ids: readonly number[];
    /** Tokens of the prompt that are in the cache already. */
    readonly cached: number;
}

export interface CacheOptions {
    /** Finished sequences stay until others need their cells. The model's memory must take tokens back. */
    readonly keeps?: boolean | undefined;
}

/**
 * The sequences and cells of a KV cache: which are in use, which are kept, and what the next batch changes of them.
 */
export class CacheCapacity {
    /** False after a batch that failed: the cache may hold anything. */
    isKnown = true;
    /** Whether finished sequences are kept. */
    readonly keeps: boolean;
    readonly #layout: CacheLayout;
    readonly #kept = new KeptSequences();
    /** The last one is used next. */
    readonly #free: number[];
    /** Those of kept sequences among them. */
    #cellsInUse = 0;
    #finished: number[] = [];
    #trimmed: { readonly sequence: number; readonly from: number }[] = [];
    #moved: { readonly from: number; readonly to: number }[] = [];

    constructor(layout: CacheLayout, { keeps = false }: CacheOptions = {}) {
        this.#layout = layout;
        this.keeps = keeps;
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
     * Reserves cells for a prompt and its longest answers. A kept sequence that begins as the prompt does becomes the
     * request's; others that are in the way are freed, the one kept first before the next.
     * @param condition of the request
     * @returns undefined: too few are free
     * @throws LanguageNeuronsError WRONG_USE for a request that would not fit into an empty cache
     */
    reserve(request: AnswerRequest, condition?: TextEdit): Reservation | undefined {
        const { answers = 1 } = request;
        const cells = cellsOf(request);
        this.#check(request, cells);
        if (!this.#hasCapacity(answers, cells)) return undefined;
        const reused = this.#takeOver(request, condition);
        while (this.#free.length < answers - (reused === undefined ? 0 : 1)) this.#forget(this.#kept.oldest!);
        while (!this.#layout.streams && this.#cellsInUse + cells > this.#layout.cells) this.#forget(this.#kept.oldest!);
        this.#cellsInUse += cells;
        if (reused !== undefined) return { ids: [reused.id], cached: reused.cached };
        if (this.#layout.streams) this.#sortFree();
        return { ids: Array.from({ length: answers }, () => this.#free.pop()!), cached: 0 };
    }

    /**
     * Takes what a finished sequence has reserved back, with the last one of a prompt the prompt's cells too: keeps
     * the sequence, or frees it.
     * @param inCache whether it may have cells
     */
    release(sequence: Sequence, inCache = sequence.prompt.decoded > 0): void {
        const { id, prompt, known } = sequence;
        const { request, condition } = prompt;
        this.#cellsInUse -= request.maxTokens + (prompt.isFinished ? prompt.length : 0);
        if (this.keeps && (request.answers ?? 1) === 1 && sequence.end !== 'nonfinite' && known > 0) {
            const tokens = new Int32Array(known);
            tokens.set(request.prompt.subarray(0, known));
            if (known > prompt.length) tokens.set(sequence.tokens.slice(0, known - prompt.length), prompt.length);
            this.#cellsInUse += known;
            this.#trimmed.push({ sequence: id, from: known }); // what was computed beyond its end
            this.#kept.add({ id, tokens, condition, promptLength: prompt.length });
        } else {
            if (inCache) this.#finished.push(id);
            this.#free.push(id);
        }
    }

    /** Takes a sequence's cells back from its last token on: that one is computed anew. */
    trim({ id, position }: Sequence): void {
        this.#trimmed.push({ sequence: id, from: position });
    }

    /**
     * Gives sequences in use the lowest numbers, where each has its own stream: llama.cpp computes streams together
     * whose numbers follow each other. A kept one in the way takes a higher number, or is freed where there is none.
     */
    closeGaps(sequences: readonly Sequence[]): void {
        if (!this.#layout.streams) return;
        const used = new Set(sequences.map(({ id }) => id));
        for (const sequence of sequences.toSorted((a, b) => b.id - a.id)) {
            let lowest = 0;
            while (used.has(lowest)) lowest++;
            if (lowest > sequence.id) return;
            this.#clear(lowest);
            used.add(lowest).delete(sequence.id);
            this.#move(sequence, lowest);
        }
    }

    /** Whether a request would fit, were no sequence kept. */
    #hasCapacity(answers: number, cells: number): boolean {
        if (this.#free.length + this.#kept.length < answers) return false;
        return this.#layout.streams || this.#cellsInUse - this.#kept.cells + cells <= this.#layout.cells;
    }

    /**
     * Gives a request the kept sequence that it can go on from. One of which it has less than half stays for others,
     * unless it is the next to be freed. The prompt's last token is computed anew, as answers are drawn after it.
     */
    #takeOver(request: AnswerRequest, condition: TextEdit): { id: number; cached: number } | undefined {
        const { prompt, answers = 1, logProbabilities, reuse = Infinity } = request;
        if (answers > 1 || logProbabilities?.prompt === true) return undefined;
        const found = this.#kept.longest({ tokens: prompt, condition });
        if (found === undefined) return undefined;
        const { sequence, common } = found;
        const cached = Math.min(common, prompt.length - 1, reuse);
        const isNext = this.#free.length === 0 && sequence === this.#kept.oldest;
        if (cached === 0 || (2 * common < sequence.tokens.length && !isNext)) return undefined;
        this.#kept.remove(sequence);
        this.#cellsInUse -= sequence.tokens.length;
        this.#trimmed.push({ sequence: sequence.id, from: cached });
        return { id: sequence.id, cached };
    }

    /** Frees a kept sequence. */
    #forget(sequence: KeptSequence): void {
        this.#kept.remove(sequence);
        this.#cellsInUse -= sequence.tokens.length;
        this.#trimmed = this.#trimmed.filter((trimmed) => trimmed.sequence !== sequence.id);
        this.#finished.push(sequence.id);
        this.#free.push(sequence.id);
    }

    /** Makes a number free that no sequence in use has. */
    #clear(id: number): void {
        const kept = this.#kept.of(id);
        if (kept === undefined) return;
        this.#sortFree();
        const highest = this.#free[0];
        if (highest === undefined || highest < id) this.#forget(kept);
        else this.#move(kept, highest);
    }

    /** Gives a sequence another number, which is free. */
    #move(sequence: { id: number }, to: number): void {
        this.#moved.push({ from: sequence.id, to });
        this.#free[this.#free.indexOf(to)] = sequence.id;
        sequence.id = to;
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
