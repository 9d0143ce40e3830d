import { createReadStream, type ReadStream } from 'node:fs';
import { LanguageNeuronsError } from '../errors.js';
import { orStopped } from '../support/stop.js';
import { Misplaced, openInFolder } from './inFolder.js';
import { checkSize } from './sizes.js';

/**
 * Streams a file or pipe that the user names. The signal ends it also while nothing comes, as from a pipe or a dead
 * network drive.
 * @throws LanguageNeuronsError NOT_FOUND where it cannot be read; ABORTED
 */
export async function* readBytes(path: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
    yield* streamed(path, () => Promise.resolve(createReadStream(path)), signal);
}

/**
 * Streams a file of a run folder.
 * @param most most bytes of the file
 * @throws LanguageNeuronsError NOT_FOUND where it cannot be read or is larger; ABORTED
 */
export async function* readBytesInFolder(path: string, most: number, signal?: AbortSignal): AsyncGenerator<Buffer> {
    const open = async (): Promise<ReadStream> => {
        const file = await openInFolder(path);
        try {
            checkSize((await file.stat()).size, most);
            return file.createReadStream();
        } catch (cause) {
            await file.close();
            throw cause;
        }
    };
    yield* streamed(path, open, signal);
}

async function* streamed(
    path: string,
    open: () => Promise<ReadStream>,
    signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
    let stream: ReadStream | undefined;
    try {
        stream = await open();
        const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
        for (;;) {
            const { done, value } = await orStopped(chunks.next(), signal);
            if (done === true) return;
            yield value;
        }
    } catch (cause) {
        if (cause instanceof LanguageNeuronsError) throw cause;
        const { code, message } = cause as NodeJS.ErrnoException;
        const why = code === 'ENOENT' ? 'no such file; check the path' : `cannot be read (${message})`;
        throw new LanguageNeuronsError('NOT_FOUND', `${path}: ${cause instanceof Misplaced ? message : why}`, {
            cause,
        });
    } finally {
        stream?.destroy();
    }
}
