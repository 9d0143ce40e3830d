import { hasCode } from '../errors.js';
import type { Progress } from '../support/progress.js';
import type { Engine } from './Engine.js';

/**
 * Runs work that can be run again; where memory runs out, it is, once, with half the batch.
 * @throws what the work throws
 */
export async function steppingDown<T>(engine: Engine, progress: Progress, work: () => Promise<T>): Promise<T> {
    try {
        return await work();
    } catch (cause) {
        if (!hasCode(cause, 'OUT_OF_MEMORY') || !(await engine.stepDown())) throw cause;
        progress.note(
            `memory ran out (${cause.message}); going on with batches of ${engine.batchSize} tokens, nothing is lost`,
        );
        return work();
    }
}
