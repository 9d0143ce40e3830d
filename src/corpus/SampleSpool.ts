import { closeSync, openSync, read, rmSync, write } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LanguageNeuronsError } from '../errors.js';
import { noRoom, takeSizeLimitAsError } from '../files/writeFully.js';
import { orStopped, throwIfStopped } from '../support/stop.js';
import type { Sample } from './Corpus.js';

/** Characters of one language in memory before they are written as a block, which is read back at once. */
const blockCharacters = 256 * 1024;
/** Most characters of all languages together in memory. */
const mostPending = 4 * 1024 * 1024;

const readAt = promisify(read);
const writeAt = promisify(write);

/** Samples of a language: written in blocks of the file, and not yet written. */
interface Kept {
    readonly blocks: { readonly begin: number; readonly bytes: number }[];
    pending: string[];
    pendingCharacters: number;
}

/** Closes the file of a spool once nothing reads it. */
const unused = new FinalizationRegistry<number>((file) => closeSync(file));

/**
 * Stores the samples of a file that mixes languages, by language. The file is read and checked once, and not again
 * when it may have changed. The samples are in a temporary file without a name, which disappears with this process,
 * however it ends.
 */
export class SampleSpool {
    readonly #file: number;
    readonly #path: string;
    readonly #languages = new Map<string, Kept>();
    #end = 0;
    #pending = 0;

    private constructor(file: number, path: string) {
        this.#file = file;
        this.#path = path;
        unused.register(this, file);
    }

    /** @throws LanguageNeuronsError UNWRITABLE */
    static async create(): Promise<SampleSpool> {
        takeSizeLimitAsError();
        try {
            const folder = await mkdtemp(join(tmpdir(), 'language-neurons-')); // for this user alone
            const path = join(folder, 'samples');
            const remove = (): void => rmSync(folder, { recursive: true, force: true });
            try {
                return new SampleSpool(openSync(path, 'wx+', 0o600), path);
            } finally {
                try {
                    remove();
                } catch {
                    process.once('exit', remove); // where a file in use cannot be removed
                }
            }
        } catch (cause) {
            throw unwritable(tmpdir(), cause);
        }
    }

    /** In the order of their first sample or mention. */
    get languages(): readonly string[] {
        return [...this.#languages.keys()];
    }

    /** Adds a language, possibly without samples. */
    mention(language: string): Kept {
        let kept = this.#languages.get(language);
        if (kept === undefined)
            this.#languages.set(language, (kept = { blocks: [], pending: [], pendingCharacters: 0 }));
        return kept;
    }

    /** @throws LanguageNeuronsError UNWRITABLE */
    async add({ language, ...sample }: Sample): Promise<void> {
        const kept = this.mention(language);
        // JSON keeps invalid Unicode too, and has no line breaks.
        const line = JSON.stringify(sample);
        kept.pending.push(line);
        kept.pendingCharacters += line.length;
        this.#pending += line.length;
        if (kept.pendingCharacters >= blockCharacters) await this.#writeDown(kept);
        else if (this.#pending >= mostPending) {
            for (const other of this.#languages.values()) await this.#writeDown(other);
        }
    }

    /**
     * Streams the samples of one language in the order in which they were added. Nothing may be added afterwards.
     * @throws LanguageNeuronsError DAMAGED, ABORTED
     */
    async *samples(language: string, signal?: AbortSignal): AsyncGenerator<Sample> {
        const { blocks, pending } = this.#languages.get(language) ?? { blocks: [], pending: [] };
        let block = Buffer.alloc(0);
        for (const { begin, bytes } of blocks) {
            if (block.length < bytes) block = Buffer.allocUnsafeSlow(bytes);
            for (let done = 0; done < bytes;) {
                const reading = readAt(this.#file, block, done, bytes - done, begin + done);
                const { bytesRead } = await orStopped(reading, signal);
                if (bytesRead === 0) {
                    throw new LanguageNeuronsError(
                        'DAMAGED',
                        `${this.#path}: was cut short while it was in use; run the same command again`,
                    );
                }
                done += bytesRead;
            }
            for (const line of block.toString('utf8', 0, bytes).split('\n')) yield sampleOf(language, line);
        }
        throwIfStopped(signal);
        for (const line of pending) yield sampleOf(language, line);
    }

    async #writeDown(kept: Kept): Promise<void> {
        if (kept.pending.length === 0) return;
        const block = Buffer.from(kept.pending.join('\n'));
        this.#pending -= kept.pendingCharacters;
        kept.pending = [];
        kept.pendingCharacters = 0;
        const begin = this.#end;
        try {
            for (let done = 0; done < block.length;) {
                const { bytesWritten } = await writeAt(this.#file, block, done, block.length - done, begin + done);
                if (bytesWritten === 0) throw noRoom();
                done += bytesWritten;
            }
        } catch (cause) {
            throw unwritable(this.#path, cause);
        }
        kept.blocks.push({ begin, bytes: block.length });
        this.#end += block.length;
    }
}

function sampleOf(language: string, line: string): Sample {
    return { language, ...(JSON.parse(line) as Omit<Sample, 'language'>) };
}

function unwritable(path: string, cause: unknown): LanguageNeuronsError {
    const { message } = cause as Error;
    return new LanguageNeuronsError(
        'UNWRITABLE',
        `${path}: cannot hold the texts while they are used (${message}); free some space, or set TMPDIR to ` +
            'another folder',
        { cause },
    );
}
