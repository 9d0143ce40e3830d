import { LanguageNeuronsError } from '../errors.js';
import type { Shard } from './Shard.js';

/** A file that may hold a shard. */
export interface FoundShard {
    readonly file: string;
    /** The shard that the file names, such as `2/8`; undefined where it holds the whole. */
    readonly shard: string | number | undefined;
}

/**
 * Checks that files are all shards of one piece of work, each once.
 * @param command that makes a shard, for messages
 * @param differencesOf lists how the work of two files differs, in clauses
 * @throws LanguageNeuronsError MISMATCH, naming what is missing, there twice or of other work
 */
export function checkShards<Found extends FoundShard>(
    found: readonly Found[],
    command: string,
    differencesOf: (first: Found, other: Found) => readonly string[],
): void {
    const mismatch = (what: string): LanguageNeuronsError =>
        new LanguageNeuronsError('MISMATCH', `the shards cannot be merged: ${what}`);
    const [first] = found;
    const files = new Map<number, string>();
    let shards: Shard | undefined;
    for (const other of found) {
        const { file } = other;
        const [, number, of] = (/^(\d+)\/(\d+)$/.exec(String(other.shard)) ?? []).map(Number);
        if (number === undefined) throw mismatch(`${file} is not a shard but a whole result`);
        if (shards !== undefined && of !== shards.total) {
            throw mismatch(`${file} is of ${of!} shards, ${first!.file} of ${shards.total}`);
        }
        shards = { number, total: of! };
        const twin = files.get(number);
        if (twin !== undefined) {
            throw mismatch(`shard ${number} of ${of!} is given twice, in ${twin} and ${file}; leave one out`);
        }
        files.set(number, file);
        const differences = differencesOf(first!, other);
        if (differences.length > 0) throw mismatch(`${first!.file} and ${file} differ in ${differences.join(', ')}`);
    }
    const missing = Array.from({ length: shards?.total ?? 0 }, (_, i) => i + 1).filter((number) => !files.has(number));
    if (missing.length === 0) return;
    const few = `${missing.slice(0, 20).join(', ')}${missing.length > 20 ? ' and more' : ''}`;
    const [nouns, are, them] = missing.length === 1 ? ['shard', 'is', 'it'] : ['shards', 'are', 'them'];
    throw mismatch(`${nouns} ${few} of ${shards!.total} ${are} missing; ${command} ${them} first`);
}

/** Lists how versions differ: one clause, or none. */
export function versionDifferences(
    a: Readonly<Record<string, string>>,
    b: Readonly<Record<string, string>>,
): readonly string[] {
    const words = (versions: Readonly<Record<string, string>>): string =>
        Object.entries(versions)
            .sort()
            .map(([name, version]) => `${name} ${version}`)
            .join(' ');
    return words(a) === words(b) ? [] : [`versions (${words(a)}; ${words(b)})`];
}
