import { z } from 'zod';
import { jsonNumber } from '../../files/jsonNumber.js';
import { operationShape } from '../../interventions/operationShape.js';
import { neuronSetNames } from '../../neurons/sets/neuronSets.js';
import type { DeepReadonly } from '../../support/DeepReadonly.js';
import { byName, nameShape } from '../../support/names.js';

/** [rows][columns] */
export type Grid<T = number> = readonly (readonly T[])[];

const list = z.array(jsonNumber);
const grid = z.array(list);
const interval = z.tuple([jsonNumber, jsonNumber]).nullable();
const names = z.array(nameShape).refine((given) => new Set(given).size === given.length, 'a name occurs twice');

/** 95 % interval; null for fewer than 3 texts, or one question. */
export type CellInterval = DeepReadonly<z.output<typeof interval>>;

const test = z.object({
    /** Two-sided; null where the samples tell nothing, or nothing was changed. */
    p: z.array(z.array(z.number().min(0).max(1).nullable())),
    /** Benjamini and Hochberg's, over all cells of the set that have a p. */
    q: z.array(z.array(z.number().min(0).max(1).nullable())),
});
/** What tells a difference from chance, in each cell. */
export interface CellTests extends DeepReadonly<z.output<typeof test>> {}

const spread = z.object({
    /**
     * Standard deviation of the `beyondControl` of one text or question of mean weight, on the scale of the test; null
     * where it is not known. [rows][columns]
     */
    deviation: z.array(z.array(z.number().nonnegative().nullable())),
    /** Texts or questions. Length columns. */
    units: z.array(z.int().nonnegative()),
    /** How many of equal weight say as much. Length columns. */
    effective: z.array(z.number().nonnegative()),
});
/** How much the texts or questions differ in what they say, from which the power of the tests follows. */
export interface SetSpread extends DeepReadonly<z.output<typeof spread>> {}

const shareShape = z.object({
    /** Length columns. */
    baseline: list,
    values: grid,
});
/** A share that stands beside a metric, of answers or of tokens: the whole model's, and that of each cell. */
export interface Share extends DeepReadonly<z.output<typeof shareShape>> {}

const languageCounts = byName(z.int().positive());
/** How many answers are in each language. */
export type LanguageCounts = Readonly<Record<string, number>>;

/** All parts have its rows and columns. */
export const setShape = z
    .object({
        rows: names,
        columns: names,
        /** Metric of the whole model in each column's language. Length columns. */
        baseline: list,
        /** Metric with row r's neurons changed. */
        values: grid,
        /** values − baseline. */
        change: grid,
        /** values − baseline for as many random neurons of the same sites, averaged over the seeds. */
        control: grid,
        /** The same for each seed, [seeds][rows][columns]. */
        controls: z.array(grid),
        /** change − control: the effect of the row's neurons beyond that of their number. */
        beyondControl: grid,
        /**
         * 95 % intervals by the metric's method; see `Intervals`. Paired: both sides of a difference are taken on
         * the same texts or questions.
         */
        intervals: z.object({
            baseline: z.array(interval),
            values: z.array(z.array(interval)),
            change: z.array(z.array(interval)),
            beyondControl: z.array(z.array(interval)),
        }),
        /** p and q of two of the differences, from the same samples as their intervals. */
        tests: z.object({ change: test, beyondControl: test }),
        spread,
        /** Scored tokens, or questions, behind each cell. */
        samples: z.array(z.array(z.number().nonnegative())),
        /** Neurons changed in each row. Length rows. */
        neurons: z.array(z.int().nonnegative()),
        /** By the names that the metric gives them; see `MetricWords.shares`. */
        shares: byName(shareShape).optional(),
        /** For languages of answers: how many answers are in another language than the one asked, by language. */
        instead: z
            .object({
                /** Length columns. */
                baseline: z.array(languageCounts),
                values: z.array(z.array(languageCounts)),
            })
            .optional(),
    })
    .refine((set) => {
        const [rows, columns] = [set.rows.length, set.columns.length];
        const { intervals, instead, tests, spread } = set;
        const shares = Object.values(set.shares ?? {});
        const [lists, grids]: [(readonly unknown[])[], (readonly (readonly unknown[])[])[]] = [
            [
                set.baseline,
                intervals.baseline,
                ...shares.map(({ baseline }) => baseline),
                instead?.baseline ?? set.columns,
                ...[spread.units, spread.effective],
            ],
            [
                ...[set.values, set.change, set.control, set.beyondControl, set.samples, ...set.controls],
                ...[intervals.values, intervals.change, intervals.beyondControl],
                ...shares.map(({ values }) => values),
                ...Object.values(tests).flatMap(({ p, q }) => [p, q]),
                ...(instead === undefined ? [] : [instead.values]),
                spread.deviation,
            ],
        ];
        return (
            set.neurons.length === rows &&
            lists.every(({ length }) => length === columns) &&
            grids.every((one) => one.length === rows && one.every(({ length }) => length === columns))
        );
    }, 'the numbers of rows, columns and cells do not agree');
