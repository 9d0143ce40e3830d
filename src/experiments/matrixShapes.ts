import { z } from 'zod';
import { jsonNumber } from '../files/jsonNumber.js';
import { operationShape } from '../interventions/operationShape.js';
import { byName, nameShape } from '../support/names.js';
import { type MetricName, metricNames } from './DeactivationMatrix.js';

/** Format 3 had null for a perplexity that overflows. */
const number = z.union([jsonNumber, z.null().transform(() => Infinity)]);
const row = z.array(number);
const grid = z.array(row);
const interval = z.tuple([number, number]).nullable();
const share = z.object({ baseline: row, values: grid });
const whole = z.int().nonnegative();
const name = nameShape;
const plainSet = z.object({
    rows: z.array(name).refine(areDistinct),
    columns: z.array(name).refine(areDistinct),
    baseline: row,
    values: grid,
    change: grid,
    control: grid,
    controls: z.array(grid),
    beyondControl: grid,
    intervals: z.object({
        baseline: z.array(interval),
        values: z.array(z.array(interval)),
        change: z.array(z.array(interval)),
        beyondControl: z.array(z.array(interval)),
    }),
    samples: z.array(z.array(z.number().nonnegative())),
    neurons: z.array(whole),
    answers: z.object({ number: share, language: share, untold: share, cut: share.optional() }).optional(),
});

/** A `DeactivationSet`, of which all parts have its rows and columns. */
export const setShape = plainSet.refine((set) => {
    const [rows, columns] = [set.rows.length, set.columns.length];
    const { intervals, answers } = set;
    const shares = Object.values(answers ?? {}).filter((one) => one !== undefined);
    const [lists, grids]: [(readonly unknown[])[], (readonly (readonly unknown[])[])[]] = [
        [set.baseline, intervals.baseline, ...shares.map(({ baseline }) => baseline)],
        [
            ...[set.values, set.change, set.control, set.beyondControl, set.samples, ...set.controls],
            ...[intervals.values, intervals.change, intervals.beyondControl],
            ...shares.map(({ values }) => values),
        ],
    ];
    return (
        set.neurons.length === rows &&
        lists.every(({ length }) => length === columns) &&
        grids.every((one) => one.length === rows && one.every(({ length }) => length === columns))
    );
}, 'rows, columns and cells are not as many as they should be');

/** Whether sets are of languages that a file names. */
export function areOf(
    languages: readonly string[],
    sets: readonly { readonly rows: readonly string[]; readonly columns: readonly string[] }[],
): boolean {
    return sets.every(({ rows, columns }) => [...rows, ...columns].every((language) => languages.includes(language)));
}

function areDistinct(names: readonly string[]): boolean {
    return new Set(names).size === names.length;
}

/** A `MeasuredIntervention`. */
export const measuredShape = {
    metric: z.enum(metricNames as [MetricName, ...MetricName[]]),
    settings: byName(z.union([z.string(), z.number()])),
    languages: z.array(name).refine(areDistinct),
    model: z.object({ name: z.string(), quantization: z.string(), fingerprint: z.string() }).optional(),
    neurons: z.string().optional(),
    operation: operationShape.optional(),
    counted: byName(z.number()).optional(),
    whole: byName(
        z
            .object({ numerators: row, weights: row })
            .refine(({ numerators, weights }) => numerators.length === weights.length),
    ),
    decodedTokens: z.number().nonnegative(),
};
