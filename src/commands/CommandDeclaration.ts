import type { Progress } from '../support/progress.js';
import type { OptionTable } from './options.js';

/**
 * A command as `--help` shows it, in a module beside the command's own, which is loaded when its work is asked
 * for: `--help` and refusals are quick.
 */
export interface CommandDeclaration {
    /** Name and positional arguments in yargs' notation, such as `identify <dir>`. */
    readonly usage: string;
    readonly describe: string;
    readonly positionals?: OptionTable;
    readonly options?: OptionTable;
    /** The command, which takes the checked arguments by their names in camel case. */
    load(): Promise<(args: never, context: CommandContext) => Promise<CommandResult>>;
}

/** What every command gets beside its arguments. */
export interface CommandContext {
    /** What was typed. */
    readonly args: readonly string[];
    /** Aborted by the first Ctrl-C. */
    readonly signal: AbortSignal;
    readonly progress: Progress;
    /** Words for people, on stderr. */
    say(line: string): void;
}

/** What a command answers: `json` for `--json`, `text`, if any, otherwise; both on stdout. */
export interface CommandResult {
    readonly json: unknown;
    readonly text: string | undefined;
}
