import { wrongUse } from '../errors.js';
import { expandHome } from '../files/expandHome.js';
import { formatList } from '../support/format.js';
import { suggestion } from '../support/nearest.js';
import { describeRange, isInRange, numberMend, parseNumber, parseShare } from '../support/numberRanges.js';
import type { Setting, SettingTable } from './Setting.js';

/** What a setting takes, or what each member of its list is: `a whole number from 1 to 512`, `paper or lape`. */
function takes({ number, word, choices, flag, date, path }: Setting): string {
    if (flag === true) return 'true or false';
    if (number !== undefined) return `${word === undefined ? '' : `${word} or `}${describeRange(number)}`;
    if (choices !== undefined) return formatList(choices, { last: 'or' });
    if (date === true) return 'a day as YYYY-MM-DD';
    return path === true ? 'a path' : 'a text';
}

/** Whether a value is what a setting takes, or what a member of its list is. */
export function isTaken({ number, word, choices, flag, date }: Setting, value: unknown): boolean {
    if (flag === true) return typeof value === 'boolean';
    if (number !== undefined) return value === word ? word !== undefined : isNumberIn(value, number);
    if (typeof value !== 'string') return false;
    if (choices !== undefined) return choices.includes(value);
    return date === true ? isDate(value) : value.trim() !== '';
}

function isNumberIn(value: unknown, range: NonNullable<Setting['number']>): boolean {
    return typeof value === 'number' && isInRange(value, range);
}

/** What is wrong with a value, behind the setting's name: `takes paper or lape, not "papr"; did you mean paper?`. */
export function refusal(setting: Setting, value: unknown): string {
    return `takes ${takes(setting)}, not ${written(value)}${typeof value === 'string' ? mend(setting, value) : ''}`;
}

function mend({ number, choices, date }: Setting, text: string): string {
    if (number !== undefined) return numberMend(text, number);
    if (choices !== undefined) return suggestion(text, choices);
    return date === true ? '; give one such as 2026-03-05' : text.trim() === '' ? '; give one' : '';
}

/**
 * The value of a text that was typed.
 * @param title of the setting, as in `--threads`
 * @throws LanguageNeuronsError WRONG_USE
 */
export function parseSetting(title: string, setting: Setting, text: string): unknown {
    const one = (part: string): string | number => {
        const value = valueOf(setting, part);
        if (!isTaken(setting, value)) throw wrongUse(`${title} ${refusal(setting, part)}`);
        return setting.path === true ? expandHome(part) : value;
    };
    if (setting.list !== true) return one(text);
    const parts = text.split(',').map((part) => part.trim());
    const named = parts.filter((part) => part !== '');
    return named.length === 0 ? [one('')] : named.map(one);
}

/** What a typed text stands for; as it stands, where that is no number. */
export function valueOf({ number, word, percent = false }: Setting, text: string): string | number {
    if (number === undefined || text === word) return text;
    return (percent ? parseShare(text, number) : parseNumber(text, number)) ?? text;
}

/** The options that are no settings of a table, each by its name; the compiler holds them to the type. */
export type OtherOptions<O, T> = { readonly [K in Exclude<keyof O, keyof T>]-?: true };

/** A table has no row that is no option. */
type OnlyOf<O, T> = { readonly [K in Exclude<keyof T, keyof O>]: never };

/**
 * Checks options of the library as the command line checks its own; those that are undefined are not given.
 * @param others names that are taken beside the table's
 * @throws LanguageNeuronsError WRONG_USE, naming the setting, or an option that there is not
 */
export function checkSettings<O extends object, const T extends SettingTable>(
    options: O,
    table: T & OnlyOf<O, T>,
    others: OtherOptions<O, T>,
): void {
    for (const [name, value] of Object.entries(options) as [string, unknown][]) {
        if (value === undefined) continue;
        if (Object.hasOwn(table, name)) checkOne(name, table[name]!, value);
    }
    const unknown = unknownOption(options, { ...table, ...others });
    if (unknown !== undefined) throw wrongUse(unknown);
    checkApplies(options, table, Object.keys(options));
}

function checkOne(name: string, setting: Setting, value: unknown): void {
    if (setting.list === true && !Array.isArray(value))
        throw wrongUse(`\`${name}\` takes a list, not ${written(value)}; give [${written(value)}]`);
    const values = setting.list === true ? (value as readonly unknown[]) : [value];
    for (const one of values) if (!isTaken(setting, one)) throw wrongUse(`\`${name}\` ${refusal(setting, one)}`);
}

/** What to say of the first option that is given and not known; undefined: all are known. */
export function unknownOption(options: object, known: object): string | undefined {
    const given = Object.entries(options).find(([name, value]) => value !== undefined && !Object.hasOwn(known, name));
    if (given === undefined) return undefined;
    const [name] = given;
    const mend = suggestion(name, Object.keys(known), (near) => `\`${near}\``);
    return `there is no option \`${name}\`${mend === '' ? '; leave it out' : mend}`;
}

/**
 * @param values of all settings, with their defaults
 * @param given names of those that were given
 * @throws LanguageNeuronsError WRONG_USE for a setting that was given and means nothing beside another one's value
 */
export function checkApplies(values: object, table: SettingTable, given: readonly string[]): void {
    const valueAt = (name: string): unknown => (values as Readonly<Record<string, unknown>>)[name];
    for (const name of given) {
        const setting = table[name];
        if (setting?.of === undefined || valueAt(name) === undefined || valueAt(name) === setting.default) continue;
        for (const [other, wanted] of Object.entries(setting.of)) {
            const value = valueAt(other) ?? table[other]?.default;
            if (value === undefined || wanted.includes(String(value))) continue;
            const mended = wanted.map((one) => `\`${other}: ${one}\``).join(' or ');
            throw wrongUse(
                `\`${name}\` means nothing with \`${other}: ${String(value)}\`; leave it out, or use ${mended}`,
            );
        }
    }
}

/** The rows of a table that mean something beside values of other settings. */
export function settingsFor<T extends SettingTable>(table: T, values: Readonly<Record<string, string>>): Partial<T> {
    const applies = ({ of = {} }: Setting): boolean =>
        Object.entries(of).every(([other, wanted]) => values[other] === undefined || wanted.includes(values[other]));
    return Object.fromEntries(Object.entries(table).filter(([, row]) => applies(row))) as Partial<T>;
}

/** Whether a text is a day of the calendar, as YYYY-MM-DD. */
function isDate(text: string): boolean {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
    const time = Date.parse(`${text}T00:00:00Z`);
    return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** A value as it might stand in a file, shortened. */
export function written(value: unknown): string {
    if (typeof value === 'function') return 'a function';
    const text = typeof value === 'string' || typeof value === 'object' ? asJson(value) : String(value);
    return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** YAML's aliases can make a value that contains itself, which JSON cannot write. */
function asJson(value: unknown): string {
    try {
        return JSON.stringify(value);
    } catch {
        return 'a value that contains itself';
    }
}
