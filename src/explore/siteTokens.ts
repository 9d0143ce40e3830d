import { shownToken } from '../effects/shownToken.js';
import type { ExamplesHead } from '../examples/examplesFile.js';
import { strongestTokens } from '../examples/strongestTable.js';
import type { NeuronTable } from '../neurons/tables/neuronTable.js';
import { blockBytes } from './siteFormat.js';
import { type NeuronTokens, type SiteTokens, tokensPath } from './tokensFormat.js';

/** Bytes that a language's strongest tokens, or those raised, seldom exceed. */
const listBytes = 160;

/**
 * Files of all tokens that are known of neurons.
 * @param table with the strongest tokens and those raised, where they are known
 * @param examples that `table` has the strongest tokens of
 */
export function siteTokens(table: NeuronTable, examples: ExamplesHead | undefined): ReadonlyMap<string, () => Buffer> {
    const flats = [...new Set([...(table.strongest?.keys() ?? []), ...(table.raised?.keys() ?? [])])];
    flats.sort((a, b) => a - b);
    const languagesOf = languageTokens(table, examples);
    const lists = 2 + (examples?.languages.length ?? 0);
    const blockNeurons = Math.max(1, Math.floor(blockBytes / (listBytes * lists)));
    const files = new Map<string, () => Buffer>();
    for (let first = 0; first < flats.length; first += blockNeurons) {
        const block = flats.slice(first, first + blockNeurons);
        const neurons = (): NeuronTokens[] =>
            block.map((flat) => ({
                flat,
                strongest: table.strongest?.get(flat),
                languages: languagesOf(flat),
                raised: table.raised?.get(flat),
            }));
        files.set(tokensPath(files.size), () =>
            Buffer.from(JSON.stringify({ neurons: neurons() } satisfies SiteTokens)),
        );
    }
    return files;
}

/** The strongest tokens of a neuron in each language that has some. */
function languageTokens(
    { starts }: NeuronTable,
    head: ExamplesHead | undefined,
): (flat: number) => NeuronTokens['languages'] {
    const places = new Map(head?.neurons.map(([site, index], place) => [starts[site]! + index, place]));
    return (flat) => {
        const place = places.get(flat);
        if (head === undefined || place === undefined) return {};
        const lists = head.languages.map((language, k) => [language, strongestTokens(head, place, k)] as const);
        const some = lists.filter(([, tokens]) => tokens.length > 0);
        return Object.fromEntries(some.map(([language, tokens]) => [language, tokens.map((one) => shownToken(one))]));
    };
}
