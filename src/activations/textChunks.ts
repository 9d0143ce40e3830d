import type { Sample } from '../corpus/Corpus.js';

/**
 * Characters of text between two savings of a part. Chosen by text, not by time, so that a run that was stopped and
 * continued, and shards together, pack the same batches as one that was not, and end with the same file.
 */
const chunkCharacters = 65_536;

/** Some texts of a language in a row. */
export interface TextChunk {
    readonly samples: readonly Sample[];
    readonly characters: number;
    /** Place of the first among the texts that go to the same part. */
    readonly begin: number;
}

/** What gets chunks. */
export interface ChunkedPart {
    /** Texts that it has already. */
    readonly skip: number;
}

/**
 * Deals samples to the parts in turn, in chunks of at least `chunkCharacters`: those of this shard, by their numbers,
 * but for what each part has already.
 */
export async function* textChunks<Part extends ChunkedPart>(
    samples: AsyncIterable<Sample>,
    parts: readonly Part[],
    isOwnChunk: (chunk: number) => boolean,
): AsyncGenerator<TextChunk & { readonly to: Part }> {
    const open = parts.map((to) => ({
        ...{ to, samples: [] as Sample[], characters: 0, begin: 0 },
        ...{ number: 0, left: to.skip },
    }));
    let index = 0;
    for await (const sample of samples) {
        const group = open[index++ % parts.length]!;
        group.samples.push(sample);
        group.characters += sample.prompt.length + sample.response.length;
        if (group.characters < chunkCharacters) continue;
        const { to, samples: own, characters, begin } = group;
        if (takes(group, isOwnChunk)) yield { to, samples: own, characters, begin };
        Object.assign(group, { samples: [], characters: 0, begin: begin + own.length, number: group.number + 1 });
    }
    for (const group of open) if (group.samples.length > 0 && takes(group, isOwnChunk)) yield group;
}

/** Whether a chunk is this shard's and not there yet. */
function takes(
    group: { readonly samples: readonly Sample[]; readonly number: number; left: number },
    isOwnChunk: (chunk: number) => boolean,
): boolean {
    if (!isOwnChunk(group.number)) return false;
    const there = group.left >= group.samples.length;
    if (there) group.left -= group.samples.length;
    return !there;
}
