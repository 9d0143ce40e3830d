import { LanguageNeuronsError } from '../../errors.js';
import type { Progress } from '../../support/progress.js';
import type { NativeContext, NativeMode, NativeModel } from '../native/addon.js';
import type { NeuronEdit, TextEdit } from '../types/edits.js';
import { type EditCapacity, type EditSlots, largerCapacity, layOutEdits, nativeEdit } from './editSlots.js';
import type { CacheLayout, EngineParts, OpenContext } from './loadEngine.js';
import { awaitNative, nativeError } from '../native/nativeError.js';

/** The purpose of a pass; its conditions decide the rest of the mode. */
export interface Purpose
    extends Omit<NativeMode, 'edit' | 'edits' | 'add' | 'watch'>, Omit<EditCapacity, 'edits' | 'offsets'> {
    /** Finished sequences stay in the KV cache, also for passes of this kind that follow. Default false. */
    readonly keepsSequences?: boolean | undefined;
}

/** What a pass knows of the cells that it leaves in the KV cache. */
export interface CacheContents {
    /** False where they may be anything. */
    readonly isKnown: boolean;
}

/** A new context that takes longer is announced, in milliseconds. */
const patience = 1000;

/**
 * The context of an engine, of the size that the pass under way asks for: a cache laid out its way, and capacity for
 * its edits. llama.cpp's contexts do not grow; another one takes the place of the one before.
 */
export class SizedContext {
    /** Sequences that a batch may have tokens of. */
    readonly sequences: number;
    /** Cells of the KV cache. */
    readonly cells: number;
    /** What passes that keep sequences put into the KV cache, by their own account; undefined: it is empty. */
    contents: CacheContents | undefined;
    readonly #model: NativeModel;
    readonly #open: OpenContext;
    readonly #progress: Progress;
    #native: NativeContext;
    #batchSize: number;
    /** Undefined: shared. */
    #layout: CacheLayout | undefined;
    /** The largest capacity that a pass has asked for so far. */
    #capacity: EditCapacity;
    /** What the pass under way asks for. */
    #asked: { readonly purpose: Purpose; readonly conditions: readonly TextEdit[] } | undefined;
    /** The edits of that pass that the context holds; undefined before it is prepared. */
    #slots: EditSlots | undefined;
    /** Number of its conditions that fit into memory at a time, as far as is known. */
    #together = Infinity;
    #replacing = false;
    #closed = false;

    constructor({ model, context, open, capacity, progress, sizes }: EngineParts) {
        this.#model = model;
        this.#native = context;
        this.#open = open;
        this.#capacity = capacity;
        this.#progress = progress;
        this.#batchSize = sizes.batchSize;
        this.sequences = sizes.sequences;
        this.cells = sizes.contextSize;
    }

    /** The current context; a pass that asks for another size replaces it. */
    get native(): NativeContext {
        return this.#native;
    }

    /** Tokens of a batch: what was asked for, or less where memory is short. */
    get batchSize(): number {
        return this.#batchSize;
    }

    /** Cells that all sequences share, unless a pass has asked for another layout. */
    get layout(): CacheLayout {
        return this.#layout ?? { cells: this.cells, sequences: this.sequences, streams: false };
    }

    /** Whether the pass under way leaves sequences in the KV cache for passes of its kind. */
    get keepsSequences(): boolean {
        return this.#asked?.purpose.keepsSequences === true;
    }

    get isClosed(): boolean {
        return this.#closed;
    }

