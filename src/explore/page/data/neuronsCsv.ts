import { csvPieces } from '../../../files/csv.js';
import { type NeuronFileColumn, neuronFileColumns } from '../../../neurons/tables/neuronFileColumns.js';
import type { NeuronRow } from '../../../neurons/tables/neuronRows.js';
import { neuronName } from '../../../neurons/tables/neuronNames.js';
import type { SiteSummary } from '../../siteFormat.js';
import type { ExploredNeurons } from './ExploredNeurons.js';
import { placeOf, startsOf } from './sites.js';

/** Rows between which other questions are answered. */
const groupRows = 5000;

/**
 * Neurons as CSV, with the columns of `neurons --out x.csv` but `stability`, which the page does not know. Scores have
 * the digits of a 32-bit float.
 */
export async function neuronsCsv(neurons: ExploredNeurons, flats: Uint32Array, summary: SiteSummary): Promise<Blob> {
    const { hasExamples, effects } = summary;
    const columns = neuronFileColumns({
        languages: summary.languages.map(({ tag }) => tag),
        strongest: hasExamples ? {} : undefined,
        raised: effects,
    });
    const names = columns.map(({ name }) => name);
    const pieces: string[] = [];
    for (const piece of csvPieces(names, groups(neurons, flats, summary, columns))) {
        pieces.push(piece);
        await new Promise((done) => setTimeout(done));
    }
    return new Blob(pieces, { type: 'text/csv' });
}

function* groups(
    neurons: ExploredNeurons,
    flats: Uint32Array,
    summary: SiteSummary,
    columns: readonly NeuronFileColumn[],
): Generator<(string | number | null)[][]> {
    const starts = startsOf(summary.sites);
    for (let begin = 0; begin < flats.length; begin += groupRows)
        yield Array.from(flats.subarray(begin, begin + groupRows), (flat) => {
            const row = rowOf(neurons, flat, summary, starts);
            return columns.map(({ of }) => of(row));
        });
}

function rowOf(
    neurons: ExploredNeurons,
    flat: number,
    { sites, languages, threshold }: SiteSummary,
    starts: readonly number[],
): NeuronRow {
    const { class: name, score, high, counts, tokens } = neurons.row(flat);
    const known = neurons.tokens.of(flat);
    const { site, expert } = placeOf(flat, sites, starts);
    const { layer, kind } = sites[site]!;
    const index = flat - starts[site]!;
    const isAssessed = !Number.isNaN(score);
    const p = counts.map((count, k) => (!isAssessed ? null : tokens[k] === 0 ? 0 : count / tokens[k]!));
    const byLanguage = <T>(of: (k: number) => T): Record<string, T> =>
        Object.fromEntries(languages.map(({ tag }, k) => [tag, of(k)]));
    return {
        neuron: neuronName(sites, [site, index]),
        ...{ layer, site, kind, expert: kind === 'routed' ? expert : null, index },
        class: name === 'none' ? null : name,
        languages: languages.filter((_, k) => (p[k] ?? 0) > threshold).map(({ tag }) => tag),
        N: high,
        score: isAssessed ? shortest(score) : null,
        strongest: known?.strongest ?? null,
        raised: known?.raised ?? null,
        probability: byLanguage((k) => p[k]!),
        count: byLanguage((k) => counts[k]!),
    };
}

/** The number with the fewest digits that is the same 32-bit float. */
function shortest(value: number): number {
    for (let digits = 6; digits < 9; digits++) {
        const short = Number(value.toPrecision(digits));
        if (Math.fround(short) === value) return short;
    }
    return Number(value.toPrecision(9));
}
