import type { CsvTable } from '../../files/csv.js';
import { wholeEstimate } from '../matrices/wholeEstimate.js';
import type { CellInterval, CellTests, DeactivationMatrix, DeactivationSet } from '../results/DeactivationMatrix.js';

const columns = [
    'set',
    'row',
    'column',
    'baseline',
    'value',
    'valueLow',
    'valueHigh',
    'change',
    'changeLow',
    'changeHigh',
    'changeP',
    'changeQ',
    'relative',
    'control',
    'controlRelative',
    'beyondControl',
    'beyondControlLow',
    'beyondControlHigh',
    'beyondControlP',
    'beyondControlQ',
    'samples',
    'neurons',
] as const;

/**
 * `change / baseline` as a fraction; null where either is missing, and of a baseline of 0. Infinite and NaN inputs
 * follow IEEE arithmetic.
 */
export function relativeChange(change: number | null | undefined, baseline: number | null | undefined): number | null {
    // Checked first because null would count as 0 in a division.
    if (change === null || change === undefined || baseline === null || baseline === undefined) return null;
    if (baseline === 0) return null;
    return change / baseline;
}

/** The effect of a change: a fraction of the baseline where a metric's effects are relative, else the change itself. */
export function effectOf(relative: boolean, change: number | null, baseline: number | null): number | null {
    return relative ? relativeChange(change, baseline) : change;
}

/**
 * One line for each cell of a set; `relative` and `controlRelative` are fractions of the baseline, Low and High 95 %
 * limits, P and Q as in `CellTests`.
 */
export function setTable(name: string, set: DeactivationSet): CsvTable {
    const limits = (interval: CellInterval | undefined): (number | null)[] => [
        interval?.[0] ?? null,
        interval?.[1] ?? null,
    ];
    const rows = set.rows.flatMap((row, r) =>
        set.columns.map((column, c) => {
            const [baseline, change, control] = [set.baseline[c]!, set.change[r]![c]!, set.control[r]![c]!];
            return [
                name,
                row,
                column,
                baseline,
                set.values[r]![c]!,
                ...limits(set.intervals.values[r]![c]),
                change,
                ...limits(set.intervals.change[r]![c]),
                ...tested(set.tests.change, r, c),
                relativeChange(change, baseline),
                control,
                relativeChange(control, baseline),
                set.beyondControl[r]![c]!,
                ...limits(set.intervals.beyondControl[r]![c]),
                ...tested(set.tests.beyondControl, r, c),
                set.samples[r]![c]!,
                set.neurons[r]!,
                ...sharesOf(set, r, c),
            ];
        }),
    );
    return { columns: columnsOf(set), rows };
}

function tested({ p, q }: CellTests, r: number, c: number): (number | null)[] {
    return [p[r]?.[c] ?? null, q[r]?.[c] ?? null];
}

/** The shares that stand beside the metric, of the whole model and of the cell. */
function sharesOf({ shares }: DeactivationSet, r: number, c: number): (number | null)[] {
    return Object.values(shares ?? {}).flatMap(({ baseline, values }) => [baseline[c] ?? null, values[r]?.[c] ?? null]);
}

function columnsOf({ shares }: DeactivationSet): readonly string[] {
    return [...columns, ...Object.keys(shares ?? {}).flatMap((share) => [`${share}Baseline`, share])];
}

/** All sets of a matrix, one behind another; without sets, a line for each language of the whole model's `baseline`. */
export function matrixTable(matrix: DeactivationMatrix): CsvTable {
    const { sets } = matrix;
    const [first] = Object.values(sets);
    if (first === undefined) return wholeTable(matrix);
    return {
        columns: columnsOf(first),
        rows: Object.entries(sets).flatMap(([name, set]) => setTable(name, set).rows),
    };
}

function wholeTable(matrix: DeactivationMatrix): CsvTable {
    const rows = matrix.languages.map((language) => {
        const given = { row: language, column: language, baseline: wholeEstimate(matrix, language).value };
        return columns.map((column) => (column in given ? given[column as keyof typeof given] : null));
    });
    return { columns, rows };
}
