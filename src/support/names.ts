import { z } from 'zod';

/** Of a name; files are named after it, with some more. */
const mostNameBytes = 128;

/**
 * Why a name cannot be kept, in words that stand behind it: as a part of a file's name, as a key of JSON, in a table.
 * @returns undefined where it can
 */
export function nameProblem(name: string): string | undefined {
    if (name === '') return 'is empty';
    if (name === '__proto__') return 'is a name that JavaScript keeps for itself';
    if (name === '.' || name === '..') return 'is the name of a folder';
    if (/[/\\]/.test(name)) return 'has a slash in it, which file names cannot have';
    if (/[\p{Cc}\u2028\u2029]/u.test(name)) return 'has control characters in it';
    if (/\p{Cs}/u.test(name)) return 'is no whole Unicode text';
    const bytes = Buffer.byteLength(name);
    return bytes > mostNameBytes ? `has ${bytes} bytes, more than the ${mostNameBytes} of a name` : undefined;
}

/** A name as a message shows it. */
export function shownName(name: string): string {
    return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}

/** A name in a file that is read: it needs only be a key. */
export const nameShape = z.string().refine((name) => name !== '__proto__');

/** Values by name. Of `z.record` alone the name `__proto__` would be passed over in silence. */
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
