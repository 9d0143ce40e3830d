import { z } from 'zod';
import { LanguageNeuronsError } from '../errors.js';
import type { DeepReadonly } from '../support/DeepReadonly.js';
import { shownName } from '../support/names.js';
import { readTextIfAny, writeFileAtomic } from './fileAccess.js';
import { nonFinite } from './nonFinite.js';

/** A kind of JSON file: an object that begins with `format` and `version`, and goes on with what it holds. */
export interface JsonFormat<Shape extends z.ZodType> {
    /** Such as `language-neurons/matrix`. */
    readonly format: string;
    /** From 1; raised by a change that older readers would misread. */
    readonly version: number;
    /** What a file holds, for messages, such as `a comparison`. */
    readonly what: string;
    readonly shape: Shape;
}

/**
 * Writes a file of a format.
 * @param layout of the document, format and version in front, as text; default: JSON on one line
 * @throws LanguageNeuronsError UNWRITABLE
 */
export async function writeJson<Shape extends z.ZodType>(
    path: string,
    { format, version }: JsonFormat<Shape>,
    content: DeepReadonly<z.output<Shape>>,
    layout: (document: object) => string = compact,
): Promise<void> {
    await writeFileAtomic(path, `${layout({ format, version, ...(content as object) })}\n`);
}

/**
 * Reads a file of a format; undefined where there is none.
 * @param mend what makes the file anew, such as `run compare again`
 * @throws LanguageNeuronsError NOT_FOUND where it cannot be read; DAMAGED, which names the first thing that is wrong
 */
export async function readJsonIfAny<Shape extends z.ZodType>(
    path: string,
    { format, version, what, shape }: JsonFormat<Shape>,
    mend: string,
): Promise<z.output<Shape> | undefined> {
    const text = await readTextIfAny(path);
    if (text === undefined) return undefined;
    try {
        const { version: found, ...content } = headOf(format).parse(JSON.parse(text));
        if (found !== version)
            throw new LanguageNeuronsError('DAMAGED', otherVersion(path, format, found, version, mend));
        return shape.parse(content);
    } catch (cause) {
        if (cause instanceof LanguageNeuronsError) throw cause;
        throw new LanguageNeuronsError('DAMAGED', `${path}: is not ${what} (${reason(cause)}); ${mend}`, { cause });
    }
}

/** What is said of a file of another version than the one that is read; an update helps only where that is older. */
export function otherVersion(path: string, format: string, found: unknown, read: number, mend: string): string {
    const what = `is version ${String(found)} of ${format}, this tool reads version ${read}`;
    return `${path}: ${what}; ${Number(found) < read ? '' : 'update language-neurons, or '}${mend}`;
}

/** JSON on one line. */
export function compact(document: unknown): string {
    return JSON.stringify(document, nonFinite);
}

/** JSON with one of its lists behind all else, a line for each of its members. */
export function inLines(list: string): (document: object) => string {
    return (document) => {
        const { [list]: members, ...head } = document as Readonly<Record<string, unknown>>;
        const lines = (members as readonly unknown[]).map(compact).join(',\n');
        return `${compact(head).slice(0, -1)},${JSON.stringify(list)}:[\n${lines}\n]}`;
    };
}

/** JSON with a line for each value. */
export function indented(document: object): string {
    return JSON.stringify(document, nonFinite, 1);
}

function headOf(format: string) {
    return z
        .looseObject({ format: z.literal(format), version: z.int().positive() })
        .transform(({ format: _, ...rest }) => rest);
}

/** The first thing that is wrong, and where. */
function reason(cause: unknown): string {
    if (!(cause instanceof z.ZodError)) return 'it is not JSON';
    const [{ path, message }] = cause.issues as [z.core.$ZodIssue];
    return path.length === 0 ? message : `${shownName(path.map(String).join('.'))}: ${message}`;
}
