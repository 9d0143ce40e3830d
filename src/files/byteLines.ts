/** The most bytes of a line, since a line is held in memory whole. */
export const maxLineBytes = 64 * 1024 * 1024;
const newline = 0x0a;

export interface ByteLine {
    /** The line without its end; undefined where it is longer than `maxLineBytes`. */
    readonly bytes: Buffer | undefined;
    /** False for a last line without an end. */
    readonly whole: boolean;
}

/**
 * Cuts the bytes of a file into lines. Its longest line decides how much memory that takes.
 * @throws what the bytes throw
 */
export async function* byteLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<ByteLine> {
    let pending: Buffer[] = [];
    let length = 0;
    const take = (part: Buffer): void => {
        length += part.length;
        if (length <= maxLineBytes) pending.push(part);
        else pending = [];
    };
    const line = (whole: boolean): ByteLine => {
        const bytes = length > maxLineBytes ? undefined : pending.length === 1 ? pending[0]! : Buffer.concat(pending);
        pending = [];
        length = 0;
        return { bytes, whole };
    };
    for await (const chunk of chunks) {
        let begin = 0;
        for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, begin)) {
            take(chunk.subarray(begin, end));
            yield line(true);
            begin = end + 1;
        }
        if (begin < chunk.length) take(chunk.subarray(begin));
    }
    if (length > 0) yield line(false);
}
