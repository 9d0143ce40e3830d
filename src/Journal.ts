import { appendFile, readFile, rm } from 'node:fs/promises';
import type { z } from 'zod';
import { unwritable, writeFileAtomic } from './files.js';

/**
 * Finished pieces of long work, one JSON line each, on disk as soon as they are done: what a stopped
 * run leaves behind. The first line says what the work was; a line that was cut short counts as not
 * there.
 */
export class Journal<Entry> {
    readonly #path: string;

    private constructor(path: string, /** Entries found, in the order of the file. */ readonly found: readonly Entry[]) {
        this.#path = path;
    }

    /**
     * Takes over the entries of a file with the same key; any other file is replaced.
     * @param key says what the work is: model, inputs and settings
     * @throws LanguageNeuronsError UNWRITABLE
     */
    static async open<Schema extends z.ZodType>(path: string, key: string, schema: Schema): Promise<Journal<z.output<Schema>>> {
        const [head, ...lines] = (await readFile(path, 'utf8').catch(() => '')).split('\n');
        const found: z.output<Schema>[] = [];
        const kept: string[] = [];
        if (head === headOf(key)) {
            for (const line of lines) {
                const entry = parsed(line, schema);
                if (entry === undefined) continue;
                found.push(entry);
                kept.push(line);
            }
        }
        // Anew, as the last line may have been cut short.
        await writeFileAtomic(path, [headOf(key), ...kept].map((line) => `${line}\n`).join(''));
        return new Journal(path, found);
    }

    /** @throws LanguageNeuronsError UNWRITABLE */
    async add(entry: Entry): Promise<void> {
        try {
            await appendFile(this.#path, `${JSON.stringify(entry)}\n`);
        } catch (cause) {
            throw unwritable(this.#path, cause);
        }
    }

    /** Removes the file, once what the work led to is written. */
    async remove(): Promise<void> {
        await rm(this.#path, { force: true });
    }
}

function headOf(key: string): string {
    return JSON.stringify({ key });
}

function parsed<Schema extends z.ZodType>(line: string, schema: Schema): z.output<Schema> | undefined {
    try {
        return schema.parse(JSON.parse(line));
    } catch {
        return undefined;
    }
}
