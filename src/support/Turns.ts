import { setImmediate } from 'node:timers/promises';

/** Milliseconds that work may hold the event loop for at a time. */
const most = 8;

/** Long work in pieces: between them the event loop has its turn. */
export class Turns {
    #began = performance.now();

    /** Whether the event loop should have its turn. */
    get due(): boolean {
        return performance.now() - this.#began > most;
    }

    /** Gives it to it. */
    async give(): Promise<void> {
        await setImmediate();
        this.#began = performance.now();
    }
}
