import { strict as assert } from 'node:assert'; // for each token of each step: `expect` takes far longer
import type { NativeBatch, NativeLogProbabilities } from '../../src/engine/native/addon.js';
import type { GenerationModel } from '../../src/engine/scheduler/generate.js';
import type { SchedulerOptions } from '../../src/engine/scheduler/Scheduler.js';

/** A token's log-probability after a state of the model. */
const logProbabilityOf = (state: number, token: number): number => -((state * 7 + token * 13) % 101) / 10;

/**
 * A model whose next token follows from all tokens before it and their edits, and a KV cache that refuses what
 * llama.cpp would: a gap, a sequence in use begun again, more cells than there are.
 */
export class SimulatedModel implements GenerationModel {
    steps = 0;
    /** Lists of tokens in each call of `detokenize`. */
    readonly asked: number[] = [];
    tokens = 0;
    full = 0;
    readonly #sequences = new Map<number, { cell: number; content: number }[]>();
    #cell = 0;

    constructor(readonly options: SchedulerOptions) {}

    readonly detokenize: GenerationModel['detokenize'] = (lists) => {
        this.asked.push(lists.length);
        return Promise.resolve(lists.map(textOf));
    };

    readonly sample: GenerationModel['sample'] = (batch, draws) => {
        const { rows, sequences, uniforms, steps, ends, temperatures, truncations, asked } = draws;
        const all: number[] = [];
        const ofPrompts = new LogProbabilityRows(asked?.likeliest);
        const ofDrawn = new LogProbabilityRows(asked?.likeliest);
        for (let step = 0, next = batch, from = rows; step < steps; step++) {
            const states = this.#step(next, step === 0 ? (asked?.rows.length ?? 0) : 0, step === 0);
            const drawn = Array.from(from, (row, i) => {
                const most = Math.min(5, truncations?.[3 * i] || 5); // of `topK`, 0 stands for all
                const chance = temperatures[i] === 0 ? 0 : Math.floor(uniforms[step * rows.length + i]! * most);
                const token = (states[row]! + chance) % 12; // now and then the end
                if (asked?.entries[i] === 1) ofDrawn.add(states[row]!, token);
                return token;
            });
            if (step === 0) asked?.rows.forEach((row, i) => ofPrompts.add(states[row]!, asked.targets[i]!));
            all.push(...drawn);
            if (rows.length === 0 || drawn.some((token) => ends.includes(token))) break;
            const positions = Int32Array.from(from, (row) => next.positions[row]! + 1);
            next = {
                ...next,
                tokens: Int32Array.from(drawn),
                positions,
                sequences,
                edits: draws.edits.subarray(step * rows.length, (step + 1) * rows.length),
                finished: new Int32Array(),
                trimmed: new Int32Array(),
                moved: new Int32Array(),
                shared: new Int32Array(),
            };
            from = Int32Array.from(rows.keys());
        }
        return Promise.resolve({ tokens: Int32Array.from(all), asked: ofPrompts.done(), drawn: ofDrawn.done() });
    };

    /** Streams given to prompts of which no token has fitted into a batch yet: at most where this one is full. */
    #waiting(batch: NativeBatch, targets: number): number {
        const { batchSize, mostPromptLogProbabilities = Infinity, layout } = this.options;
        return batch.tokens.length === batchSize || targets >= mostPromptLogProbabilities ? layout.sequences : 0;
    }

    /** @returns what follows each token of the batch from, as a number */
    #step(batch: NativeBatch, targets: number, isFirst: boolean): number[] {
        this.steps++;
        this.tokens += batch.tokens.length;
        this.full += batch.tokens.length === this.options.batchSize ? 1 : 0;
        assert(batch.tokens.length > 0 && batch.tokens.length <= this.options.batchSize);
        // Where sequences are kept, a batch that was stopped may have made the changes already.
        const keeps = this.options.cache?.keeps === true;
        for (const id of batch.finished) assert(this.#sequences.delete(id) || keeps);
        for (let pair = 0; pair < batch.trimmed.length; pair += 2) {
            const sequence = this.#sequences.get(batch.trimmed[pair]!)!;
            assert(sequence.length > batch.trimmed[pair + 1]! || keeps);
            sequence.length = Math.min(sequence.length, batch.trimmed[pair + 1]!);
        }
        for (let pair = 0; pair < batch.moved.length; pair += 2) {
            const [from, to] = [batch.moved[pair]!, batch.moved[pair + 1]!];
            assert(!this.#sequences.has(to));
            const moved = this.#sequences.get(from);
            if (moved !== undefined) this.#sequences.set(to, moved);
            this.#sequences.delete(from);
        }
        if (this.options.layout.streams) {
            assert.deepEqual(
                [...batch.sequences],
                [...batch.sequences].sort((a, b) => a - b),
            );
            // Growing or beginning, those in use are the lowest ones; kept ones may be anywhere.
            const used = new Set([...(keeps ? [] : this.#sequences.keys()), ...batch.sequences]);
            // Further steps leave out those that end with the first.
            if (!keeps || isFirst) assert(Math.max(...used) < used.size + this.#waiting(batch, targets));
            for (const sequence of this.#sequences.values())
                assert(sequence.length <= Math.floor(this.options.layout.cells / this.options.layout.sequences));
        }
        const behind: number[][] = [];
        for (const [i, token] of batch.tokens.entries()) {
            const others = Array.from({ length: batch.shared.length / 2 }, (_, pair) => pair)
                .filter((pair) => batch.shared[2 * pair] === i)
                .map((pair) => batch.shared[2 * pair + 1]!);
            const cell = this.#cell++;
            for (const id of [batch.sequences[i]!, ...others]) {
                assert(id < this.options.layout.sequences);
                if (batch.positions[i] === 0) {
                    assert(!this.#sequences.has(id));
                    this.#sequences.set(id, []);
                }
                const sequence = this.#sequences.get(id)!;
                assert.equal(batch.positions[i], sequence.length);
                sequence.push({ cell, content: token + 61 * batch.edits[i]! });
            }
            behind.push(this.#sequences.get(batch.sequences[i]!)!.map((one) => one.content));
        }
        const cells = new Set([...this.#sequences.values()].flatMap((sequence) => sequence.map((one) => one.cell)));
        assert(cells.size <= this.options.layout.cells);
        return behind.map((contents) => contents.reduce((sum, content) => (sum * 31 + content) % 9973, 7));
    }
}

/** Log-probabilities as the addon gives them. */
class LogProbabilityRows {
    readonly #targets: number[] = [];
    readonly #likeliest: number[] = [];
    readonly #ofLikeliest: number[] = [];

    constructor(readonly count = 0) {}

    add(state: number, token: number): void {
        this.#targets.push(logProbabilityOf(state, token));
        for (let i = 0; i < this.count; i++) {
            this.#likeliest.push((state + i) % 50);
            this.#ofLikeliest.push(logProbabilityOf(state, (state + i) % 50));
        }
    }

    done(): NativeLogProbabilities {
        return {
            targets: Float64Array.from(this.#targets),
            likeliest: Int32Array.from(this.#likeliest),
            ofLikeliest: Float64Array.from(this.#ofLikeliest),
        };
    }
}

/** Each token is a letter. */
export function textOf(tokens: Int32Array): string {
    return String.fromCharCode(...tokens.map((token) => 'a'.charCodeAt(0) + token));
}
