import { LanguageNeuronsError } from '../errors.js';
import { readBytes } from './readBytes.js';

/** A text of more than this is not a line of a corpus but a mistake; it would be held in memory whole. */
const maxLineBytes = 64 * 1024 * 1024;
const newline = 0x0a;

export interface Line {
    readonly text: string;
    /** 1-based. */
    readonly number: number;
}

/**
 * Streams the lines of a UTF-8 file; CRLF is tolerated, a byte-order mark dropped.
 * @throws LanguageNeuronsError NOT_FOUND, ENCODING naming the line, DAMAGED for a line without end, ABORTED
 */
export async function* readLines(path: string, signal?: AbortSignal): AsyncGenerator<Line> {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }); // that is: keeps it
    const mark = '\ufeff';
    let number = 0;
    const decode = (bytes: Buffer): Line => {
        number++;
        try {
            let text = decoder.decode(bytes);
            if (text.endsWith('\r')) text = text.slice(0, -1);
            return { text: number === 1 && text.startsWith(mark) ? text.slice(1) : text, number };
        } catch (cause) {
            throw new LanguageNeuronsError('ENCODING', `${path}: line ${number} is not valid UTF-8; convert the file to UTF-8`, { cause });
        }
    };
    // Chunks of a line that has not ended: joined once, when it does.
    let pending: Buffer[] = [];
    let pendingBytes = 0;
    for await (const chunk of readBytes(path, signal)) {
        let begin = 0;
        for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, begin)) {
            pending.push(chunk.subarray(begin, end));
            const line = Buffer.concat(pending);
            pending = [];
            pendingBytes = 0;
            begin = end + 1;
            yield decode(line);
        }
        if (begin < chunk.length) {
            pending.push(chunk.subarray(begin));
            pendingBytes += chunk.length - begin;
        }
        if (pendingBytes > maxLineBytes) {
            throw new LanguageNeuronsError(
                'DAMAGED',
                `${path}: line ${number + 1} is longer than ${maxLineBytes >> 20} MiB; put each text on a line of `
                    + 'its own',
            );
        }
    }
    if (pendingBytes > 0) yield decode(Buffer.concat(pending));
}
