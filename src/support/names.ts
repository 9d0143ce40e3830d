import { z } from 'zod';

/** Most characters of a name; file names add some more. */
const mostNameBytes = 128;

/**
 * Says why a name cannot be used in file names, JSON keys and tables, in words that follow the name.
 * @returns undefined where it can be used
 */
export function nameProblem(name: string): string | undefined {
    if (name === '') return 'is empty';
    if (name === '__proto__') return 'is a name that JavaScript reserves';
    if (name === '.' || name === '..') return 'is the name of a folder';
    if (/[/\\]/.test(name)) return 'has a slash in it, which file names cannot have';
    if (/[\p{Cc}\u2028\u2029]/u.test(name)) return 'has control characters in it';
    if (/\p{Cs}/u.test(name)) return 'is not valid Unicode text';
    const bytes = Buffer.byteLength(name);
    return bytes > mostNameBytes ? `has ${bytes} bytes, more than the ${mostNameBytes} of a name` : undefined;
}

/** A name for a message. */
export function shownName(name: string): string {
    return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}

/** A name in a file that is read; it must be usable as a key. */
export const nameShape = z.string().refine((name) => name !== '__proto__');

/** Values by name. `z.record` alone would silently drop the name `__proto__`. */
export function byName<Value extends z.ZodType>(value: Value) {
    return z.preprocess(
        (given, context) => {
            if (typeof given === 'object' && given !== null && Object.hasOwn(given, '__proto__'))
                context.addIssue({ code: 'custom', message: `the name "__proto__" ${nameProblem('__proto__')!}` });
            return given;
        },
        z.record(z.string(), value),
    );
}
