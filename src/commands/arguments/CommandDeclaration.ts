import type { ArgumentsOf, SettingTable } from '../../settings/Setting.js';
import type { Progress } from '../../support/progress.js';

/** A command as `--help` and the docs show it. */
export interface CommandDeclaration {
    /** Name and positional arguments in yargs' notation, such as `identify <dir>`. */
    readonly usage: string;
    readonly describe: string;
    readonly positionals: SettingTable;
    readonly options: SettingTable;
}

/** Options of every command. */
export const globalOptions = {
    json: { flag: true, describe: 'print one JSON document on stdout' },
} as const satisfies SettingTable;

/** The checked arguments of a command, by their names in camel case. */
export type CommandArguments<D extends CommandDeclaration> = ArgumentsOf<
    D['positionals'] & D['options'] & typeof globalOptions
>;

/** What every command gets beside its arguments. */
export interface CommandContext {
    /** What was typed. */
    readonly args: readonly string[];
    /** Aborted by the first Ctrl-C. */
    readonly signal: AbortSignal;
    readonly progress: Progress;
    /** Words for people, on stderr. */
    say(line: string): void;
    /** A text of the library, with the names that its settings have for whoever asks. */
    named(text: string): string;
}

/** What a command answers: `json` for `--json`, `text`, if any, otherwise; both on stdout. */
export interface CommandResult {
    readonly json: unknown;
    readonly text: string | undefined;
}

/** The work of a command, whose arguments its declaration has checked. */
export type CommandOf<D extends CommandDeclaration> = (
    args: CommandArguments<D>,
    context: CommandContext,
) => Promise<CommandResult>;

/** A command: its work is loaded when it is asked for, so that `--help` and refusals are quick. */
export interface Command {
    readonly declaration: CommandDeclaration;
    /** @param args checked by the declaration */
    run(args: Readonly<Record<string, unknown>>, context: CommandContext): Promise<CommandResult>;
}
