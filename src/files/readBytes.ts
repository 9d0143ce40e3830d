import { createReadStream } from 'node:fs';
import { LanguageNeuronsError } from '../errors.js';
import { orStopped } from '../support/stop.js';

/**
 * Streams a file; a stop ends it also while the file gives nothing, such as a pipe or a dead network drive.
 * @throws LanguageNeuronsError NOT_FOUND where it cannot be read; ABORTED
 */
export async function* readBytes(path: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
    const stream = createReadStream(path);
    const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    try {
        for (;;) {
            const { done, value } = await orStopped(chunks.next(), signal);
            if (done === true) return;
            yield value;
        }
    } catch (cause) {
        if (cause instanceof LanguageNeuronsError) throw cause;
        const { code, message } = cause as NodeJS.ErrnoException;
        const why = code === 'ENOENT' ? 'no such file; check the path' : `cannot be read (${message})`;
        throw new LanguageNeuronsError('NOT_FOUND', `${path}: ${why}`, { cause });
    } finally {
        stream.destroy();
    }
}
