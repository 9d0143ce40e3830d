import { z } from 'zod';
import { suggestion } from '../support/nearest.js';
import { describeRange, isInRange, type NumberRange, numberMend } from '../support/numberRanges.js';

/** A number in a range, or a word in its place; what is refused is said as it was given. */
export function numberIn(range: NumberRange): z.ZodType<number>;
export function numberIn<W extends string>(range: NumberRange, word: W): z.ZodType<number | W>;
export function numberIn(range: NumberRange, word?: string): z.ZodType<unknown> {
    const takes = `${word === undefined ? '' : `${word} or `}${describeRange(range)}`;
    return z.custom((value) => value === word || (typeof value === 'number' && isInRange(value, range)), {
        error: ({ input }) =>
            `takes ${takes}, not ${written(input)}${typeof input === 'string' ? numberMend(input, range) : ''}`,
    });
}

/** One name or a list of them, which becomes a list. */
export function nameList(): z.ZodType<string[]> {
    const name = z.string().min(1);
    return z
        .union([name, z.array(name).min(1)], {
            error: ({ input }) =>
                input === undefined ? 'is missing' : `takes a name or a list of names, not ${written(input)}`,
        })
        .transform((value) => [value].flat());
}

const kinds: Readonly<Record<string, string>> = {
    string: 'a text',
    array: 'a list',
    object: 'settings',
    boolean: 'true or false',
};

/** What is wrong with a setting, in words that stand behind its name. */
export function describeIssue(issue: z.core.$ZodRawIssue): string {
    const { input } = issue;
    const not = `not ${written(input)}`;
    switch (issue.code) {
        case 'unrecognized_keys': {
            const known = issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape) : [];
            return issue.keys.map((key) => `unknown key ${key}${suggestion(key, known)}`).join(', ');
        }
        case 'invalid_value': {
            const values = issue.values.map(String);
            return `takes ${values.join(', ')}, ${not}${typeof input === 'string' ? suggestion(input, values) : ''}`;
        }
        case 'invalid_type':
            return input === undefined ? 'is missing' : `takes ${kinds[issue.expected] ?? issue.expected}, ${not}`;
        case 'too_small':
            return input === '' ? 'is empty' : `takes at least ${String(issue.minimum)}, ${not}`;
        case 'custom':
            return issue.message === undefined ? `cannot be ${written(input)}` : `${issue.message}, ${not}`;
        default:
            return `cannot be ${written(input)}`;
    }
}

/** A value as it might stand in the file, shortened. */
function written(value: unknown): string {
    const text = typeof value === 'number' || value === undefined ? String(value) : asJson(value);
    return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** YAML's aliases can make what JSON cannot write. */
function asJson(value: unknown): string {
    try {
        return JSON.stringify(value);
    } catch {
        return 'what holds itself by an alias';
    }
}
