import { randomInt } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, rename, rm } from 'node:fs/promises';
import { pathInFolder } from './inFolder.js';
import { takeSizeLimitAsError, writeFully } from './writeFully.js';

/** Names of unfinished files whose process ended, and of the trial file of a folder. */
const unfinished = /\.(?:safetensors|json|jsonl|csv|parquet|html|svg|gguf)\.\d+$|^\.writable-\d+$/;

export function isUnfinished(name: string): boolean {
    return unfinished.test(name);
}

/** Ten random digits make the name of an unfinished file unique and unpredictable. */
export function unfinishedNumber(): number {
    return randomInt(1e9, 1e10);
}

/**
 * A file that is being written. It has a temporary name beside its target and replaces the target only when all is
 * safely on the disk, so that there is always the old file or the new one, never a part.
 */
export class UnfinishedFile {
    /** The path of the finished file. */
    readonly target: string;
    /** The temporary path. */
    readonly path: string;
    #file: FileHandle | undefined;
    #bytes = 0;

    private constructor(target: string, path: string, file: FileHandle) {
        this.target = target;
        this.path = path;
        this.#file = file;
    }

    /** Bytes written so far. */
    get bytes(): number {
        return this.#bytes;
    }

    /**
     * @param target the new file gets the permissions of the file that it replaces
     * @throws Misplaced where a link out of the folder is in its place; of the system, with its code
     */
    static async create(target: string): Promise<UnfinishedFile> {
        takeSizeLimitAsError();
        await pathInFolder(target); // a link in the folder is replaced, not what it leads to
        const path = `${target}.${unfinishedNumber()}`;
        const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL);
        const made = new UnfinishedFile(target, path, file);
        const there = await lstat(target).catch(() => undefined);
        if (there?.isFile() === true) {
            // Where the system refuses, as it may, the file is as new.
            await file.chmod(there.mode & 0o7777).catch(() => undefined);
            await file.chown(there.uid, there.gid).catch(() => undefined);
        }
        return made;
    }

    /** @throws of the system, with its code */
    async write(bytes: Uint8Array): Promise<void> {
        await writeFully(this.#file!, bytes);
        this.#bytes += bytes.length;
    }

    /**
     * Makes sure that everything is on the disk. Nothing may be written afterwards.
     * @throws of the system, with its code
     */
    async finish(): Promise<void> {
        const file = this.#file!;
        await file.sync();
        const { size } = await file.stat();
        if (size !== this.#bytes) throw new Error(`${size} of ${this.#bytes} bytes are there; try again`);
        this.#file = undefined;
        await file.close(); // some file systems report only now that the disk is full
    }

    /** Puts the finished file in its place. @throws of the system, with its code */
    async place(): Promise<void> {
        await rename(this.path, this.target);
    }

    /** Removes the unfinished file. */
    async discard(): Promise<void> {
        await this.#file?.close().catch(() => undefined);
        this.#file = undefined;
        await rm(this.path, { force: true }).catch(() => undefined);
    }
}
