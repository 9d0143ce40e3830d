import { LanguageNeuronsError } from '../errors.js';
import { byteLines, maxLineBytes } from '../files/byteLines.js';
import { readBytes } from '../files/readBytes.js';

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
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }); // true keeps the mark
    const mark = '\ufeff';
    let number = 0;
    const decode = (bytes: Buffer): Line => {
        number++;
        try {
            let text = decoder.decode(bytes);
            if (text.endsWith('\r')) text = text.slice(0, -1);
            return { text: number === 1 && text.startsWith(mark) ? text.slice(1) : text, number };
        } catch (cause) {
            throw new LanguageNeuronsError(
                'ENCODING',
                `${path}: line ${number} is not valid UTF-8; convert the file to UTF-8`,
                { cause },
            );
        }
    };
    for await (const { bytes } of byteLines(readBytes(path, signal))) {
        if (bytes === undefined) {
            throw new LanguageNeuronsError(
                'DAMAGED',
                `${path}: line ${number + 1} is longer than ${maxLineBytes >> 20} MiB; ` +
                    'put each text on a line of its own',
            );
        }
        yield decode(bytes);
    }
}
