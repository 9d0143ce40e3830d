import { z } from 'zod';
import { Journal, noteUnreadable } from '../files/Journal.js';
import { keyOf } from '../support/keyOf.js';
import type { CheckContext } from './Check.js';
import { checkJournalPath } from './checkFile.js';

const entryShape = z.object({ key: z.string(), value: z.unknown() });

/** What earlier sessions of a check left. */
export interface KeptParts extends Pick<CheckContext, 'kept'> {
    /** Seconds of earlier sessions that were stopped. */
    spent(): Promise<number>;
    /** Keeps the seconds of all sessions up to now, one that is being stopped too. */
    stopped(seconds: number): Promise<void>;
}

/**
 * Makes a check's `kept`. The journal is read when something of it is first asked for.
 * @param identity of the check
 */
export function keptParts(
    folder: string,
    name: string,
    identity: string,
    { progress, signal }: Pick<CheckContext, 'progress' | 'signal'>,
): KeptParts {
    const path = checkJournalPath(folder, name);
    const had = new Map<string, unknown>();
    let opening: Promise<Journal<z.output<typeof entryShape>>> | undefined;
    const open = async (): Promise<Journal<z.output<typeof entryShape>>> => {
        const journal = await Journal.open(path, entryShape, { signal, take: ({ key, value }) => had.set(key, value) });
        noteUnreadable(journal, path, progress);
        return journal;
    };
    const keep = async (key: string, value: unknown): Promise<void> => {
        await (await (opening ??= open())).add({ key, value });
        had.set(key, value);
    };
    const found = async <Shape extends z.ZodType>(key: string, shape: Shape): Promise<z.output<Shape> | undefined> => {
        await (opening ??= open());
        const { success, data } = shape.safeParse(had.get(key));
        return success ? data : undefined;
    };
    const secondsKey = keyOf({ identity, seconds: true });
    return {
        async kept(part, shape, compute) {
            const key = keyOf({ identity, part });
            const there = await found(key, shape);
            if (there !== undefined) return there;
            const value = await compute();
            await keep(key, value);
            return value;
        },
        spent: async () => (await found(secondsKey, z.number().nonnegative())) ?? 0,
        stopped: (seconds) => keep(secondsKey, seconds),
    };
}
