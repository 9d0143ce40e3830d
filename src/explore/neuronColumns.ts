import type { Activations } from '../activations/Activations.js';
import { toNumbers } from '../activations/toNumbers.js';
import type { NeuronAnalysis } from '../neurons/analysis/NeuronAnalysis.js';
import { isHigh } from '../neurons/tables/neuronRows.js';
import type { NeuronTable } from '../neurons/tables/neuronTable.js';
import {
    blockBytes,
    blockPath,
    blocksOf,
    type ColumnArray,
    type ColumnSpec,
    type ColumnType,
    columnTypes,
    wordsFor,
} from './siteFormat.js';

const isBigEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;

/** The columns of `SiteSummary`, of all neurons of a model. */
export interface NeuronColumns {
    readonly classified: Column;
    readonly scores: Column;
    readonly counts: Column;
    readonly routed?: Column;
}

/** @param activations those that the table and the analysis were made from */
export function neuronColumns(
    table: NeuronTable,
    { routed = [] }: Activations,
    { experts }: NeuronAnalysis,
): NeuronColumns {
    const l = table.languages.length;
    const through = Float64Array.from(routed.flatMap((site) => Array.from(toNumbers(site))));
    return {
        classified: columnOf('classified', classifiedNeurons(table), 2 + wordsFor(l)),
        scores: columnOf('scores', Float32Array.from(table.score)),
        counts: columnOf('counts', narrowed(table.count), l),
        ...(experts?.probability === 'conditional' ? { routed: columnOf('routed', narrowed(through), l) } : {}),
    };
}

/** uint32 [classified neurons, 2 + words], by flat index; see `SiteSummary`. */
function classifiedNeurons(table: NeuronTable): Uint32Array {
    const l = table.languages.length;
    const width = 2 + wordsFor(l);
    const flats = [...table.class.keys()].filter((flat) => table.class[flat] !== 0);
    const rows = new Uint32Array(flats.length * width);
    for (const [i, flat] of flats.entries()) {
        rows.set([flat, table.class[flat]!], i * width);
        for (let k = 0; k < l; k++) {
            if (isHigh(table, flat, k)) rows[i * width + 2 + (k >> 5)]! |= 1 << (k & 31);
        }
    }
    return rows;
}

/** A column and its blocks. */
export interface Column {
    readonly spec: ColumnSpec;
    /** Little-endian bytes of each block, by its path; made when they are asked for. */
    readonly blocks: ReadonlyMap<string, () => Buffer>;
}

/** @param data `[rows, width]`, row-major */
function columnOf(name: string, data: ColumnArray, width = 1): Column {
    const type = (Object.keys(columnTypes) as ColumnType[]).find((one) => data instanceof columnTypes[one])!;
    const blockRows = Math.max(1, Math.floor(blockBytes / (width * data.BYTES_PER_ELEMENT)));
    const spec: ColumnSpec = { name, type, rows: data.length / width, width, blockRows };
    const blocks = new Map<string, () => Buffer>();
    for (let block = 0; block < blocksOf(spec); block++) {
        const part = data.subarray(block * blockRows * width, (block + 1) * blockRows * width);
        blocks.set(blockPath(spec, block), () => littleEndian(part));
    }
    return { spec, blocks };
}

/** The narrowest unsigned type that holds all counts; doubles beyond 2^32. */
function narrowed(counts: Float64Array): ColumnArray {
    let most = 0;
    for (const count of counts) if (count > most) most = count;
    if (most < 2 ** 16) return Uint16Array.from(counts);
    return most < 2 ** 32 ? Uint32Array.from(counts) : counts;
}

function littleEndian(part: ColumnArray): Buffer {
    const bytes = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    if (!isBigEndian || part.BYTES_PER_ELEMENT === 1) return bytes;
    const swapped = Buffer.from(bytes);
    return { 2: () => swapped.swap16(), 4: () => swapped.swap32(), 8: () => swapped.swap64() }[
        part.BYTES_PER_ELEMENT as 2 | 4 | 8
    ]();
}
