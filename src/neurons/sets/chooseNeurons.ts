import { wrongUse } from '../../errors.js';
import { checkSettings } from '../../settings/checkSetting.js';
import type { OptionsOf } from '../../settings/Setting.js';
import { neuronsTable } from '../../settings/settings.js';
import { neuronClasses } from '../analysis/NeuronAnalysis.js';
import { neuronNamed } from '../tables/neuronNames.js';
import { isHigh } from '../tables/neuronRows.js';
import { analysedLanguage } from './neuronsOf.js';
import type { NeuronTable } from '../tables/neuronTable.js';

/** See `neuronsTable`. */
export type NeuronFilter = OptionsOf<typeof neuronsTable>;

/**
 * The rows of a table that a filter leaves, in its order.
 * @throws LanguageNeuronsError WRONG_USE; NOT_FOUND for a language that was not analysed
 */
export function chooseNeurons(table: NeuronTable, filter: NeuronFilter = {}): Uint32Array {
    checkSettings(filter, neuronsTable, {});
    const { language, and = [], neurons, limit } = filter;
    const { class: kinds = neurons === undefined ? ['specific', 'related'] : neuronsTable.class.choices } = filter;
    const named = neurons && new Set(neurons.map((name) => rowNamed(table, name)));
    const highIn = [...(language === undefined ? [] : [language]), ...and].map((tag) =>
        table.languages.indexOf(analysedLanguage(table, tag)),
    );
    const classes = kinds.map((kind) => (kind === 'none' ? 0 : 1 + neuronClasses.indexOf(kind)));
    const [first, last] = layerRange(filter.layer);
    const layers = table.sites.map(({ layer }) => layer);
    const chosen = new Uint32Array(table.site.length);
    let n = 0;
    for (let row = 0; row < chosen.length; row++) {
        const layer = layers[table.site[row]!]!;
        if (!classes.includes(table.class[row]!) || layer < first || layer > last) continue;
        if (named !== undefined && !named.has(row)) continue;
        if (highIn.every((k) => isHigh(table, row, k))) chosen[n++] = row;
    }
    return sorted(table, chosen.slice(0, n), filter.sort, highIn[0]).slice(0, limit);
}

function rowNamed({ sites, starts }: NeuronTable, name: string): number {
    const [site, index] = neuronNamed(sites, name);
    return starts[site]! + index;
}

/** Sorts by a column, best first: lowest score, or largest number. Ties stay in order, and NaN comes last. */
function sorted(
    table: NeuronTable,
    rows: Uint32Array,
    sort: NeuronFilter['sort'] = neuronsTable.sort.default,
    k: number | undefined,
): Uint32Array {
    const l = table.languages.length;
    const of = (values: Float64Array, row: number): number =>
        k === undefined ? Math.max(...values.subarray(row * l, (row + 1) * l)) : values[row * l + k]!;
    const keys: Record<Exclude<typeof sort, 'place'>, (row: number) => number> = {
        score: (row) => table.score[row]!,
        probability: (row) => -of(table.probability, row),
        count: (row) => -of(table.count, row),
        languages: (row) => -table.high[row]!,
        stability: (row) => -(table.stability?.[row] ?? Number.NaN),
    };
    if (sort === 'place') return rows;
    const key = Float64Array.from(rows, keys[sort]).map((value) => (Number.isNaN(value) ? Infinity : value));
    const order = rows.map((_, i) => i).sort((a, b) => (key[a] === key[b] ? a - b : key[a]! - key[b]!));
    return order.map((i) => rows[i]!);
}

/** `20..30`, `20..`, `..30` or `20`; without one, all layers. */
function layerRange(text: string | undefined): readonly [first: number, last: number] {
    if (text === undefined) return [0, Infinity];
    const [, from = '', range, to = ''] = /^\s*(\d*)\s*(\.\.)?\s*(\d*)\s*$/.exec(text) ?? [];
    const [first, last] = [Number(from), range === undefined ? Number(from) : to === '' ? Infinity : Number(to)];
    if ((from === '' && to === '') || (range === undefined && to !== '') || first > last) {
        throw wrongUse(
            `\`layer\` takes a layer, such as 20, or a range of them, such as 20..30, not ${JSON.stringify(text)}`,
        );
    }
    return [first, last];
}
