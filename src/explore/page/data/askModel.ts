import type { LiveFailure, livePaths } from '../../live/liveFormat.js';

/**
 * Asks the model and gives what it answers, piece by piece; ends where the signal says so.
 * @throws Error in one line: the server refuses, or fails
 */
export async function* askModel<Event>(
    path: (typeof livePaths)[keyof typeof livePaths],
    question: object,
    signal: AbortSignal,
): AsyncGenerator<Event> {
    try {
        const response = await fetch(new URL(path, new URL('.', location.href)), {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(question),
            signal,
        });
        if (!response.ok) throw new Error(await refusalOf(response));
        for await (const line of linesOf(response.body!)) {
            const event = JSON.parse(line) as Event | LiveFailure;
            if (isFailure(event)) throw new Error(event.message);
            yield event;
        }
    } catch (cause) {
        if (signal.aborted) return;
        throw cause instanceof TypeError ? new Error('the server does not answer; is explore still running?') : cause;
    }
}

async function refusalOf(response: Response): Promise<string> {
    const body = (await response.json().catch(() => ({}))) as { readonly error?: { readonly message?: string } };
    return body.error?.message ?? `the server refuses: ${response.status} ${response.statusText}`;
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
    const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
    let text = '';
    try {
        for (;;) {
            const { done, value } = await reader.read();
            if (done) return;
            text += value;
            const lines = text.split('\n');
            text = lines.pop()!;
            yield* lines;
        }
    } finally {
        void reader.cancel().catch(() => undefined);
    }
}

function isFailure(event: unknown): event is LiveFailure {
    return (event as LiveFailure).kind === 'failed';
}
