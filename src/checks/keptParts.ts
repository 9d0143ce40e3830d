import { z } from 'zod';
import { Journal, noteUnreadable } from '../files/Journal.js';
import { keyOf } from '../support/keyOf.js';
import type { CheckContext } from './Check.js';
import { checkJournalPath } from './checkFile.js';

const entryShape = z.object({ key: z.string(), value: z.unknown() });

/**
 * Makes a check's `kept`. The journal is read when a part is first asked for.
 * @param identity of the check
 */
export function keptParts(
    folder: string,
    name: string,
    identity: string,
    { progress, signal }: Pick<CheckContext, 'progress' | 'signal'>,
): CheckContext['kept'] {
    const path = checkJournalPath(folder, name);
    const had = new Map<string, unknown>();
    let opening: Promise<Journal<z.output<typeof entryShape>>> | undefined;
    const open = async (): Promise<Journal<z.output<typeof entryShape>>> => {
        const journal = await Journal.open(path, entryShape, { signal, take: ({ key, value }) => had.set(key, value) });
        noteUnreadable(journal, path, progress);
        return journal;
    };
    return async (part, shape, compute) => {
        const journal = await (opening ??= open());
        const key = keyOf({ identity, part });
        const there = shape.safeParse(had.get(key));
        if (there.success) return there.data;
        const value = await compute();
        await journal.add({ key, value });
        had.set(key, value);
        return value;
    };
}
