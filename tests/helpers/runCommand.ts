import type { CommandResult } from '../../src/commands/arguments/CommandDeclaration.js';
import { namedFor } from '../../src/commands/commands.js';
import { parseArguments } from '../../src/commands/parseArguments.js';
import { silent } from '../../src/support/progress.js';

/**
 * What a command answers, in this process: a tenth of what its start costs. `cli` starts a process, for output, exit
 * codes and signals.
 * @returns with the lines that it says on stderr
 * @throws LanguageNeuronsError with the message that a process prints behind the tool's name
 */
export async function runCommand(...args: string[]): Promise<CommandResult & { readonly said: readonly string[] }> {
    const planned = await parseArguments(args);
    if (planned === undefined) throw new Error('its answer is on stdout');
    const { command } = planned;
    const said: string[] = [];
    const named = (text: string): string => namedFor(command, text);
    const signal = new AbortController().signal;
    try {
        const say = (line: string): void => void said.push(named(line));
        return { ...(await command.run(planned.args, { args, signal, progress: silent, say, named })), said };
    } catch (cause) {
        if (cause instanceof Error) cause.message = named(cause.message);
        throw cause;
    }
}
