import { signal } from '@preact/signals';
import type { ColumnArray, SiteSummary } from '../../siteFormat.js';
import type { ExploredNeurons } from './ExploredNeurons.js';

/** What the worker's table does, and makes of it. */
export type Methods = Pick<ExploredNeurons, 'query' | 'row' | 'rows' | 'histogram' | 'neighbours'> & {
    csv(flats: Uint32Array): Promise<Blob>;
};

/** What a table is made of, and where the rest of it is. */
export interface Load {
    readonly base: string;
    readonly summary: SiteSummary;
    readonly classified: ColumnArray;
}

/** What the worker is sent. */
export type Asked =
    | { readonly load: Load }
    | { readonly load: 'tokens' }
    | { readonly id: number; readonly method: keyof Methods; readonly args: readonly unknown[] };

/** What it sends. */
export type Told =
    | { readonly part: Part; readonly loaded: number; readonly ready?: true }
    | { readonly part: Part; readonly failed: string }
    | Answered;

type Answered = { readonly id: number; readonly answer: unknown } | { readonly id: number; readonly refused: string };

/** What is read one after the other. */
export type Part = 'columns' | 'tokens';

class Reading {
    /** Share of it that is read, 0 to 1. */
    readonly loaded = signal(0);
    readonly ready = signal(false);
    readonly failed = signal('');
}

/** The table of neurons, in a worker: its columns are read at once, its tokens when they are first wanted. */
export class TableClient extends Reading {
    readonly tokens = new Reading();
    readonly #worker: Worker;
    readonly #waiting = new Map<number, (told: Answered) => void>();
    #next = 0;
    #tokensWanted = false;

    /** @param classified the column of that name */
    constructor(base: string, summary: SiteSummary, classified: Promise<ColumnArray>) {
        super();
        this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
        this.#worker.addEventListener('message', ({ data }: MessageEvent<Told>) => this.#take(data));
        this.#worker.addEventListener('error', ({ message }) => (this.failed.value = message || 'the worker ended'));
        classified.then(
            (column) => this.#send({ load: { base, summary, classified: column } }),
            (cause: unknown) => (this.failed.value = cause instanceof Error ? cause.message : String(cause)),
        );
    }

    /** Begins to read the tokens, once. */
    readTokens(): void {
        if (!this.#tokensWanted) this.#send({ load: 'tokens' });
        this.#tokensWanted = true;
    }

    ask<M extends keyof Methods>(method: M, ...args: Parameters<Methods[M]>): Promise<Awaited<ReturnType<Methods[M]>>> {
        const id = this.#next++;
        return new Promise((answer, refuse) => {
            this.#waiting.set(id, (told) =>
                'refused' in told ? refuse(new Error(told.refused)) : answer(told.answer as never),
            );
            this.#send({ id, method, args });
        });
    }

    #send(asked: Asked): void {
        this.#worker.postMessage(asked);
    }

    #take(told: Told): void {
        if ('id' in told) {
            this.#waiting.get(told.id)?.(told);
            this.#waiting.delete(told.id);
            return;
        }
        const part = told.part === 'tokens' ? this.tokens : this;
        if ('failed' in told) part.failed.value = told.failed;
        else {
            part.loaded.value = told.loaded;
            if (told.ready) part.ready.value = true;
        }
    }
}
