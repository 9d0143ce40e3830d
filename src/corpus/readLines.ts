import { createReadStream } from 'node:fs';
import { LanguageNeuronsError } from '../errors.js';

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
 * @throws LanguageNeuronsError NOT_FOUND, ENCODING naming the line, DAMAGED for a line without end
 */
export async function* readLines(path: string): AsyncGenerator<Line> {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }); // that is: keeps it
    const mark = '\ufeff';
    let number = 0;
    const decode = (bytes: Buffer): Line => {
        number++;
        try {
            const text = decoder.decode(bytes).replace(/\r$/, '');
            return { text: number === 1 && text.startsWith(mark) ? text.slice(1) : text, number };
        } catch (cause) {
            throw new LanguageNeuronsError('ENCODING', `${path}: line ${number} is not valid UTF-8; convert the file to UTF-8`, { cause });
        }
    };
    let pending: Buffer[] = [];
    let pendingBytes = 0;
    try {
        for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
            let begin = 0;
            for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, begin)) {
                yield decode(Buffer.concat([...pending, chunk.subarray(begin, end)]));
                pending = [];
                pendingBytes = 0;
                begin = end + 1;
            }
            if (begin < chunk.length) {
                pending.push(chunk.subarray(begin));
                pendingBytes += chunk.length - begin;
            }
            if (pendingBytes > maxLineBytes) {
                throw new LanguageNeuronsError('DAMAGED', `${path}: line ${number + 1} is longer than ${maxLineBytes >> 20} MiB; put each text on a line of its own`);
            }
        }
    } catch (cause) {
        if (cause instanceof LanguageNeuronsError) throw cause;
        const { code, message } = cause as NodeJS.ErrnoException;
        throw new LanguageNeuronsError('NOT_FOUND', `${path}: ${code === 'ENOENT' ? 'no such file; check the path' : `cannot be read (${message})`}`, { cause });
    }
    if (pendingBytes > 0) yield decode(Buffer.concat(pending));
}
