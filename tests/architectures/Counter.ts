import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ModelSite } from '../../src/engine/types/Site.js';

/** What counting a model twice gave, by the adapter and by the reference. */
export interface Found {
    readonly sites: readonly ModelSite[];
    /** Sites that only one of them has so. */
    readonly differing: number;
    /** Counted activations, and the most that there could be. */
    readonly active: number;
    readonly possible: number;
    /** Experts that no token went through. */
    readonly unrouted: number;
    /** What is wrong with the values of activations; empty where nothing is. */
    readonly values: string;
    /** What is wrong with activations that are watched; empty where nothing is. */
    readonly watched: string;
}

export interface Refusal {
    readonly code: string;
    readonly message: string;
}

export type Outcome = { readonly found: Found } | { readonly refused: Refusal } | { readonly died: string };

const script = fileURLToPath(new URL('worker.mjs', import.meta.url));

/** Counts models in another process, and starts a new one where that died. */
export class Counter {
    #worker: ChildProcess | undefined;
    #words = '';

    async count(path: string, gpu: 'off' | 'vulkan' | 'cuda'): Promise<Outcome> {
        const worker = (this.#worker ??= this.#start());
        this.#words = '';
        const stop = new AbortController();
        try {
            worker.send({ path, gpu });
            return await Promise.race([
                once(worker, 'message', stop).then(([outcome]) => outcome as Outcome),
                once(worker, 'exit', stop).then(([code, signal]): Outcome => {
                    this.#worker = undefined;
                    return { died: `${String(signal ?? code)}: ${this.#words.trim().split('\n').slice(-3).join(' ')}` };
                }),
            ]);
        } finally {
            stop.abort();
        }
    }

    close(): void {
        this.#worker?.kill('SIGKILL');
        this.#worker = undefined;
    }

    #start(): ChildProcess {
        // its answers hold no BigInt
        const worker = fork(script, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
        worker.stderr!.setEncoding('utf8').on('data', (text: string) => {
            this.#words = (this.#words + text).slice(-4000);
        });
        return worker;
    }
}
