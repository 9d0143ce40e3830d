import { checkShards, versionDifferences } from '../activations/checkShards.js';
import { sourceDifferences } from '../activations/sourceDifferences.js';
import { LanguageNeuronsError } from '../errors.js';
import { type ExamplesHead, readExamples, readExamplesHead } from './examplesFile.js';
import { writeWhole } from './GrowingExamples.js';
import { joinByName, joinExamples } from './joinExamples.js';
import { type NeuronExamples, noExamples } from './NeuronExamples.js';

/** What the shards of one piece of work say together, without what names a shard. */
export async function headOfShards(files: readonly string[]): Promise<ExamplesHead> {
    const found = [];
    for (const file of files) {
        const head = await readExamplesHead(file);
        if (head === undefined)
            throw new LanguageNeuronsError('NOT_FOUND', `${file}: no such file; run examples first`);
        const { shard, ...settings } = head.source.settings ?? {};
        found.push({ file, shard, head: { ...head, source: { ...head.source, settings } } });
    }
    checkShards(found, 'make', ({ head: a }, { head: b }) => [
        ...sourceDifferences(a.source, b.source, { model: true }),
        ...versionDifferences(a.source.versions, b.source.versions),
        ...(a.key === b.key ? [] : ['neurons or seeds']),
    ]);
    const add = (a: number, b: number): number => a + b;
    return found
        .map(({ head }) => head)
        .reduce((a, b) => ({
            ...a,
            tokens: joinByName(a.tokens, b.tokens, add),
            kinds: joinByName(a.kinds, b.kinds, add),
            wordBeginnings: a.wordBeginnings + b.wordBeginnings,
        }));
}

/**
 * Joins the examples of all shards: the bytes that `collectExamples` without shards writes.
 * @param head see `headOfShards`
 * @throws LanguageNeuronsError NOT_FOUND, DAMAGED, UNWRITABLE
 */
export async function mergeExamples(files: readonly string[], head: ExamplesHead, path: string): Promise<ExamplesHead> {
    return writeWhole(path, head, joined(files, head));
}

/** Neuron by neuron: one is in memory at a time. */
async function* joined(files: readonly string[], { neurons, seed }: ExamplesHead): AsyncGenerator<NeuronExamples> {
    const shards = files.map((file) => readExamples(file));
    for (let j = 0; j < neurons.length; j++) {
        let sum = noExamples;
        for (const shard of shards)
            sum = joinExamples(sum, ((await shard.next()) as { value: NeuronExamples }).value, seed);
        yield sum;
    }
}
