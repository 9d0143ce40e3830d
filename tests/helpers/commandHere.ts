import type { Command } from '../../src/commands/arguments/CommandDeclaration.js';
import { namedFor } from '../../src/commands/commands.js';
import { failureOf } from '../../src/commands/main.js';
import { parseArguments } from '../../src/commands/parseArguments.js';
import { nonFinite } from '../../src/files/nonFinite.js';
import { withNotes } from '../../src/support/progress.js';
import { LineProgress } from '../../src/support/progressLines.js';
import type { CliResult } from './cli.js';

/**
 * What a command line answers, in this process: a third of what `cli` costs, which is for what a process does besides,
 * such as to end by a signal or of an assertion, or to read its environment.
 */
export async function commandHere(...args: string[]): Promise<CliResult> {
    const text = { stdout: '', stderr: '' };
    const stream = { write: (words: string) => (text.stderr += words) !== '' } as unknown as NodeJS.WriteStream;
    let command: Command | undefined;
    const progress = new LineProgress(stream);
    try {
        const planned = await parseArguments(args);
        if (planned === undefined) throw new Error('--help and --version write to stdout themselves: use cli');
        ({ command } = planned);
        const named = (words: string): string => namedFor(command, words);
        const result = await command.run(planned.args, {
            args,
            signal: new AbortController().signal,
            progress: withNotes(progress, named),
            say: (line) => void stream.write(`${named(line)}\n`),
            named,
        });
        progress.done();
        const answer = planned.args.json === true ? JSON.stringify(result.json, nonFinite) : result.text;
        if (answer !== undefined) text.stdout = `${answer}\n`;
        return { code: 0, signal: null, ...text };
    } catch (cause) {
        progress.done();
        const { code, words } = failureOf(cause, command);
        stream.write(`language-neurons: ${words}\n`);
        return { code, signal: null, ...text };
    }
}