/**
 * One matrix of an experiment (of deactivation: figs. 2, 6-13). Row r: the language whose neurons are deactivated, or
 * changed in another way; column c: the language evaluated.
 */
export interface DeactivationSet extends DeepReadonly<z.output<typeof setShape>> {}

const unitsShape = z
    .object({
        /** The metric is made of the sum of these, */
        numerators: list,
        /** over the sum of these. */
        weights: list,
    })
    .refine(
        ({ numerators, weights }) => numerators.length === weights.length,
        'the numerators and weights differ in number',
    );
/** The whole model on each text or question of a language; a comparison of two models pairs these. */
export interface WholeModelUnits extends DeepReadonly<z.output<typeof unitsShape>> {}

export const measuredModelShape = z.object({ name: z.string(), quantization: z.string(), fingerprint: z.string() });
/** The model that was measured. */
export interface MeasuredModel extends DeepReadonly<z.output<typeof measuredModelShape>> {}

export const heldOutShape = z.object({
    /** The fold that was left out, 1-based: its texts were measured. Neurons were found anew on the others. */
    fold: z.int().positive(),
    /** Number of folds. */
    of: z.int().min(2),
    /** Hash of the neurons that were found and changed; see `neuronsDigest`. */
    neurons: z.string(),
});
/** Which texts the changed neurons were not found on. */
export interface HeldOut extends DeepReadonly<z.output<typeof heldOutShape>> {}

export const measuredShape = z.object({
    /** Its name; see `metrics`. */
    metric: z.string(),
    /** How it was measured: settings of the metric, by name. */
    settings: byName(z.union([z.string(), z.number()])),
    /** The model that was measured. */
    model: measuredModelShape,
    /** The model that the neurons were found in, where it is another one than was measured. */
    foundIn: measuredModelShape.optional(),
    /** Hash of the neurons of its analysis; see `neuronsDigest`. */
    neurons: z.string(),
    /** The operation on the neurons; see `isDeactivation`. */
    operation: operationShape,
    /** By language, the share of its texts or questions that neurons were found on too; absent where none was. */
    counted: byName(z.number()).optional(),
    /** Absent: the neurons are those of `neurons`, and all texts or questions were measured. */
    heldOut: heldOutShape.optional(),
    languages: names,
    /** By language. */
    whole: byName(unitsShape),
    /** Tokens that the model computed for all cells, now or earlier. */
    decodedTokens: z.number().nonnegative(),
});
/** What was measured, and on which model; matrices and dose curves share it. */
export interface MeasuredIntervention extends DeepReadonly<z.output<typeof measuredShape>> {}

export const matrixShape = measuredShape
    .extend({ sets: z.partialRecord(z.enum(neuronSetNames), setShape) })
    .refine(
        ({ languages, sets }) => areOf(languages, Object.values(sets)),
        'a row or column is not one of its languages',
    );
/** What `ppl.matrix.json`, `accuracy.matrix.json` or, of another operation, `ppl.scale-0.5.matrix.json` holds. */
export interface DeactivationMatrix extends DeepReadonly<z.output<typeof matrixShape>> {}

/** Whether the languages of the sets are those that the file names. */
export function areOf(
    languages: readonly string[],
    sets: readonly { readonly rows: readonly string[]; readonly columns: readonly string[] }[],
): boolean {
    return sets.every(({ rows, columns }) => [...rows, ...columns].every((language) => languages.includes(language)));
}
