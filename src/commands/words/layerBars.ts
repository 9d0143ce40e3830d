import { analysisSites, layerSizes, type NeuronAnalysis } from '../../neurons/analysis/NeuronAnalysis.js';
import { neuronsOf } from '../../neurons/sets/neuronsOf.js';
import { mean, sum } from '../../support/averages.js';
import { formatCount } from '../../support/format.js';
import { widthOf } from '../../support/textWidth.js';

/** From no neuron to as many as the fullest bar has. */
const heights = [...' ▁▂▃▄▅▆▇█'];
/** Columns of a bar in a model of few layers, and of the space between two. */
const [widest, gap] = [4, 1];

/**
 * A bar for each language and layer: how many specific and related neurons the language has there. A line for each
 * language, with its neurons in all at the end. Where there are more layers than columns, a bar is the mean of
 * neighbours.
 * @param width columns of the terminal
 */
export function layerBars(analysis: NeuronAnalysis, width: number): string[] {
    const { languages } = analysis;
    const rows = languages.map((language) => neuronsByLayer(analysis, language));
    const totals = rows.map((row) => formatCount(sum(row)));
    const size = Math.max(...totals.map(widthOf));
    const heading = 'layer';
    const labels = Math.max(...[heading, ...languages].map(widthOf)) + 1;
    const columns = Math.max(1, width - labels - size - 1);
    const layers = rows[0]!.length;
    const together = Math.ceil(layers / columns);
    const bars = rows.map((row) => means(row, together));
    const most = Math.max(1, ...bars.flat());
    const cell = Math.min(widest + gap, Math.max(1, Math.floor(columns / bars[0]!.length)));
    const lineOf = (label: string, cells: string, end = ''): string =>
        `${label}${' '.repeat(labels - widthOf(label))}${cells} ${end}`.trimEnd();
    return [
        `specific and related neurons by layer; ${heights.at(-1)!} is ${formatCount(Math.ceil(most))}`,
        lineOf(heading, layerNumbers(bars[0]!.length, together, cell)),
        ...languages.map((language, r) =>
            lineOf(language, bars[r]!.map((neurons) => bar(neurons / most, cell)).join(''), totals[r]!.padStart(size)),
        ),
    ];
}

function neuronsByLayer(analysis: NeuronAnalysis, language: string): number[] {
    const sites = analysisSites(analysis);
    const found = layerSizes(sites).map(() => 0);
    for (const [site] of neuronsOf(analysis, language, 'specific+related')) found[sites[site]!.layer]! += 1;
    return found;
}

/** The means of so many neighbours each. */
function means(row: readonly number[], together: number): number[] {
    return Array.from({ length: Math.ceil(row.length / together) }, (_, i) => {
        const neighbours = row.slice(i * together, (i + 1) * together);
        return mean(neighbours)!;
    });
}

/** Any neurons are seen: only none is blank. */
function bar(share: number, cell: number): string {
    const height = heights[Math.ceil(share * (heights.length - 1))]!;
    return cell <= gap ? height : height.repeat(cell - gap) + ' '.repeat(gap);
}

/** The layer that a bar begins with, where there is space for its number. */
function layerNumbers(bars: number, together: number, cell: number): string {
    let line = '';
    for (let i = 0; i < bars; i++) {
        const number = String(i * together);
        const isFree = i === 0 || line.length < i * cell;
        if (isFree && i * cell + number.length <= bars * cell) line = line.padEnd(i * cell) + number;
    }
    return line.padEnd(bars * cell);
}
