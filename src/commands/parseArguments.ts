import yargs, { type Argv } from 'yargs';
import { LanguageNeuronsError, wrongUse } from '../errors.js';
import { suggestion } from '../support/nearest.js';
import { toolVersion } from '../versions.js';
import { type Command, globalOptions } from './arguments/CommandDeclaration.js';
import { commands } from './commands.js';
import { fishCompletion } from './arguments/fishCompletion.js';
import { completeArguments, declareOptions, declarePositionals, type Purpose } from './arguments/options.js';
import { asOptions, dashed } from './arguments/settingNames.js';

const toolName = 'language-neurons';

/** A command with its checked arguments. */
export interface PlannedCommand {
    readonly command: Command;
    readonly args: Readonly<Record<string, unknown>>;
}

/**
 * Reads a command line; `--help`, `--version` and `completion` are answered on stdout.
 * @returns undefined where nothing is left to do
 * @throws LanguageNeuronsError WRONG_USE
 */
export async function parseArguments(args: readonly string[]): Promise<PlannedCommand | undefined> {
    // yargs calls builders and handlers while it parses; the work is done after.
    const purpose = purposeOf(args);
    const ofAll = purpose === 'help' && args.every((arg) => arg.startsWith('-'));
    let command: Command | undefined;
    let given: Readonly<Record<string, unknown>> | undefined;
    const parser = declareOptions(yargs([...args]), globalOptions, purpose)
        .scriptName(ofAll ? '' : toolName) // it would stand before each command of the list
        .usage(`${toolName} <command>\n\nShows how a language model handles many languages, neuron by neuron.`)
        .demandCommand(1, 'name a command, for example: language-neurons run')
        .strict()
        .detectLocale(false) // one language for yargs' words and ours
        // What was typed stays what it is; options.ts reads numbers and refuses what is given twice.
        .parserConfiguration({
            'parse-numbers': false,
            'parse-positional-numbers': false,
            'boolean-negation': false,
            'dot-notation': false,
        })
        .updateStrings({ array: 'string, may be repeated', 'Positionals:': 'Arguments:' })
        .version('version', 'show the version', toolVersion)
        .help('help', 'show this help')
        .alias('h', 'help')
        .wrap(Math.min(process.stdout.columns ?? 100, 120))
        .exitProcess(false)
        .fail((message: string | undefined, error: Error | undefined) => {
            if (purpose === 'complete') return; // a line that is being typed
            // Errors of the checks come as yargs' own, with their words.
            if (error !== undefined && error.name !== 'YError') throw error;
            throw parseError(error?.message ?? message ?? 'wrong use', args, command);
        });
    for (const one of commands) {
        const { usage, describe, positionals, options } = one.declaration;
        parser.command({
            command: usage,
            // yargs makes the help of every command that runs, whether it is asked for or not
            describe: purpose === 'run' ? false : asOptions(describe),
            builder: (argv: Argv) => {
                command = one;
                return declareOptions(declarePositionals(argv, positionals, purpose), options, purpose);
            },
            handler: (checked) => {
                given = checked;
            },
        });
    }
    parser.completion('completion', 'print a script that completes commands and options in bash, zsh or fish');
    if (args[0] === 'completion' && purpose === 'run' && process.env['SHELL']?.includes('fish') === true) {
        process.stdout.write(fishCompletion(toolName));
        return undefined;
    }
    await parser.parseAsync();
    if (purpose === 'complete' || command === undefined || given === undefined) return undefined;
    return { command, args: completeArguments(command.declaration, given) };
}

/** @param args with `--get-yargs-completions` where the script of `completion` asks */
function purposeOf(args: readonly string[]): Purpose {
    if (args.includes('--get-yargs-completions')) return 'complete';
    return args.some((arg) => arg === '--help' || arg === '-h') ? 'help' : 'run';
}

function parseError(message: string, args: readonly string[], command: Command | undefined): LanguageNeuronsError {
    const unknown = /^Unknown arguments?: (.+)$/.exec(message)?.[1]?.split(', ');
    const valueless = /^Not enough arguments following: (.+)$/.exec(message)?.[1];
    const lacks = command !== undefined && message.startsWith('Not enough non-option arguments');
    const words =
        unknown !== undefined
            ? describeUnknown(unknown, args, command)
            : valueless !== undefined
              ? `--${valueless} takes a value`
              : lacks
                ? `an argument is missing from ${command.declaration.usage}`
                : message;
    const line = words.replaceAll(/\s*\n\s*/g, ' ');
    return wrongUse(`${line}; see language-neurons ${command === undefined ? '' : `${nameOf(command)} `}--help`);
}

/** What is unknown, as it was typed, with the known name nearest to it. */
function describeUnknown(unknown: readonly string[], args: readonly string[], command: Command | undefined): string {
    const typedAs = (name: string): string | undefined =>
        args
            .filter((arg) => arg.startsWith('-'))
            .map((arg) => arg.replace(/=.*$/s, ''))
            .find((arg) => arg.replace(/^-+/, '') === name);
    const other = unknown.find((name) => typedAs(name) === undefined && args.includes(name));
    if (command === undefined && other !== undefined) {
        return `unknown command ${other}${suggestion(other, ['completion', ...commands.map(nameOf)])}`;
    }
    const option = unknown.find((name) => typedAs(name) !== undefined);
    if (option !== undefined) {
        const known = Object.keys({ ...command?.declaration.options, ...globalOptions, help: {}, version: {} }).map(
            dashed,
        );
        return `unknown option ${typedAs(option)!}${suggestion(option, known, (name) => `--${name}`)}`;
    }
    return `${unknown.join(', ')}: one argument too many`;
}

function nameOf({ declaration: { usage } }: Command): string {
    return usage.split(' ')[0]!;
}
