import type { IncomingMessage } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { TextDecoder } from 'node:util';
import type { Admission } from './Admission.js';
import { ApiError } from './ApiError.js';

/** Parts that a body may have: parsed, so many hold the event loop for some 20 ms. */
export const mostParts = 2 ** 18;

/** Of these, fields of objects. */
export const mostFields = 2 ** 15;

/** Bytes that are decoded before others have their turn: a few milliseconds' work. */
const mostAtOnce = 2 ** 19;

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const comma = 0x2c;
const openList = 0x5b;
const openObject = 0x7b;

/**
 * Reads a JSON document as it arrives: its sizes are looked at before anything is made of it. What is refused is read
 * to its end all the same, and thrown away: a client that still writes might not read why.
 * @param mostBytes of it
 * @param arriving counts the bytes of all bodies that are arriving
 * @throws ApiError 413 for too long a body, 400 for too many parts or what is no JSON in UTF-8, 429
 */
export async function readBody(stream: IncomingMessage, mostBytes: number, arriving: Admission): Promise<unknown> {
    const text = new ArrivingText(arriving);
    let refusal: ApiError | undefined;
    let atOnce = 0;
    try {
        for await (const chunk of chunksOf(stream, mostBytes)) {
            try {
                if (refusal === undefined) text.add(chunk);
            } catch (cause) {
                refusal = ApiError.of(cause);
                text.clear();
            }
            atOnce += chunk.length;
            if (atOnce < mostAtOnce) continue;
            atOnce = 0;
            await setImmediate(); // chunks that are there already come without a turn of the event loop between them
        }
        if (refusal !== undefined) throw refusal;
        await setImmediate(); // after the last of it was decoded
        const whole = text.joined();
        await setImmediate();
        const document = parse(whole);
        await setImmediate();
        return document;
    } finally {
        text.clear();
        stream.resume(); // where it is too long
    }
}

async function* chunksOf(stream: IncomingMessage, mostBytes: number): AsyncGenerator<Buffer> {
    const checkSize = (size: number): void => {
        if (size > mostBytes)
            throw new ApiError(413, `the body is longer than ${mostBytes} bytes; send less at a time`);
    };
    checkSize(Number(stream.headers['content-length'] ?? 0));
    let bytes = 0;
    try {
        for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
            checkSize((bytes += chunk.length));
            yield chunk;
        }
    } catch (cause) {
        throw cause instanceof ApiError ? cause : new ApiError(400, 'the request ended before its body did', { cause });
    }
}

/** The text of a document that is arriving. */
class ArrivingText {
    readonly #arriving: Admission;
    readonly #decoder = new TextDecoder('utf-8', { fatal: true }); // a byte order mark at the beginning is passed over
    readonly #parts = new PartCounter();
    readonly #leave: (() => void)[] = [];
    #pieces: string[] = [];

    constructor(arriving: Admission) {
        this.#arriving = arriving;
    }

    /** @throws ApiError */
    add(chunk: Buffer): void {
        this.#leave.push(this.#arriving.enter(chunk.length));
        this.#parts.count(chunk);
        if (this.#parts.values > mostParts || this.#parts.fields > mostFields) {
            throw new ApiError(
                400,
                `the body has more than ${mostParts} values or ${mostFields} fields; send less at a time`,
            );
        }
        this.#pieces.push(decode(this.#decoder, chunk));
    }

    /** All of it, in one piece of memory. @throws ApiError */
    joined(): string {
        return [...this.#pieces, decode(this.#decoder)].join('');
    }

    clear(): void {
        for (const leave of this.#leave.splice(0)) leave();
        this.#pieces = [];
    }
}

function decode(decoder: TextDecoder, chunk?: Buffer): string {
    try {
        return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
        throw new ApiError(400, 'the body is not valid UTF-8; encode it as UTF-8');
    }
}

function parse(text: string): unknown {
    if (text === '') throw new ApiError(400, 'the body is empty; send a JSON object');
    try {
        return JSON.parse(text) as unknown;
    } catch (cause) {
        const [, place] = /position (\d+)/.exec((cause as Error).message) ?? [];
        throw new ApiError(400, `the body is not valid JSON${place === undefined ? '' : ` at character ${place}`}`);
    }
}

/** Counts values of lists and objects, and fields of objects, in the text of a document. */
class PartCounter {
    values = 0;
    fields = 0;
    #inText = false;
    #escaped = false;

    count(bytes: Uint8Array): void {
        let [values, fields, inText, escaped] = [this.values, this.fields, this.#inText, this.#escaped];
        for (const byte of bytes) {
            if (inText) {
                if (escaped) escaped = false;
                else if (byte === backslash) escaped = true;
                else if (byte === quote) inText = false;
            } else if (byte === quote) inText = true;
            else if (byte === comma || byte === openList || byte === openObject) values++;
            else if (byte === colon) fields++;
        }
        [this.values, this.fields, this.#inText, this.#escaped] = [values, fields, inText, escaped];
    }
}
