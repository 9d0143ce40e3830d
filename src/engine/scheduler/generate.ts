import type { NativeBatch, NativeDraws, NativeSampled } from '../native/addon.js';
import type { TokenAnswer } from './AnswerRequest.js';
import type { Scheduler } from './Scheduler.js';
import type { Sequence } from './Sequence.js';
import type { Detokenize } from './takeDrawn.js';

/** What draws the tokens. */
export interface GenerationModel {
    /**
     * Frees the sequences that `finished` names, decodes the batch and draws a token for each row, then one after each
     * of these, and so on: at least one step and at most those asked for.
     */
    sample(batch: NativeBatch, draws: NativeDraws): Promise<NativeSampled>;
    /** Asked once a step, for all answers that stop at a text. */
    readonly detokenize: Detokenize;
}

export interface GenerateCalls {
    /** Called after each batch with the sequences that it drew tokens of, which is one each, unless `pace` is given. */
    readonly onGrowth?: ((sequences: readonly Sequence[]) => Promise<void>) | undefined;
    /** Milliseconds that a call of the model may take for several steps, so that new requests do not wait for long. */
    readonly pace?: number | undefined;
}

/**
 * Draws the answers to the requests of a scheduler, until there are no more.
 * @throws LanguageNeuronsError WRONG_USE for a request that the cache has no capacity for
 */
export async function* generate(
    scheduler: Scheduler,
    model: GenerationModel,
    { onGrowth, pace }: GenerateCalls = {},
): AsyncGenerator<TokenAnswer> {
    let stepTime = Infinity; // of the last batch without prompts, in milliseconds
    let failure: unknown;
    try {
        while (await scheduler.admit()) {
            const most = pace === undefined ? (onGrowth === undefined ? Infinity : 1) : Math.floor(pace / stepTime);
            const { batch, native, prefills, draws } = scheduler.schedule(Math.max(1, most));
            const began = performance.now();
            const sampled = await model.sample(batch, native);
            const steps = sampled.tokens.length / native.rows.length;
            if (prefills.length === 0) stepTime = (performance.now() - began) / Math.max(1, steps);
            await scheduler.take(sampled, model.detokenize);
            await onGrowth?.(draws.map(({ sequence }) => sequence));
            yield* scheduler.settle();
        }
    } catch (cause) {
        failure = cause;
        throw cause;
    } finally {
        scheduler.end(failure);
    }
}
