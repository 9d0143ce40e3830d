import { Admission } from '../../serve/Admission.js';
import { orStopped } from '../../support/stop.js';

/** Questions that may wait for those before them: of several open pages. */
const mostWaiting = 8;

/** Lets questions to a model in one after another, in the order in which they come. */
export class OneByOne {
    readonly #admission = new Admission(mostWaiting, 'questions');
    #last: Promise<void> = Promise.resolve();

    /**
     * The answers to a question, once those before it are answered; the next one begins when they are taken, or no
     * longer wanted.
     * @throws ApiError 429 where too many wait, when it is called
     */
    answer<T>(signal: AbortSignal, work: () => AsyncGenerator<T>): AsyncGenerator<T> {
        const leave = this.#admission.enter(1);
        const before = this.#last;
        let end: () => void;
        const ended = new Promise<void>((done) => (end = done));
        this.#last = before.then(() => ended);
        const over = (): void => {
            signal.removeEventListener('abort', over);
            leave();
            end();
        };
        signal.addEventListener('abort', over); // until it is begun: what nobody reads is over too
        return (async function* () {
            signal.removeEventListener('abort', over);
            try {
                await orStopped(before, signal);
                yield* work();
            } finally {
                over();
            }
        })();
    }
}
