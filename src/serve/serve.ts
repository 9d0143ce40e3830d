import type { Engine } from '../engine/Engine.js';
import type { ModelState } from '../interventions/ModelState.js';
import { clockAt, liveClock } from '../questions/templateClock.js';
import { type ChatWriter, chatWriter } from '../questions/chatTemplate.js';
import { TemplateFailure } from '../questions/TemplateProcess.js';
import { Admission } from './Admission.js';
import { ApiError } from './ApiError.js';
import { createServer } from './createServer.js';
import type { Served } from './Exchange.js';
import { isLoopback } from './guards.js';
import { checkHost, listen } from './listen.js';
import { lengthOf } from './readMessages.js';
import type { ChatMessage } from './requestShapes.js';
import { TokenNames } from './TokenNames.js';

export interface ServeOptions {
    readonly engine: Engine;
    /** Clients ask for them by their names. */
    readonly models: readonly ModelState[];
    /** Default 127.0.0.1. */
    readonly host?: string | undefined;
    /** Default 0: any that is free. */
    readonly port?: number | undefined;
    /** Asked for with every request; must be given where the host is not this machine alone. Default: none. */
    readonly apiKey?: string | undefined;
    /** Requests computed side by side. */
    readonly parallel: number;
    /** Tokens of one request, prompt and answer. */
    readonly requestSize: number;
    /** Day for a template that writes the date, YYYY-MM-DD. Default: today, at each request. */
    readonly date?: string | undefined;
    /** Answers that may wait beside those under way. Default 1024. */
    readonly mostWaiting?: number | undefined;
    /** Bytes of a request's body. Default 8 MiB. */
    readonly mostBytes?: number | undefined;
    /** Web pages of these origins may ask, and read what they are answered. Default: none. */
    readonly origins?: readonly string[] | undefined;
    /** Milliseconds that a client may take nothing of what it is sent; then it is given up. Default 60,000. */
    readonly patience?: number | undefined;
    /** Ends it. */
    readonly signal: AbortSignal;
    /** Called with the address, up to `/v1`, once it listens. */
    readonly onStart?: ((url: string) => void) | undefined;
}

/**
 * Serves a model, whole and under interventions, by OpenAI's HTTP interface, until the signal ends it. The engine is
 * busy meanwhile.
 * @throws LanguageNeuronsError WRONG_USE for an address that cannot be listened on, or lets others in without a key
 */
export async function serve(options: ServeOptions): Promise<void> {
    const { engine, models, host = '127.0.0.1', apiKey, parallel, signal, onStart = () => undefined } = options;
    checkHost(host, apiKey);
    const edits = models.map(({ edit }) => edit);
    const batching = await engine.batching({ edits, parallel, requestSize: options.requestSize });
    const clock = options.date === undefined ? liveClock : clockAt(options.date);
    const writer = engine.info.chatTemplate === '' ? undefined : chatWriter(engine, 'use /v1/completions', clock);
    const served: Served = {
        batching,
        models,
        names: new TokenNames(batching.texts),
        writeChat: chatOf(writer),
    };
    const app = await createServer(served, {
        mostAnswers: parallel + (options.mostWaiting ?? defaultMostWaiting),
        mostBytes: options.mostBytes ?? defaultMostBytes,
        apiKey,
        loopback: isLoopback(host),
        origins: options.origins,
        patience: options.patience,
        info: engine.info,
    });
    try {
        await listen(app, {
            host,
            port: options.port ?? 0,
            signal,
            stop: () => batching.close({ stop: true }),
            onStart: (address) => onStart(`${address}/v1`),
        });
    } finally {
        await batching.close({ stop: true });
        writer?.close();
    }
}

const defaultMostWaiting = 1024;
const defaultMostBytes = 8 * 1024 * 1024;

/** Characters of conversations that wait for the template at once. */
const mostWritten = 32 * 1024 * 1024;

/** Writes conversations by the template. Its refusals reach the client in its own words, which name nothing of ours. */
function chatOf(writer: ChatWriter | undefined): Served['writeChat'] {
    const waiting = new Admission(mostWritten, 'characters of chats');
    return async (messages) => {
        if (writer === undefined) throw new ApiError(400, 'the model has no chat template; use /v1/completions');
        const leave = waiting.enter(messages.reduce((sum, message) => sum + lengthOf(message), 0));
        try {
            return await writer.write(messages.map(sayingOf));
        } catch (cause) {
            const own = cause instanceof Error ? cause.cause : undefined;
            if (!(own instanceof TemplateFailure)) throw cause;
            const [why] = own.message.split('\n');
            throw new ApiError(400, `the model's chat template does not take these messages: ${why}`, {
                param: 'messages',
                cause,
            });
        } finally {
            leave();
        }
    };
}

/** Parts are one text; a developer is to a template of ours what it calls the system. */
function sayingOf({ role, content }: ChatMessage): { role: string; content: string } {
    return {
        role: role === 'developer' ? 'system' : role,
        content: typeof content === 'string' ? content : content.map(({ text }) => text).join(''),
    };
}
