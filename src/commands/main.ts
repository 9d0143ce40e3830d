import { Console } from 'node:console';
import { setMaxListeners } from 'node:events';
import { LanguageNeuronsError } from '../errors.js';
import { unwritable } from '../files/fileAccess.js';
import { nonFinite } from '../files/nonFinite.js';
import { takeSizeLimitAsError } from '../files/writeFully.js';
import { type Progress, withNotes } from '../support/progress.js';
import { fileLimitWords } from '../support/fileLimit.js';
import { parseArguments } from './parseArguments.js';
import type { Command, CommandContext } from './arguments/CommandDeclaration.js';
import { namedFor } from './commands.js';
import { stopSignals, tellsProgress, toldMessage } from './process/supervise.js';

/**
 * Exit codes: 0 done, 1 failed, 2 wrong use, 130 stopped by Ctrl-C.
 * @param kind of child that this process is; see `startWork`
 */
export async function main(args: readonly string[], kind: string): Promise<number> {
    const stop = new AbortController();
    setMaxListeners(0, stop.signal); // one for each piece of work side by side, which takes its own away
    const onSignal = (): void => {
        if (stop.signal.aborted) process.exit(130); // asked twice
        stop.abort();
    };
    for (const signal of stopSignals) process.on(signal, onSignal);
    // The parent is gone: end at once, as it did.
    const onDisconnect = (): void => {
        process.kill(process.pid, 'SIGKILL');
    };
    process.on('disconnect', onDisconnect);
    if (!process.connected) onDisconnect(); // before anyone listened
    let context: CommandContext | undefined;
    let command: Command | undefined;
    takeSizeLimitAsError(); // results may go into a file
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined); // as each write says
    try {
        const planned = await parseArguments(args);
        if (planned === undefined) return 0; // --help or --version
        // stdout is for the result alone: what libraries write to the console goes to stderr.
        globalThis.console = new Console(process.stderr, process.stderr);
        ({ command } = planned);
        context = await contextOf(args, kind, stop.signal, command);
        const result = await command.run(planned.args, context);
        context.progress.done();
        const answer = planned.args.json === true ? JSON.stringify(result.json, nonFinite) : result.text;
        if (answer !== undefined) await print(`${answer}\n`);
        return 0;
    } catch (cause) {
        context?.progress.done();
        return failed(cause, command);
    } finally {
        for (const signal of stopSignals) process.off(signal, onSignal);
        process.off('disconnect', onDisconnect);
        if (process.connected) process.disconnect();
    }
}

/** Progress of this process: what draws bars takes a while to load, and is loaded for a terminal alone. */
async function progressOf(kind: string): Promise<Progress> {
    if (kind === tellsProgress) return (await import('./process/messageProgress.js')).progressAsMessages();
    if (process.stderr.isTTY) return (await import('../support/terminalProgress.js')).terminalProgress();
    return new (await import('../support/progressLines.js')).LineProgress(process.stderr);
}

async function contextOf(
    args: readonly string[],
    kind: string,
    signal: AbortSignal,
    command: Command,
): Promise<CommandContext> {
    const named = (text: string): string => namedFor(command, text);
    const progress = await progressOf(kind);
    return {
        args,
        signal,
        progress: withNotes(progress, named),
        say: (line) => process.stderr.write(`${named(line)}\n`),
        named,
    };
}

/** @throws LanguageNeuronsError UNWRITABLE */
function print(text: string): Promise<void> {
    return new Promise((done, fail) => {
        process.stdout.write(text, (cause) => {
            // Whoever reads no further, such as `head`, has what they want.
            if (cause === null || cause === undefined || (cause as NodeJS.ErrnoException).code === 'EPIPE') done();
            else fail(unwritable('standard output', cause));
        });
    });
}

function failed(cause: unknown, command: Command | undefined): number {
    const { code, words } = failureOf(cause, command);
    process.stderr.write(`language-neurons: ${words}\n`);
    if (cause instanceof LanguageNeuronsError) process.send?.(toldMessage);
    return code;
}

/** The exit code of a command that has thrown, and what is said of it on stderr. */
export function failureOf(cause: unknown, command: Command | undefined): { code: number; words: string } {
    if (cause instanceof LanguageNeuronsError) {
        const words = namedFor(command, cause.message.replaceAll('\n', ' '));
        return { code: { ABORTED: 130, WRONG_USE: 2 }[cause.code as string] ?? 1, words };
    }
    const words = fileLimitWords(cause);
    if (words !== undefined) return { code: 1, words };
    const fault = cause instanceof Error ? cause.stack : String(cause);
    return { code: 1, words: `a fault in the tool itself, please report it: ${fault}` };
}
