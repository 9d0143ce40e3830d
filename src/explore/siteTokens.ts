import { shownToken } from '../effects/shownToken.js';
import type { OpenedExamples } from '../examples/examplesFile.js';
import { strongestOf } from '../examples/strongestOf.js';
import type { NeuronTable } from '../neurons/neuronTable.js';
import { blockBytes } from './siteFormat.js';
import { type NeuronTokens, type SiteTokens, tokensPath } from './tokensFormat.js';

/** Bytes that a language's strongest tokens, or those raised, seldom exceed. */
const listBytes = 160;

/**
 * Files of all tokens that are known of neurons. A block is made when it is first asked for, and kept: unpacking the
 * examples of all its neurons takes long.
 * @param table with the strongest tokens and those raised, where they are known
 * @param examples that `table` has the strongest tokens of
 */
export function siteTokens(
    table: NeuronTable,
    examples: OpenedExamples | undefined,
): ReadonlyMap<string, () => Promise<Buffer>> {
    const flats = [...new Set([...(table.strongest?.keys() ?? []), ...(table.raised?.keys() ?? [])])];
    flats.sort((a, b) => a - b);
    const lists = 2 + (examples?.head.languages.length ?? 0);
    const blockNeurons = Math.max(1, Math.floor(blockBytes / (listBytes * lists)));
    const files = new Map<string, () => Promise<Buffer>>();
    for (let first = 0; first < flats.length; first += blockNeurons) {
        const block = flats.slice(first, first + blockNeurons);
        let made: Promise<Buffer> | undefined;
        files.set(tokensPath(files.size), () => (made ??= blockOf(block, table, examples)));
    }
    return files;
}

async function blockOf(
    flats: readonly number[],
    table: NeuronTable,
    examples: OpenedExamples | undefined,
): Promise<Buffer> {
    const neurons: NeuronTokens[] = [];
    for (const flat of flats) {
        const strongest = table.strongest?.get(flat);
        const languages = strongest === undefined ? {} : await strongestByLanguage(flat, table, examples!);
        neurons.push({ flat, strongest, languages, raised: table.raised?.get(flat) });
    }
    return Buffer.from(JSON.stringify({ neurons } satisfies SiteTokens));
}

async function strongestByLanguage(
    flat: number,
    { site, index }: NeuronTable,
    examples: OpenedExamples,
): Promise<NeuronTokens['languages']> {
    const { languages } = await examples.of([site[flat]!, index[flat]!]);
    const lists = Object.entries(languages).map(([language, own]) => {
        const tokens = strongestOf({ languages: { [language]: own } });
        return [language, tokens.map((token) => shownToken(token))] as const;
    });
    return Object.fromEntries(lists);
}