    throwIfClosed(): void {
        if (this.#closed) throw new LanguageNeuronsError('CLOSED', 'the engine was closed; open a new one');
    }

    /** Begins a pass. No earlier pass may be at work: it would go on under these conditions. */
    begin(purpose: Purpose, conditions: readonly TextEdit[]): void {
        this.#asked = { purpose, conditions };
        this.#slots = undefined;
        this.#together = Infinity;
    }

    /**
     * Lays the cache out for the rest of a pass, and prepares its edits. Costs nothing where both are as needed.
     * @param layout undefined: shared
     * @param condition of what comes next: it is held, and as many others as memory has space for. Default: all are
     * @throws LanguageNeuronsError OUT_OF_MEMORY where that cannot be; the engine is what it was
     */
    async relay(layout: CacheLayout | undefined, condition?: number): Promise<void> {
        const { purpose, conditions } = this.#asked!;
        for (;;) {
            const first = condition === undefined ? 0 : condition - (condition % this.#together);
            const end = Math.min(first + this.#together, conditions.length);
            const isHeld = this.#slots?.first === first && this.#slots.end === end;
            const slots = isHeld ? this.#slots! : layOutEdits(conditions, first, end);
            try {
                const { watched, residuals, inputSquares } = purpose;
                const isNew = await this.#lay(layout, { ...slots.needs, watched, residuals, inputSquares });
                if (isNew || !isHeld) await this.#prepare(purpose, slots);
                return;
            } catch (cause) {
                const isMemory = nativeError(cause).code === 'OUT_OF_MEMORY' && !this.#closed;
                if (condition === undefined || end - first < 2 || !isMemory) throw cause;
                this.#together = Math.ceil((end - first) / 2);
            }
        }
    }

    /** Whether the context holds a condition of the running pass. */
    holds(condition: number): boolean {
        return this.#slots !== undefined && condition >= this.#slots.first && condition < this.#slots.end;
    }

    /** Number of the edit that a token has in the pass under way; see `EditsByToken.at`. */
    editAt(condition: number, position: number, promptLength: number, text = 0): number {
        return this.#slots?.slotAt(condition, position, promptLength, text) ?? 0;
    }

    /**
     * Puts other edits in the place of those of a condition of the running pass, as many as it has; between batches.
     * @throws LanguageNeuronsError WRONG_USE where the model does not take them
     */
    async replaceEdits(condition: number, edits: readonly NeuronEdit[]): Promise<void> {
        const begin = this.#slots!.begins(condition);
        for (const [i, edit] of edits.entries())
            await awaitNative(() => this.#native.setEdit(begin + i, nativeEdit(edit)));
    }

    /**
     * Takes batches of half as many tokens.
     * @throws LanguageNeuronsError as `Engine.stepDown`
     */
    async halve(): Promise<void> {
        const batchSize = Math.floor(this.#batchSize / 2);
        await this.#replace(async () => {
            this.#native = await this.#open(batchSize, this.#capacity);
            this.#batchSize = batchSize;
            this.#layout = undefined;
        });
    }

    /** Stops the decode under way. */
    abort(): void {
        if (!this.#closed && !this.#replacing) this.#native.abort();
    }

    /** Frees the context alone: its model has another one. A decode under way ends first. */
    release(): void {
        if (this.#closed) return;
        this.#closed = true;
        this.#native.close();
    }

    /** Frees context and model. */
    close(): void {
        if (this.#closed) return;
        this.release();
        this.#model.close();
    }

    /**
     * Replaces the context where it is laid out otherwise, or cannot hold what is needed.
     * @returns whether it is a new one
     */
    async #lay(layout: CacheLayout | undefined, needs: EditCapacity): Promise<boolean> {
        const had = this.#capacity;
        const capacity = largerCapacity(had, needs);
        if (capacity === had && isSame(layout, this.#layout)) return false;
        const reopen = async (to: CacheLayout | undefined, holding: EditCapacity): Promise<void> => {
            this.#native = await this.#open(this.#batchSize, holding, to);
            [this.#layout, this.#capacity] = [to, holding];
        };
        const announcement = setTimeout(() => {
            this.#progress.note(`making space in memory for ${describe(capacity)}`);
        }, patience);
        let failure: LanguageNeuronsError | undefined;
        try {
            await this.#replace(() =>
                reopen(layout, capacity)
                    .catch((cause: unknown) => {
                        if (layout === undefined) throw cause;
                        return reopen(undefined, capacity); // streams have other compute buffers
                    })
                    .catch(async (cause: unknown) => {
                        if (capacity === had) throw cause;
                        await reopen(undefined, had); // which fitted before
                        const { code, message } = nativeError(cause);
                        failure = new LanguageNeuronsError(
                            code,
                            `${describe(capacity)} do not fit into memory: ${message}`,
                            {
                                cause,
                            },
                        );
                    }),
            );
        } finally {
            clearTimeout(announcement);
        }
        if (failure !== undefined) throw failure;
        return true;
    }

    /** If no other context can be opened either, the engine is closed. */
    async #replace(open: () => Promise<void>): Promise<void> {
        this.#replacing = true;
        try {
            this.#native.close(); // first: two may not fit
            this.contents = undefined;
            await open();
        } catch (cause) {
            this.throwIfClosed();
            this.close(); // there is no context any more
            throw cause;
        } finally {
            this.#replacing = false;
        }
        if (this.#closed) this.#native.close();
        this.throwIfClosed();
    }

    async #prepare(purpose: Purpose, slots: EditSlots): Promise<void> {
        const { edits, needs } = slots;
        const { watched, residuals: _, inputSquares: _squares, keepsSequences = false, ...reads } = purpose;
        const several = edits.length > 1;
        const edit = !several && edits[0] !== undefined;
        const watch = watched !== undefined;
        const mode: NativeMode = { ...reads, watch, edit, edits: several, add: needs.offsets };
        await awaitNative(() => this.#native.setMode(mode));
        if (!keepsSequences || this.contents?.isKnown !== true) {
            this.contents = undefined;
            await awaitNative(() => this.#native.reset());
        }
        for (const [i, edit] of edits.entries()) {
            if (several || edit !== undefined) await awaitNative(() => this.#native.setEdit(i, nativeEdit(edit)));
        }
        this.#slots = slots;
    }
}

function isSame(a: CacheLayout | undefined, b: CacheLayout | undefined): boolean {
    return a?.streams === b?.streams && a?.cells === b?.cells && a?.sequences === b?.sequences;
}

function describe({ edits, offsets, watched }: EditCapacity): string {
    const neurons = watched === undefined ? '' : `, and ${watched.length / 2} watched neurons`;
    return `${edits} ${edits === 1 ? 'edit' : 'edits'} at a time${offsets ? ', with offsets' : ''}${neurons}`;
}
