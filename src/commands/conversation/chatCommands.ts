import { wrongUse } from '../../errors.js';
import type { InterventionWhere } from '../../interventions/Intervention.js';
import type { NeuronSetName } from '../../neurons/sets/neuronSets.js';
import { setsFor } from '../../neurons/sets/neuronSets.js';
import { formatList } from '../../support/format.js';
import { suggestion } from '../../support/nearest.js';
import type { ChatSession } from './ChatSession.js';

/** A command of a conversation, typed with a slash in front. */
interface ChatCommand {
    /** Its argument, as `/help` shows it. */
    readonly takes: string;
    readonly describe: string;
    /** Default: the conversation is over. */
    run?(session: ChatSession, argument: string, signal: AbortSignal): Promise<void> | void;
}

const places = ['prompt', 'response', 'both'] as const;

/** By their names. */
export const chatCommands: Readonly<Record<string, ChatCommand>> = {
    without: {
        takes: 'zh,ja',
        describe: "sets the languages' neurons to 0; without an argument, ends that",
        run: (session, languages) => change(session, { without: languages || undefined, use: undefined }),
    },
    amplify: {
        takes: 'de:2',
        describe: "multiplies the activations of the languages' neurons; without an argument, ends that",
        run: (session, languages) => change(session, { amplify: languages || undefined, use: undefined }),
    },
    use: {
        takes: 'NAME',
        describe: 'uses an intervention from the file of --interventions',
        run(session, name) {
            const { named } = session.surroundings.facts;
            const names = named.map((one) => one.name).join(', ') || 'none, as there is no --interventions';
            if (name === '') throw wrongUse(`/use takes a name: ${names}`);
            change(session, { use: name, without: undefined, amplify: undefined });
        },
    },
    whole: {
        takes: '',
        describe: 'ends every change of neurons',
        run: (session) => change(session, { without: undefined, amplify: undefined, use: undefined }),
    },
    set: {
        takes: 'NAME',
        describe: 'which neurons of the languages: specific, specific+related, specific+related+general or experts',
        run: (session, set) =>
            change(session, { set: oneOf<NeuronSetName>('/set', set, setsFor(session.surroundings.facts.analysis)) }),
    },
    where: {
        takes: 'PLACE',
        describe: 'tokens whose activations are changed: prompt (all before the answer), response or both',
        run: (session, where) => change(session, { where: oneOf<InterventionWhere & string>('/where', where, places) }),
    },
    both: {
        takes: '',
        describe: "also shows the whole model's answer, or ends that",
        run(session) {
            session.both = !session.both;
            change(session, {});
        },
    },
    again: {
        takes: '',
        describe: 'sends the last message again, under the present choices',
        run: (session, _, signal) => session.again(signal),
    },
    system: {
        takes: 'TEXT',
        describe: 'sets the system message; without an argument, removes it',
        run(session, text) {
            session.chat.system = text || undefined;
        },
    },
    reset: { takes: '', describe: 'begins a new conversation', run: (session) => session.reset() },
    save: {
        takes: 'FILE',
        describe: 'writes the conversation as JSON',
        async run(session, path) {
            if (path === '') throw wrongUse('/save takes a file, such as /save chat.json');
            await session.save(path);
            session.surroundings.say(`saved in ${path}`);
        },
    },
    help: {
        takes: '',
        describe: 'lists the commands',
        run({ surroundings: { say } }) {
            for (const [name, { takes, describe }] of Object.entries(chatCommands))
                say(`${`/${name} ${takes}`.padEnd(16)} ${describe}`);
        },
    },
    exit: { takes: '', describe: 'ends the conversation, as Ctrl-D does' },
};

/**
 * What a line asks for: `/NAME ARGUMENT` is a command, any other is said to the model; `//` begins one that has a
 * slash in front.
 * @returns whether the conversation goes on
 * @throws LanguageNeuronsError WRONG_USE for a command that is none; else the command's and the model's
 */
export async function takeLine(session: ChatSession, line: string, signal: AbortSignal): Promise<boolean> {
    const text = line.trim();
    if (text === '') return true;
    if (!text.startsWith('/') || text.startsWith('//')) {
        await session.ask(text.replace(/^\/\//, '/'), signal);
        return true;
    }
    const [, name, argument] = /^\/(\S*)\s*(.*)$/s.exec(text) as unknown as [string, string, string];
    if (!Object.hasOwn(chatCommands, name)) {
        const near = suggestion(name, Object.keys(chatCommands), (known) => `/${known}`);
        throw wrongUse(`there is no command /${name}${near || '; /help lists them'}`);
    }
    const { takes, run } = chatCommands[name]!;
    if (argument !== '' && takes === '') throw wrongUse(`/${name} takes nothing, not ${JSON.stringify(argument)}`);
    await run?.(session, argument, signal);
    return run !== undefined;
}

function change(session: ChatSession, choice: Parameters<ChatSession['choose']>[0]): void {
    session.choose(choice);
    session.surroundings.say(session.describe());
}

function oneOf<Name extends string>(command: string, given: string, names: readonly Name[]): Name {
    const found = names.find((name) => name === given);
    if (found !== undefined) return found;
    const takes = formatList(names, { last: 'or' });
    throw wrongUse(`${command} takes ${takes}, not ${JSON.stringify(given)}${suggestion(given, names)}`);
}
