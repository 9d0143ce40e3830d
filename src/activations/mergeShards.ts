import { LanguageNeuronsError } from '../errors.js';
import { sameSites } from '../engine/types/Site.js';
import { type Activations, sitesOf } from './Activations.js';
import { readActivations, readActivationsSource } from './activationsFile.js';
import { addActivations } from './addCounts.js';
import { checkShards, versionDifferences } from './checkShards.js';
import { sourceDifferences } from './sourceDifferences.js';

/**
 * Adds the counts of all shards of one piece of work: the bytes that `collect` without shards gives. What they say of
 * themselves is looked at before any is read whole.
 * @param files of all shards, in any order
 * @throws LanguageNeuronsError NOT_FOUND, DAMAGED, and MISMATCH where a shard is missing, there twice, or of other work
 */
export async function mergeShards(files: readonly string[]): Promise<Activations> {
    const found = [];
    for (const file of files) {
        const made = await readActivationsSource(file);
        if (made === undefined) throw new LanguageNeuronsError('NOT_FOUND', `${file}: no such file; collect it first`);
        const { shard, ...settings } = made.source.settings ?? {};
        found.push({ file, shard, languages: made.languages.join(), source: { ...made.source, settings } });
    }
    checkShards(found, 'collect', (a, b) => [
        ...sourceDifferences(a.source, b.source, { model: true }),
        ...versionDifferences(a.source.versions, b.source.versions),
        ...(a.source.settings.values === b.source.settings.values ? [] : ['values']),
        ...(a.languages === b.languages ? [] : ['languages']),
    ]);
    let sum: Activations | undefined;
    for (const { file, source } of found) {
        const next = { ...(await readActivations(file, { values: true })), source };
        if (sum !== undefined && !sameSites(sitesOf(sum), sitesOf(next))) {
            throw new LanguageNeuronsError(
                'DAMAGED',
                `${file}: has other layers than ${found[0]!.file}; collect it again`,
            );
        }
        sum = sum === undefined ? next : { ...addActivations(sum, next), source };
    }
    if (sum === undefined)
        throw new LanguageNeuronsError('NOT_FOUND', 'no shard files; run collect with `shard` first');
    return sum;
}
