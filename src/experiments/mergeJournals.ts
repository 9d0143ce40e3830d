import { join } from 'node:path';
import { Journal } from '../files/Journal.js';
import { type JournalKind, journalsIn } from './journals.js';

/** Lines that are written at once. */
const together = 1000;

export interface MergeJournalsOptions<Entry> extends JournalKind<Entry> {
    /** Folder whose journal of whole runs gets what the others have and it lacks. */
    readonly into: string;
    readonly from: readonly string[];
    readonly signal?: AbortSignal | undefined;
}

/**
 * Adds to a folder's journal all finished pieces of others, each key once.
 * @throws LanguageNeuronsError as `Journal`
 */
export async function mergeJournals<Entry extends { readonly key: string }>({
    into,
    from,
    name,
    shape,
    signal,
}: MergeJournalsOptions<Entry>): Promise<void> {
    const keys = new Set<string>();
    const own = join(into, name);
    const journal = await Journal.open(own, shape, { signal, take: ({ key }) => keys.add(key) });
    for (const folder of from) {
        for (const path of await journalsIn(folder, name)) {
            if (path === own) continue;
            const lacking: Entry[] = [];
            const take = (entry: Entry): void => {
                if (!keys.has(entry.key)) lacking.push(entry);
                keys.add(entry.key);
            };
            await Journal.read(path, shape, { signal, take });
            while (lacking.length > 0) await journal.add(...lacking.splice(0, together));
        }
    }
}
