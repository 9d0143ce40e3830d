import { constants } from 'node:fs';
import type { z } from 'zod';
import { hasCode, LanguageNeuronsError } from '../errors.js';
import { byteLines } from './byteLines.js';
import { isMissing, unwritable } from './fileAccess.js';
import { checkChangeable, Misplaced, openToChange } from './inFolder.js';
import { nonFinite } from './nonFinite.js';
import { readBytesInFolder } from './readBytes.js';
import { takeSizeLimitAsError, writeFully } from './writeFully.js';
import type { Progress } from '../support/progress.js';

/** The most bytes, far above those of any real journal. */
const mostBytes = 64 * 1024 ** 3;

export interface JournalOptions<Entry> {
    readonly signal?: AbortSignal | undefined;
    /** Called with each sound entry, in the order of the file. */
    readonly take: (entry: Entry) => void;
}

/**
 * Finished pieces of long work, one JSON line each, on disk as soon as they are done and kept for good: each
 * says by its `key` what it is of, and whoever needs it finds it again. A line that cannot be read, such as
 * one cut short when a process was killed, counts as not there.
 */
export class Journal<Entry> {
    readonly #path: string;
    /** The file does not end with a line break, so the next entry begins with one. */
    #torn: boolean;

    private constructor(
        path: string,
        torn: boolean,
        /** Lines that could not be read. */ readonly unreadable: number,
    ) {
        this.#path = path;
        this.#torn = torn;
    }

    /**
     * Reads a journal as a stream; where there is none, the first entry makes it.
     * @throws LanguageNeuronsError NOT_FOUND where it is there and cannot be read, or is no file of its folder alone;
     * ABORTED
     */
    static async open<Schema extends z.ZodType>(
        path: string,
        schema: Schema,
        options: JournalOptions<z.output<Schema>>,
    ): Promise<Journal<z.output<Schema>>> {
        await checkChangeable(path).catch((cause: unknown) => {
            throw unreadable(path, cause as Error);
        });
        const { unreadable: lines, torn } = await Journal.read(path, schema, options);
        return new Journal(path, torn, lines);
    }

    /**
     * Reads a journal without opening it for writing.
     * @throws LanguageNeuronsError NOT_FOUND where it is there and cannot be read; ABORTED
     */
    static async read<Schema extends z.ZodType>(
        path: string,
        schema: Schema,
        { signal, take }: JournalOptions<z.output<Schema>>,
    ): Promise<{ readonly unreadable: number; readonly torn: boolean }> {
        let unreadableLines = 0;
        let torn = false;
        const decoder = new TextDecoder('utf-8', { fatal: true });
        try {
            for await (const { bytes, whole } of byteLines(readBytesInFolder(path, mostBytes, signal))) {
                torn = !whole;
                if (bytes?.length === 0) continue;
                const entry = bytes === undefined ? undefined : parsed(decoder, bytes, schema);
                if (entry === undefined) unreadableLines++;
                else take(entry);
            }
        } catch (cause) {
            if (!hasCode(cause, 'NOT_FOUND')) throw cause;
            if (!isMissing(cause)) throw unreadable(path, cause.cause as Error);
        }
        return { unreadable: unreadableLines, torn };
    }

    /** @throws LanguageNeuronsError UNWRITABLE */
    async add(...entries: readonly Entry[]): Promise<void> {
        try {
            const lines = entries.map((entry) => `${JSON.stringify(entry, nonFinite)}\n`).join('');
            const text = `${this.#torn ? '\n' : ''}${lines}`;
            this.#torn = true; // unless all of it is written
            await append(this.#path, Buffer.from(text));
            this.#torn = false;
        } catch (cause) {
            throw unwritable(this.#path, cause);
        }
    }
}

async function append(path: string, bytes: Uint8Array): Promise<void> {
    takeSizeLimitAsError();
    const file = await openToChange(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT);
    try {
        await writeFully(file, bytes);
    } catch (cause) {
        await file.close().catch(() => undefined);
        throw cause;
    }
    await file.close(); // some file systems report only now that the disk is full
}

function unreadable(path: string, cause: Error): LanguageNeuronsError {
    const why = cause instanceof Misplaced ? cause.message.split('; ')[0]! : cause.message;
    return new LanguageNeuronsError(
        'NOT_FOUND',
        `${path}: cannot be read (${why}), though it holds finished work; ` +
            'make it readable, or remove it to do the work again',
        { cause },
    );
}

function parsed<Schema extends z.ZodType>(
    decoder: InstanceType<typeof TextDecoder>,
    line: Buffer,
    schema: Schema,
): z.output<Schema> | undefined {
    try {
        const found = schema.safeParse(JSON.parse(decoder.decode(line)));
        return found.success ? found.data : undefined;
    } catch {
        return undefined;
    }
}

/** Says which journal has unreadable lines. */
export function noteUnreadable(
    { unreadable }: { readonly unreadable: number },
    path: string,
    progress: Progress,
): void {
    if (unreadable > 0)
        progress.note(
            `${path}: ${unreadable} ${unreadable === 1 ? 'line' : 'lines'} cannot be read; ` +
                'their work is done again',
        );
}
