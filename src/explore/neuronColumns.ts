import type { Activations } from '../activations/Activations.js';
import { toNumbers } from '../activations/toNumbers.js';
import type { NeuronAnalysis } from '../neurons/NeuronAnalysis.js';
import { isHigh } from '../neurons/neuronRows.js';
import type { NeuronTable } from '../neurons/neuronTable.js';
import { type Column, columnOf, narrowed } from './columns.js';
import { wordsFor } from './siteFormat.js';

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
