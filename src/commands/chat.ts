import { Chat } from '../chat/Chat.js';
import { type ErrorCode, LanguageNeuronsError } from '../errors.js';
import { readInterventions } from '../interventions/namedInterventions.js';
import { parseShorthand } from '../interventions/shorthand.js';
import { throwIfStopped } from '../support/stop.js';
import { chatCommands, takeLine } from './conversation/chatCommands.js';
import { type ChatInput, pipedInput, terminalInput } from './conversation/chatInput.js';
import { showAnswers } from './conversation/chatScreen.js';
import { ChatSession } from './conversation/ChatSession.js';
import type { CommandContext, CommandOf } from './arguments/CommandDeclaration.js';
import type { chatDeclaration } from './arguments/declarations.js';
import { openIntervened } from './process/openModel.js';

/** What a line can ask for in vain, and the conversation go on. */
const passing: ReadonlySet<ErrorCode> = new Set(['WRONG_USE', 'NOT_FOUND', 'UNSUPPORTED', 'UNWRITABLE']);

/** `chat`: a conversation whose turns are answered under interventions that change between them. */
export const chatCommand: CommandOf<typeof chatDeclaration> = async (args, context) => {
    const { say } = context;
    parseShorthand(args); // cheap mistakes first
    const named = args.interventions === undefined ? [] : await readInterventions(args.interventions);
    // Whole and edited side by side.
    using model = await openIntervened(args, { windows: 2 }, () => named, context);
    const { engine, facts } = model;
    const { system, maxTokens, temperature, seed, without, amplify, set, where, use, date } = args;
    const chat = await Chat.begin(engine, { system, maxTokens, temperature, seed, date });
    // stdout is the document's with --json.
    const answers = args.json ? process.stderr : process.stdout;
    const choice = use === undefined ? { without, amplify, set, where } : { use, set, where };
    const session = new ChatSession(chat, choice, {
        facts: { ...facts, named },
        model: { path: engine.path, fingerprint: engine.fingerprint },
        show: (names) => showAnswers(names, { answers, words: process.stderr }),
        say,
    });
    session.both = args.both;
    const input = inputOf(answers);
    try {
        await converse(session, input, context);
    } finally {
        input.close();
        chat.close();
    }
    return { json: session.document(), text: undefined };
};

function inputOf(transcript: NodeJS.WritableStream): ChatInput {
    const { stdin, stderr } = process;
    if (!stdin.isTTY || !stderr.isTTY) return pipedInput(stdin, transcript);
    return terminalInput(
        stdin,
        stderr,
        Object.keys(chatCommands).map((name) => `/${name}`),
    );
}

async function converse(session: ChatSession, input: ChatInput, { signal, say }: CommandContext): Promise<void> {
    const end = (): void => input.close();
    signal.addEventListener('abort', end);
    try {
        for (;;) {
            const line = await input.next(session.prompt);
            throwIfStopped(signal);
            if (line === undefined) return;
            const stop = new AbortController();
            const taken = takeLine(session, line, AbortSignal.any([signal, stop.signal]));
            try {
                if (!(await input.during(taken, () => stop.abort()))) return;
            } catch (cause) {
                if (!(cause instanceof LanguageNeuronsError) || !passing.has(cause.code)) throw cause;
                say(cause.message);
            }
            throwIfStopped(signal);
        }
    } finally {
        signal.removeEventListener('abort', end);
    }
}
