import { signal } from '@preact/signals';
import type { ColumnArray, SiteSummary } from '../../siteFormat.js';
import type { ExploredNeurons } from './ExploredNeurons.js';

type Method = 'query' | 'row' | 'rows' | 'histogram' | 'neighbours';

/** What a table is made of, and where the rest of it is. */
export interface Load {
    readonly base: string;
    readonly summary: SiteSummary;
    readonly classified: ColumnArray;
}

/** What the worker is sent. */
export type Asked =
    { readonly load: Load } | { readonly id: number; readonly method: Method; readonly args: readonly unknown[] };

/** What it sends. */
export type Told =
    | { readonly loaded: number; readonly ready?: true }
    | { readonly failed: string }
    | { readonly id: number; readonly answer: unknown };

/** The table of neurons, in a worker. */
export class TableClient {
    /** Share of the columns that is read, 0 to 1. */
    readonly loaded = signal(0);
    readonly ready = signal(false);
    readonly failed = signal('');
    readonly #worker: Worker;
    readonly #waiting = new Map<number, (answer: never) => void>();
    #next = 0;

    /** @param classified the column of that name */
    constructor(base: string, summary: SiteSummary, classified: Promise<ColumnArray>) {
        this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
        this.#worker.addEventListener('message', ({ data }: MessageEvent<Told>) => this.#take(data));
        this.#worker.addEventListener('error', ({ message }) => (this.failed.value = message || 'the worker ended'));
        classified.then(
            (column) => this.#send({ load: { base, summary, classified: column } }),
            (cause: unknown) => (this.failed.value = cause instanceof Error ? cause.message : String(cause)),
        );
    }

    ask<M extends Method>(method: M, ...args: Parameters<ExploredNeurons[M]>): Promise<ReturnType<ExploredNeurons[M]>> {
        const id = this.#next++;
        return new Promise((answer) => {
            this.#waiting.set(id, answer as (answer: never) => void);
            this.#send({ id, method, args });
        });
    }

    #send(asked: Asked): void {
        this.#worker.postMessage(asked);
    }

    #take(told: Told): void {
        if ('id' in told) {
            this.#waiting.get(told.id)?.(told.answer as never);
            this.#waiting.delete(told.id);
        } else if ('failed' in told) this.failed.value = told.failed;
        else {
            this.loaded.value = told.loaded;
            if (told.ready) this.ready.value = true;
        }
    }
}
