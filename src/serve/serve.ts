import { checkSettings } from '../settings/checkSetting.js';
import { filled } from '../settings/pick.js';
import { serverTable } from '../settings/settings.js';
import { clockAt, liveClock } from '../questions/templates/templateClock.js';
import { type ChatWriter, chatWriter } from '../questions/templates/chatTemplate.js';
import { TemplateFailure } from '../questions/templates/TemplateProcess.js';
import { sum } from '../support/averages.js';
import { Admission } from './Admission.js';
import { ApiError } from './ApiError.js';
import { createServer } from './createServer.js';
import type { Served } from './Exchange.js';
import { checkHost, listen } from './listen.js';
import { lengthOf } from './readMessages.js';
import type { ChatMessage } from './requestShapes.js';
import { type ServeOptions, serveTable } from './ServeOptions.js';
import { ownEdits } from './ownEdits.js';
import { checkOrigins } from './origins.js';
import { TokenNames } from './TokenNames.js';

/**
 * Serves a model, whole and under interventions, by OpenAI's HTTP interface, until the signal ends it. The engine is
 * busy meanwhile.
 * @throws LanguageNeuronsError WRONG_USE for an address that cannot be listened on, or lets others in without a key
 */
export async function serve(options: ServeOptions): Promise<void> {
    checkSettings(options, serveTable, { engine: true, models: true, factsFor: true, signal: true, onStart: true });
    const { engine, models, signal, onStart = () => undefined, requestSize = engine.windowSize } = options;
    const { allowOrigin } = checkAddress(options);
    const settings = { ...filled(options, serveTable), allowOrigin };
    const { host, port, parallel, date, ownInterventions, prefixCaching } = settings;
    const edits = models.map(({ edit }) => edit);
    const sizes = { ownEdits: ownInterventions, parallel, requestSize };
    const batching = await engine.batching({ edits, ...sizes, prefixCaching });
    const clock = date === undefined ? liveClock : clockAt(date);
    const { info } = engine;
    const writer = info.chatTemplate === '' ? undefined : chatWriter(engine, 'use /v1/completions', clock);
    const names = new TokenNames(batching.texts);
    const ownEdit = ownEdits(options.factsFor ?? (() => ({ sites: engine.sites })));
    const served = { batching, models, names, info, ownEdit, writeChat: chatOf(writer) };
    const app = await createServer(served, settings);
    try {
        await listen(app, {
            host,
            port,
            signal,
            stop: () => batching.close({ stop: true }),
            onStart: (address) => onStart(`${address}/v1`),
        });
    } finally {
        await batching.close({ stop: true });
        writer?.close();
    }
}

/**
 * What can be checked before a model is opened.
 * @returns origins as browsers send them
 * @throws LanguageNeuronsError WRONG_USE
 */
export function checkAddress({
    host = serverTable.host.default,
    apiKey,
    allowOrigin = [],
}: Pick<ServeOptions, 'host' | 'apiKey' | 'allowOrigin'>): { readonly allowOrigin: readonly string[] } {
    checkHost(host, apiKey);
    return { allowOrigin: checkOrigins(allowOrigin) };
}

/** Characters of conversations that wait for the template at once. */
const mostWritten = 32 * 1024 * 1024;

/** Writes conversations by the template. Its refusals reach the client in its own words, which name nothing of ours. */
function chatOf(writer: ChatWriter | undefined): Served['writeChat'] {
    const waiting = new Admission(mostWritten, 'characters of chats');
    return async (messages) => {
        if (writer === undefined) throw new ApiError(400, 'the model has no chat template; use /v1/completions');
        const leave = waiting.enter(sum(messages, lengthOf));
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
