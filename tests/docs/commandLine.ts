import type { CommandDeclaration } from '../../src/commands/CommandDeclaration.js';
import { commands, globalOptions } from '../../src/commands/declarations.js';
import { describeRange } from '../../src/support/numberRanges.js';
import type { OptionRule, OptionTable } from '../../src/commands/options.js';
import type { Fence } from './pages.js';

export { parseArguments } from '../../src/commands/parseArguments.js';

/** A command by its name. */
export function commandNamed(name: string): CommandDeclaration {
    const found = commands.find(({ usage }) => nameOf(usage) === name);
    if (found === undefined) throw new Error(`there is no command ${name}`);
    return found;
}

export const commandNames: readonly string[] = commands.map(({ usage }) => nameOf(usage));

function nameOf(usage: string): string {
    return usage.split(' ')[0]!;
}

/** What `<!-- options: NAME -->` stands for: how a command is called, and a table of what it takes. */
export function optionsOf(name: string): string {
    const { usage, describe, positionals = {}, options = {} } = commandNamed(name);
    return [
        `\`language-neurons ${usage}\`: ${describe}.`,
        '',
        '| argument | takes | default | meaning |',
        '|---|---|---|---|',
        ...rowsOf(positionals, (argument) => `\`${argument}\``),
        ...rowsOf({ ...options, ...globalOptions }, (option, { alias }) =>
            [`\`--${option}\``, ...(alias === undefined ? [] : [`\`-${alias}\``])].join(', '),
        ),
    ].join('\n');
}

/** What `<!-- commands -->` stands for: every command with its description. */
export function commandsTable(): string {
    return [
        '| command | what it does |',
        '|---|---|',
        ...commands.map(({ usage, describe }) => `| [\`${escaped(usage)}\`](${nameOf(usage)}.md) | ${describe} |`),
    ].join('\n');
}

function rowsOf(table: OptionTable, titleOf: (name: string, rule: OptionRule) => string): string[] {
    return Object.entries(table).map(([name, rule]) => {
        const cells = [titleOf(name, rule), takes(rule), defaultOf(rule), rule.describe ?? '–'];
        return `| ${cells.map(escaped).join(' | ')} |`;
    });
}

function takes({ flag, number, word, choices, path, many }: OptionRule): string {
    if (flag === true) return 'nothing';
    const value =
        number !== undefined
            ? `${word === undefined ? '' : `\`${word}\` or `}${describeRange(number)}`
            : choices !== undefined
              ? choices.map((choice) => `\`${choice}\``).join(', ')
              : path === true
                ? 'a path or name'
                : 'a text';
    return many === true ? `${value}; several` : value;
}

function defaultOf(rule: OptionRule): string {
    if (rule.required === true) return 'must be given';
    return rule.default === undefined ? '–' : `\`${rule.default}\``;
}

function escaped(cell: string): string {
    return cell.replaceAll('|', '\\|');
}

/** The arguments of every call of the command line in a fence, for those that are not run. */
export function callsIn({ text }: Fence): string[][] {
    const joined = text.replaceAll(/\\\n\s*/g, ' ');
    return [...joined.matchAll(/npx language-neurons (.+?)(?= && |\s+#|\s*\)|'|$)/gm)]
        .map(([, call]) => wordsIn(call!))
        .filter((words) => !words.some((word) => word.includes('$@'))); // of a shell function
}

function wordsIn(call: string): string[] {
    const words = [...call.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!);
    return words.map((word) => word.replaceAll(/\$\w+/g, '1')); // what a job's environment fills in is a number
}
