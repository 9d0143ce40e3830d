import { z } from 'zod';
import { jsonNumber } from '../files/jsonNumber.js';
import type { DeepReadonly } from '../support/DeepReadonly.js';

/**
 * What a check says of a finding: it holds; there is reason to doubt it; it fails; or the check cannot tell, since what
 * it needs is not there.
 */
const verdicts = ['holds', 'doubtful', 'fails', 'not told'] as const;
export type Verdict = (typeof verdicts)[number];

/** How numbers are written: `0.031` as 3.1 %, a whole number, a number, a relative change as +3.1 %. */
const numberForms = ['share', 'count', 'number', 'change'] as const;
export type NumberForm = (typeof numberForms)[number];

const form = z.enum(numberForms);
const value = jsonNumber.nullable();
/** 95 % interval. */
const interval = z.tuple([jsonNumber, jsonNumber]);

const numberShape = z.object({
    /** What it is, in a few words. */
    name: z.string(),
    value,
    interval: interval.optional(),
    form,
});

export interface CheckNumber extends DeepReadonly<z.output<typeof numberShape>> {}

const tableShape = z.object({
    columns: z.array(z.string()).min(1),
    rows: z.array(z.array(z.union([z.string(), value]))),
});

const bars = z.object({
    form: z.literal('bars'),
    /** Title of the axis of values, and how they are written. */
    title: z.string(),
    numbers: form,
    /** From above; bars of one group have one colour and stand in the legend, where there are several groups. */
    bars: z.array(z.object({ label: z.string(), group: z.string(), value, interval: interval.optional() })).min(1),
});
const grid = z.object({
    form: z.literal('grid'),
    title: z.string(),
    numbers: form,
    rowTitle: z.string(),
    columnTitle: z.string(),
    rows: z.array(z.string()).min(1),
    columns: z.array(z.string()).min(1),
    /** [rows, columns]; null: not measured. */
    values: z.array(z.array(value)),
    /** Cells, as [row, column], that are outlined. */
    outlined: z.array(z.tuple([z.int(), z.int()])),
    /** Cells that are grey, though they have a number: not to be told from chance. */
    grey: z.array(z.tuple([z.int(), z.int()])),
});
const lines = z.object({
    form: z.literal('lines'),
    xTitle: z.string(),
    xLog: z.boolean(),
    yTitle: z.string(),
    numbers: form,
    lines: z
        .array(
            z.object({
                label: z.string(),
                points: z.array(z.object({ x: jsonNumber, y: jsonNumber, interval: interval.optional() })),
            }),
        )
        .min(1),
});
const figureShape = z.discriminatedUnion('form', [bars, grid, lines]);
/** What the figure of a check shows. The report draws each of these forms. */
export type CheckFigure = DeepReadonly<z.output<typeof figureShape>>;
export type BarsFigure = DeepReadonly<z.output<typeof bars>>;
export type GridFigure = DeepReadonly<z.output<typeof grid>>;
export type LinesFigure = DeepReadonly<z.output<typeof lines>>;

const findingShape = z.object({
    verdict: z.enum(verdicts),
    /** What was found and what follows from it, in one to three sentences. Settings stand in backticks. */
    sentence: z.string(),
    /** The numbers that the verdict rests on, the first the most important. */
    numbers: z.array(numberShape),
    /** All numbers, a row each. Absent: there are none. */
    table: tableShape.optional(),
    /** How the figure is read, in a sentence or two. */
    caption: z.string().optional(),
    figure: figureShape.optional(),
});
/** What a check's `run` returns. */
export interface Finding extends DeepReadonly<z.output<typeof findingShape>> {}

/** What is found where a check cannot tell. @param sentence what is missing, and what to do */
export function notTold(sentence: string): Finding {
    return { verdict: 'not told', sentence, numbers: [] };
}

export const checkResultShape = findingShape.extend({
    /** Name of the check, and of its file. */
    name: z.string(),
    question: z.string(),
    /** What it took, with earlier sessions that were stopped before its end. */
    seconds: z.number(),
    /** Identity of all that shaped it; a check of the same identity is not computed again. */
    key: z.string(),
    /** What it was computed from. */
    source: z.object({
        /** See `countsDigest` and `neuronsDigest`. */
        counts: z.string(),
        neurons: z.string(),
        /** Its settings. */
        settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])),
        /** Fingerprint of the model. Absent: it needed none. */
        model: z.string().optional(),
        /** Names of the texts. Absent: it needed none. */
        data: z.array(z.string()).optional(),
    }),
});
/** A finished check: what `checks/NAME.json` holds. */
export interface CheckResult extends DeepReadonly<z.output<typeof checkResultShape>> {}
