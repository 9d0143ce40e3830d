import { setImmediate } from 'node:timers/promises';

/** Most milliseconds that work blocks the event loop at a time. */
const most = 8;

/** Divides long work into pieces and lets the event loop run between them. */
export class Turns {
    #began = performance.now();

    /** Whether the event loop should run now. */
    get due(): boolean {
        return performance.now() - this.#began > most;
    }

    /** Lets the event loop run. */
    async give(): Promise<void> {
        await setImmediate();
        this.#began = performance.now();
    }
}
