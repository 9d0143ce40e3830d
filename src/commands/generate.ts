import type { Engine } from '../engine/Engine.js';
import { wrongUse } from '../errors.js';
import { modelStates } from '../interventions/ModelState.js';
import { readInterventions } from '../interventions/namedInterventions.js';
import { parseShorthand } from '../interventions/shorthand.js';
import { openChat } from '../questions/templates/chatTemplate.js';
import { clockAt, liveClock } from '../questions/templates/templateClock.js';
import type { CommandArguments, CommandOf } from './arguments/CommandDeclaration.js';
import type { generateDeclaration } from './arguments/declarations.js';
import { columnsOf, liveColumns } from './words/columns.js';
import { openIntervened } from './process/openModel.js';

/** `generate`: what the whole model says, and what it says under each intervention. */
export const generateCommand: CommandOf<typeof generateDeclaration> = async (args, context) => {
    const { maxTokens, temperature, seed } = args;
    const { signal } = context;
    const shorthand = parseShorthand(args);
    const named = args.interventions === undefined ? [] : await readInterventions(args.interventions);
    const asked = [...(shorthand === undefined ? [] : [shorthand]), ...named];
    if (asked.length === 0) {
        throw wrongUse(
            'no intervention is given; give for example --without zh, --amplify de:2 or --interventions FILE',
        );
    }
    using model = await openIntervened(args, {}, () => asked, context);
    const { engine, facts } = model;
    const states = modelStates(asked, facts);
    const edits = states.map(({ edit }) => edit);
    const names = states.map(({ name }) => name);
    const prompt = await promptOf(args, engine);
    const asking = states.map((_, edit) => ({ id: 0, edit, ...prompt }));

    const live = args.json || !process.stderr.isTTY ? undefined : liveColumns(names, process.stderr);
    const answers: { text: string; tokens: number; end: string }[] = [];
    try {
        const said = engine.generate(asking, {
            ...{ edits, maxTokens, temperature, seed, signal },
            onGrowth: live && ((growing) => growing.forEach(({ edit, text }) => live.show(edit, text))),
        });
        for await (const { edit, text, tokens, end } of said) {
            answers[edit] = { text, tokens, end };
            live?.show(edit, text);
        }
    } finally {
        live?.clear();
    }
    const width = process.stdout.isTTY ? process.stdout.columns : 100;
    return {
        json: {
            model: engine.path,
            prompt: args.prompt,
            answers: states.map(({ name, interventions }, i) => ({ name, ...answers[i]!, interventions })),
        },
        text: columnsOf(
            names,
            answers.map(({ text }) => text),
            width,
        ),
    };
};

async function promptOf(
    { prompt, chat, date }: CommandArguments<typeof generateDeclaration>,
    engine: Engine,
): Promise<{ readonly text: string; readonly special: boolean }> {
    if (!chat) return { text: prompt, special: false };
    const clock = date === undefined ? liveClock : clockAt(date);
    const writer = await openChat(engine, 'leave --chat out', clock);
    return { text: await writer.write([{ role: 'user', content: prompt }]), special: true };
}
