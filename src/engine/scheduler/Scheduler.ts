import { hasCode } from '../../errors.js';
import type { NativeSampled } from '../native/addon.js';
import type { CacheLayout } from '../loading/loadEngine.js';
import type { AnswerRequest, TokenAnswer } from './AnswerRequest.js';
import type { TextEdit } from '../types/edits.js';
import { type RequestSource, sourceOf } from './Arrivals.js';
import { buildBatch, type EditAt, logProbabilitiesOf, nativeDraws, type ScheduledBatch } from './buildBatch.js';
import { CacheCapacity } from './CacheCapacity.js';
import { type BatchLimits, planBatch, stepsTogether, type Work } from './planBatch.js';
import { CachedPrompt, type Sequence } from './Sequence.js';
import { type Detokenize, type EndingOptions, takeDrawn } from './takeDrawn.js';

export interface SchedulerOptions extends BatchLimits, EndingOptions {
    /** Where each sequence has a stream, a request has one answer. */
    readonly layout: CacheLayout;
    /** What the cache holds of earlier schedulers, by the same layout. Default: nothing. */
    readonly cache?: CacheCapacity | undefined;
    /** What is drawn does not depend on the number. Default: 0 for all. */
    readonly editAt?: EditAt | undefined;
    /** The condition of a number, as it is when a request of it is admitted. Default: the whole model for all. */
    readonly conditionOf?: ((edit: number) => TextEdit) | undefined;
}

/**
 * Decides what the model computes next, for many answers at once: each batch has a token of every growing sequence and
 * is filled with prompts, so that batches stay full until the last answer ends. What is drawn depends on the seed, the
 * request and the answer alone, up to the rounding of batches of other shapes.
 *
 * A round has four steps: `admit`, `schedule`, `take` with what the model drew, `settle`. After a batch that failed,
 * the scheduler is of no more use but for `begun`.
 */
export class Scheduler {
    readonly #waiting: RequestSource<AnswerRequest>;
    readonly #options: SchedulerOptions;
    readonly #capacity: CacheCapacity;
    readonly #ends: Int32Array;
    /** Of sequences that are waiting or prefilling, in the order in which they came. */
    #prompts: CachedPrompt[] = [];
    #growing: Sequence[] = [];
    #batch: ScheduledBatch | undefined;

    constructor(
        requests: AsyncIterable<AnswerRequest> | Iterable<AnswerRequest> | RequestSource<AnswerRequest>,
        options: SchedulerOptions,
    ) {
        this.#waiting = sourceOf(requests);
        this.#options = options;
        this.#capacity = options.cache ?? new CacheCapacity(options.layout);
        this.#ends = Int32Array.from(options.endTokens);
    }

    /**
     * Gives requests sequences of the cache, in their order, as long as it has capacity; one that nothing is left to
     * do beside is waited for.
     * @returns whether there is anything to compute
     * @throws LanguageNeuronsError WRONG_USE for a request that the cache has no capacity for
     */
    async admit(): Promise<boolean> {
        const { conditionOf = () => undefined } = this.#options;
        for (;;) {
            const request = await this.#waiting.peek(this.#isBusy);
            if (request === undefined) break;
            if (request.signal?.aborted !== true) {
                const condition = conditionOf(request.edit ?? 0);
                const reserved = this.#capacity.reserve(request, condition);
                if (reserved === undefined) break;
                this.#prompts.push(new CachedPrompt(request, reserved.ids, reserved.cached, condition));
            }
            this.#waiting.take();
        }
        this.#capacity.closeGaps([...this.#growing, ...this.#prompts.flatMap(({ sequences }) => sequences)]);
        return this.#isBusy;
    }

