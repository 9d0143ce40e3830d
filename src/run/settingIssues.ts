import { z } from 'zod';
import { isTaken, refusal, valueOf, written } from '../settings/checkSetting.js';
import type { Setting, SettingTable, ValueOf } from '../settings/Setting.js';
import { suggestion } from '../support/nearest.js';

type Field<S> = S extends { required: true } ? z.ZodType<ValueOf<S>> : z.ZodOptional<z.ZodType<ValueOf<S>>>;

/**
 * The shape of a YAML file's keys that are settings; one member of a list may stand without the list, and a share may
 * be a percentage.
 * @param fewest members of a list
 */
export function fieldsOf<T extends SettingTable>(table: T, fewest = 1): { [K in keyof T]: Field<T[K]> } {
    const fieldOf = (setting: Setting): z.ZodType => {
        const taken = z.custom((value) => isTaken(setting, value), {
            error: ({ input }) => (input === undefined ? 'is missing' : refusal(setting, input)),
        });
        const isPercentage = (value: unknown): value is string => typeof value === 'string' && value.includes('%');
        const one =
            setting.percent === true
                ? z.preprocess((value) => (isPercentage(value) ? valueOf(setting, value) : value), taken)
                : taken;
        if (setting.list !== true) return one;
        const listed = (value: unknown): unknown => (value === undefined || Array.isArray(value) ? value : [value]);
        return z.preprocess(listed, z.array(one).min(fewest));
    };
    return Object.fromEntries(
        Object.entries(table).map(([name, setting]) => {
            const field = fieldOf(setting);
            return [name, setting.required === true ? field : field.optional()];
        }),
    ) as { [K in keyof T]: Field<T[K]> };
}

/** A part of the work whose settings all have defaults: `true` takes these, `false` leaves it out. */
export function partOf<S extends z.ZodRawShape>(
    shape: S,
): z.ZodType<boolean | z.infer<z.ZodObject<S, z.core.$strict>> | undefined> {
    const settings = z.strictObject(shape, {
        error: ({ code, input }) =>
            code === 'invalid_type' ? `takes true, false or settings, not ${written(input)}` : undefined,
    });
    const spelled: Readonly<Record<string, unknown>> = { true: {}, false: undefined };
    return z.preprocess((value) => (typeof value === 'boolean' ? spelled[String(value)] : value), settings.optional());
}

/** Such a part that may be done several times, each with settings of its own: `true`, settings, or a list of them. */
export function partsOf<S extends z.ZodRawShape, P = z.infer<z.ZodObject<S, z.core.$strict>>>(
    shape: S,
): z.ZodType<boolean | P | readonly P[] | undefined> {
    const one = z.strictObject(shape) as unknown as z.ZodType<P>;
    const list = (value: unknown): unknown => {
        if (value === undefined || value === false) return undefined;
        return value === true ? [{}] : [value].flat();
    };
    return z.preprocess(list, z.array(one).min(1).optional());
}

/** The settings of such a part; undefined where it is not asked for. */
export function askedPart<T extends object>(part: boolean | T | undefined): Partial<T> | undefined {
    if (typeof part !== 'boolean') return part;
    return part ? {} : undefined;
}

/** The settings of one time that a part of a run is done, which may be given as `true`, or as a list of several. */
export type AskedPart<Parts> = Partial<Exclude<NonNullable<Parts>, boolean | readonly unknown[]>>;

/** The settings of each time that such a part is done; none where it is not asked for. */
export function askedParts<T extends object>(parts: boolean | T | readonly T[] | undefined): readonly Partial<T>[] {
    if (parts === undefined || typeof parts === 'boolean') return parts === true ? [{}] : [];
    return [parts].flat() as readonly T[];
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

/** Says what is wrong with a setting; the words follow its name. */
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
