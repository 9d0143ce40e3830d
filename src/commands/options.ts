import type { Argv } from 'yargs';
import { LanguageNeuronsError } from '../errors.js';
import { expandHome } from '../files/expandHome.js';
import { isDate } from '../questions/templateClock.js';
import { suggestion } from '../support/nearest.js';
import { describeRange, type NumberRange, numberMend, parseNumber } from '../support/numberRanges.js';

/**
 * What an option or a positional argument takes: a text that is not empty, unless one of `number`, `choices`
 * and `flag` is given. Every argument of every command is declared by one, so that all are checked alike.
 */
export interface OptionRule {
    readonly describe?: string;
    readonly alias?: string;
    readonly required?: boolean;
    readonly default?: string | number;
    readonly number?: NumberRange;
    /** A word that is taken beside numbers. */
    readonly word?: string;
    readonly choices?: readonly string[];
    /** Given or not, without a value. */
    readonly flag?: boolean;
    /** May be given several times; the command gets a list. */
    readonly many?: boolean;
    /** A day, as YYYY-MM-DD. */
    readonly date?: boolean;
    /** A path, whose `~` is expanded. */
    readonly path?: boolean;
}

/** Rules by the names of the options, without dashes in front. */
export type OptionTable = Readonly<Record<string, OptionRule>>;

/** Gives options to yargs. */
export function declareOptions(argv: Argv, table: OptionTable): Argv {
    for (const [name, rule] of Object.entries(table)) {
        const { flag = false } = rule;
        argv.option(name, {
            ...declared(`--${name}`, rule),
            // Numbers have no type: yargs' own would be NaN for what it cannot read.
            ...(flag ? { type: 'boolean', default: false } : rule.number === undefined ? { type: 'string' } : {}),
            ...(flag ? {} : { requiresArg: true }),
            ...(rule.alias === undefined ? {} : { alias: rule.alias }),
        });
    }
    return argv;
}

/** Gives positional arguments to yargs. */
export function declarePositionals(argv: Argv, table: OptionTable): Argv {
    for (const [name, rule] of Object.entries(table)) {
        argv.positional(name, { ...declared(`<${name}>`, rule), type: 'string' });
    }
    return argv;
}

function declared(title: string, rule: OptionRule): Parameters<Argv['positional']>[1] {
    const { describe, required = false, choices, many = false } = rule;
    return {
        ...(describe === undefined ? {} : { describe }),
        ...(choices === undefined ? {} : { choices }),
        ...(required ? { demandOption: true } : {}),
        ...(many ? { array: true } : {}),
        ...(rule.default === undefined ? {} : { default: rule.default }),
        ...(rule.flag === true ? {} : { coerce: (given: unknown) => checkArgument(title, rule, given) }),
    };
}

/**
 * The value that a command gets for what was typed.
 * @param title of the argument, as in `--threads` or `<dir>`
 * @throws LanguageNeuronsError WRONG_USE, saying what was typed and what is taken
 */
export function checkArgument(title: string, rule: OptionRule, given: unknown): unknown {
    if (given === undefined || given === rule.default) return given;
    if (rule.many === true) return [given].flat().map((text) => checkText(title, rule, String(text)));
    if (!Array.isArray(given)) return checkText(title, rule, String(given));
    const all = given.map((text) => JSON.stringify(text)).join(' and ');
    const times = given.length === 2 ? 'twice' : `${given.length} times`;
    throw new LanguageNeuronsError('WRONG_USE', `${title} is given ${times} (${all}); give it once`);
}

function checkText(title: string, rule: OptionRule, text: string): string | number {
    const { number, word, choices } = rule;
    const refused = (takes: string, mend: string): LanguageNeuronsError =>
        new LanguageNeuronsError('WRONG_USE', `${title} takes ${takes}, not ${JSON.stringify(text)}${mend}`);
    if (number !== undefined) {
        if (text === word) return text;
        const value = parseNumber(text, number);
        const takes = `${word === undefined ? '' : `${word} or `}${describeRange(number)}`;
        if (value === undefined) throw refused(takes, numberMend(text, number));
        return value;
    }
    if (choices !== undefined) {
        const takes = `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)!}`;
        if (!choices.includes(text)) throw refused(takes, suggestion(text, choices));
        return text;
    }
    if (rule.date === true && !isDate(text)) throw refused('a day as YYYY-MM-DD', '; give one such as 2026-03-05');
    if (text.trim() === '') throw refused(rule.path === true ? 'a path' : 'a text', '; give one');
    return rule.path === true ? expandHome(text) : text;
}
