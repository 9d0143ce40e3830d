import { type CommandDeclaration, globalOptions } from '../../src/commands/arguments/CommandDeclaration.js';
import { commands } from '../../src/commands/commands.js';
import { optionGroups } from '../../src/commands/arguments/options.js';
import { asOptions, dashed } from '../../src/commands/arguments/settingNames.js';
import type { Setting, SettingTable } from '../../src/settings/Setting.js';
import { describeRange } from '../../src/support/numberRanges.js';
import type { Fence } from './pages.js';

export { parseArguments } from '../../src/commands/parseArguments.js';

const declarations: readonly CommandDeclaration[] = commands.map(({ declaration }) => declaration);

/** A command by its name. */
function commandNamed(name: string): CommandDeclaration {
    const found = declarations.find(({ usage }) => nameOf(usage) === name);
    if (found === undefined) throw new Error(`there is no command ${name}`);
    return found;
}

export const commandNames: readonly string[] = declarations.map(({ usage }) => nameOf(usage));

function nameOf(usage: string): string {
    return usage.split(' ')[0]!;
}

/** What `<!-- options: NAME -->` stands for: how a command is called, and a table of what it takes. */
export function optionsOf(name: string): string {
    const { usage, describe, positionals, options } = commandNamed(name);
    const argumentRows = rowsOf(positionals, (argument) => `\`${argument}\``);
    const tables = optionGroups({ ...options, ...globalOptions }).map(([title, table]) => ({
        title,
        rows: rowsOf(table, (option, { alias }) =>
            [`\`--${dashed(option)}\``, ...(alias === undefined ? [] : [`\`-${alias}\``])].join(', '),
        ),
    }));
    const isGrouped = tables.length > 1;
    return [
        `\`language-neurons ${usage}\`: ${asOptions(describe)}.`,
        ...(isGrouped ? tableOf(argumentRows) : []),
        ...tables.flatMap(({ title = 'Other', rows }) =>
            isGrouped ? ['', `**${title}**`, ...tableOf(rows)] : tableOf([...argumentRows, ...rows]),
        ),
    ].join('\n');
}

function tableOf(rows: readonly string[]): string[] {
    return rows.length === 0 ? [] : ['', '| argument | takes | default | meaning |', '|---|---|---|---|', ...rows];
}

/** What `<!-- commands -->` stands for: every command with its description. */
export function commandsTable(): string {
    return [
        '| command | what it does |',
        '|---|---|',
        ...declarations.map(
            ({ usage, describe }) => `| [\`${escaped(usage)}\`](${nameOf(usage)}.md) | ${asOptions(describe)} |`,
        ),
    ].join('\n');
}

function rowsOf(table: SettingTable, titleOf: (name: string, setting: Setting) => string): string[] {
    return Object.entries(table).map(([name, setting]) => {
        const cells = [titleOf(name, setting), takes(setting), defaultOf(setting), inDocs(setting.describe ?? '–')];
        return `| ${cells.map(escaped).join(' | ')} |`;
    });
}

/** Settings that are named are code. */
function inDocs(text: string): string {
    return text.replaceAll(/`[^`]+`/g, (named) => `\`${asOptions(named)}\``);
}

function takes({ flag, number, word, choices, path, date, list, many }: Setting): string {
    if (flag === true) return 'nothing';
    const value =
        number !== undefined
            ? `${word === undefined ? '' : `\`${word}\` or `}${describeRange(number)}`
            : choices !== undefined
              ? choices.map((choice) => `\`${choice}\``).join(', ')
              : path === true
                ? 'a path or name'
                : date === true
                  ? 'a day as YYYY-MM-DD'
                  : 'a text';
    if (list === true) return `${value}; several, with commas`;
    return many === true ? `${value}; several` : value;
}

function defaultOf(setting: Setting): string {
    if (setting.required === true) return 'must be given';
    return setting.default === undefined ? inDocs(setting.defaultWords ?? '–') : `\`${setting.default}\``;
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