    /**
     * Builds the next batch from the states of the sequences, and changes none.
     * @param mostSteps most tokens to draw for each sequence before the scheduler is asked again
     */
    schedule(mostSteps = Infinity): ScheduledBatch {
        const { batchSize, layout, editAt = () => 0 } = this.#options;
        const { changes, cellsOfRequest } = this.#capacity;
        const cellsOfStream = layout.streams ? cellsOfRequest : undefined;
        const work = planBatch(this.#growing, this.#prompts, this.#options, cellsOfStream);
        if (layout.streams) work.sort((a, b) => sequenceOf(a).id - sequenceOf(b).id);
        const prefills = work.flatMap(({ prefill }) => prefill ?? []);
        const draws = work.flatMap((one) => one.draws);
        const { batch, rows, targets } = buildBatch(work, { batchSize, changes, editAt });
        const prompts = this.#prompts.length - prefills.filter(({ prompt, to }) => to === prompt.length).length;
        const single = prompts > 0 || rows.length > draws.length;
        const steps = single ? 1 : Math.min(stepsTogether(draws), mostSteps);
        const native = nativeDraws(draws, { rows, steps, ends: this.#ends, editAt });
        const asked = logProbabilitiesOf(work, targets);
        this.#batch = { prefills, draws, batch, native: { ...native, asked } };
        return this.#batch;
    }

    /** Puts what the batch computed into the states of its sequences. */
    async take(sampled: NativeSampled, detokenize: Detokenize): Promise<void> {
        this.#capacity.forgetChanges();
        await takeDrawn(this.#batch!, sampled, this.#options, detokenize);
    }

    /**
     * Frees what finished or abandoned sequences have in the cache, and drafted tokens that were rejected.
     * @returns the answers that are over
     */
    settle(): TokenAnswer[] {
        const drawn = this.#batch!.draws.map(({ sequence }) => sequence);
        const others = this.#prompts.filter(({ sequences: [first] }) => !drawn.includes(first!));
        this.#batch = undefined;
        const answers: TokenAnswer[] = [];
        for (const sequence of [...others.flatMap(({ sequences }) => sequences), ...drawn]) {
            if (sequence.prompt.isAbandoned) sequence.end = 'abandoned';
            if (sequence.state === 'finished') {
                this.#capacity.release(sequence);
                if (sequence.end !== 'abandoned') answers.push(sequence.result());
            } else if (sequence.rejected > 0) {
                this.#capacity.trim(sequence);
            }
        }
        this.#growing = drawn.filter(({ state }) => state === 'growing');
        this.#prompts = others.filter(({ isFinished }) => !isFinished);
        return answers;
    }

    /**
     * Gives up all that is under way. Where the cache keeps sequences, it keeps what it has of these for certain.
     * @param cause what failed; undefined: nothing
     */
    end(cause?: unknown): void {
        const isStopped = hasCode(cause, 'ABORTED');
        // A batch that was stopped may or may not have made its changes; to make them again is harmless but for moves.
        const isSafe = this.#batch === undefined || (isStopped && this.#capacity.changes.moved.length === 0);
        if (!isSafe) this.#capacity.isKnown = false;
        for (const sequence of [...this.#growing, ...this.#prompts.flatMap(({ sequences }) => sequences)]) {
            if (sequence.state === 'finished') continue;
            sequence.end = 'abandoned';
            this.#capacity.release(sequence, true);
        }
    }

    /** Requests under way that have tokens in the cache, or in the batch that is computed. */
    begun(): ReadonlySet<AnswerRequest> {
        const prompts = [
            ...this.#growing.map(({ prompt }) => prompt),
            ...this.#prompts.filter(({ decoded, cached }) => decoded > cached),
            ...(this.#batch?.prefills ?? []).map(({ prompt }) => prompt),
        ];
        return new Set(prompts.map(({ request }) => request));
    }

    get #isBusy(): boolean {
        return this.#growing.length > 0 || this.#prompts.length > 0;
    }
}

/** The one sequence of what a batch does, where each has its own stream. */
function sequenceOf({ prefill, draws }: Work): Sequence {
    return prefill === undefined ? draws[0]!.sequence : prefill.prompt.sequences[0]!;
}
