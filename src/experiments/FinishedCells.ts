import { readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import type { ScoreResult } from '../engine/Engine.js';
import { writeFileAtomic } from '../files.js';

// JSON has no infinity: a sum that is not finite is stored as null.
const score = z.object({ logProbability: z.number().nullable().transform((value) => value ?? -Infinity), tokens: z.number().int(), decodedTokens: z.number().int() });
const file = z.object({ key: z.string(), cells: z.record(z.string(), score) });

/** The cells of a matrix computed so far, on disk after each one, so that a stopped run loses none. */
export class FinishedCells {
    readonly #path: string;
    readonly #key: string;
    readonly #cells: Map<string, ScoreResult>;

    private constructor(path: string, key: string, cells: Map<string, ScoreResult>) {
        this.#path = path;
        this.#key = key;
        this.#cells = cells;
    }

    /** Takes over the cells of a file with the same key; any other file counts as none. */
    static async open(path: string, key: string): Promise<FinishedCells> {
        const text = await readFile(path, 'utf8').catch(() => '');
        let cells = new Map<string, ScoreResult>();
        try {
            const found = file.parse(JSON.parse(text));
            if (found.key === key) cells = new Map(Object.entries(found.cells));
        } catch {
            // no file, or a damaged one: computed anew
        }
        return new FinishedCells(path, key, cells);
    }

    get size(): number {
        return this.#cells.size;
    }

    get(name: string): ScoreResult | undefined {
        return this.#cells.get(name);
    }

    /** @throws LanguageNeuronsError UNWRITABLE */
    async set(name: string, value: ScoreResult): Promise<void> {
        this.#cells.set(name, value);
        await writeFileAtomic(this.#path, JSON.stringify({ key: this.#key, cells: Object.fromEntries(this.#cells) }));
    }

    /** Removes the file, once what it led to is written. */
    async remove(): Promise<void> {
        await rm(this.#path, { force: true });
    }
}
