import type { Argv } from 'yargs';
import { wrongUse } from '../../errors.js';
import { checkApplies, parseSetting } from '../../settings/checkSetting.js';
import type { Setting, SettingTable } from '../../settings/Setting.js';
import { formatList } from '../../support/format.js';
import { type CommandDeclaration, globalOptions } from './CommandDeclaration.js';
import { asOptions, dashed } from './settingNames.js';

/** Options beyond this many are shown in groups. */
const mostUngrouped = 15;

/** What yargs is to do with a line: run a command, show help, or complete it. */
export type Purpose = 'run' | 'help' | 'complete';

/** Gives options to yargs. */
export function declareOptions(argv: Argv, table: SettingTable, purpose: Purpose): Argv {
    const groups = optionGroups(table);
    // yargs shows what has no group last: the options of every command
    const titleOfAll = groups.length > 1 || table === globalOptions ? undefined : 'Options';
    for (const [title = titleOfAll, group] of groups) {
        for (const [name, setting] of Object.entries(group)) {
            const { flag = false, alias } = setting;
            argv.option(dashed(name), {
                ...declared(`--${dashed(name)}`, setting, purpose),
                ...typeOf(setting, purpose),
                ...(flag ? {} : { requiresArg: true }),
                ...(alias === undefined ? {} : { alias }),
                ...(title === undefined ? {} : { group: `${title}:` }),
            });
        }
    }
    return argv;
}

/** Gives positional arguments to yargs. */
export function declarePositionals(argv: Argv, table: SettingTable, purpose: Purpose): Argv {
    for (const [name, setting] of Object.entries(table)) {
        argv.positional(name, { ...declared(`<${name}>`, setting, purpose), type: 'string' });
    }
    return argv;
}

/** Numbers have a type for help alone: yargs would make NaN of what it cannot read. */
function typeOf(
    { flag = false, number }: Setting,
    purpose: Purpose,
): { readonly type?: 'boolean' | 'number' | 'string' } {
    if (flag) return { type: 'boolean' };
    if (number === undefined) return { type: 'string' };
    return purpose === 'help' ? { type: 'number' } : {};
}

/** yargs' own list of choices does not wrap at its column. */
function described({ describe, choices }: Setting): string | undefined {
    if (describe === undefined || choices === undefined) return describe;
    return `${describe} (${formatList(choices, { last: 'or' })})`;
}

function declared(title: string, setting: Setting, purpose: Purpose): Parameters<Argv['positional']>[1] {
    const { required = false, choices, many = false } = setting;
    const describe = described(setting);
    const defaultWords = setting.default ?? setting.defaultWords;
    return {
        ...(purpose === 'run' ? { hidden: true } : {}), // from the help that nobody asks for
        ...(describe === undefined ? {} : { describe: asOptions(describe) }),
        ...(choices === undefined || purpose !== 'complete' ? {} : { choices }),
        ...(required ? { demandOption: true } : {}),
        ...(many ? { array: true } : {}),
        // In words alone, so that an option that was not given stays undefined.
        ...(defaultWords === undefined ? {} : { defaultDescription: asOptions(String(defaultWords)) }),
        ...(setting.flag === true ? {} : { coerce: (given: unknown) => checkArgument(title, setting, given) }),
    };
}

/**
 * The value that a command gets for what was typed.
 * @param title of the argument, as in `--threads` or `<dir>`
 * @throws LanguageNeuronsError WRONG_USE, saying what was typed and what is taken
 */
function checkArgument(title: string, setting: Setting, given: unknown): unknown {
    if (given === undefined) return given;
    if (setting.many === true) return [given].flat().map((text) => parseSetting(title, setting, String(text)));
    if (!Array.isArray(given)) return parseSetting(title, setting, String(given));
    const all = given.map((text) => JSON.stringify(text)).join(' and ');
    const times = given.length === 2 ? 'twice' : `${given.length} times`;
    throw wrongUse(`${title} is given ${times} (${all}); give it once`);
}

/**
 * The arguments of a command, with defaults for what was not given.
 * @param given by yargs, each checked
 * @throws LanguageNeuronsError WRONG_USE for what means nothing beside the others
 */
export function completeArguments(
    { positionals, options }: CommandDeclaration,
    given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
    const table: SettingTable = { ...positionals, ...options, ...globalOptions };
    const defaultOf = ({ flag, default: value }: Setting): unknown => (flag === true ? false : value);
    const all = Object.fromEntries(
        Object.entries(table).map(([name, setting]) => [name, given[name] ?? defaultOf(setting)]),
    );
    checkApplies(all, table, Object.keys(table));
    return all;
}

/** Options in the groups in which they are shown, each with its title; few are in none. */
export function optionGroups(table: SettingTable): [title: string | undefined, table: SettingTable][] {
    if (Object.keys(table).length <= mostUngrouped) return [[undefined, table]];
    const groups = new Map<string | undefined, Record<string, Setting>>();
    for (const [name, setting] of Object.entries(table)) {
        const group = groups.get(setting.group) ?? {};
        groups.set(setting.group, Object.assign(group, { [name]: setting }));
    }
    return [...groups];
}
