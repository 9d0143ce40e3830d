import { z } from 'zod';
import { jsonNumber } from '../files/jsonNumber.js';
import { operationShape } from '../interventions/operationShape.js';
import { type MetricName, metricNames } from './DeactivationMatrix.js';

/** Format 3 had null for a perplexity that overflows. */
const number = z.union([jsonNumber, z.null().transform(() => Infinity)]);
const row = z.array(number);
const grid = z.array(row);
const interval = z.tuple([number, number]).nullable();
const share = z.object({ baseline: row, values: grid });
/** A `DeactivationSet`. */
export const setShape = z.object({
    rows: z.array(z.string()),
    columns: z.array(z.string()),
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
    samples: grid,
    neurons: z.array(z.number().int()),
    answers: z.object({ number: share, language: share, untold: share, cut: share.optional() }).optional(),
});

/** A `MeasuredIntervention`. */
export const measuredShape = {
    metric: z.enum(metricNames as [MetricName, ...MetricName[]]),
    settings: z.record(z.string(), z.union([z.string(), z.number()])),
    languages: z.array(z.string()),
    model: z.object({ name: z.string(), quantization: z.string(), fingerprint: z.string() }).optional(),
    neurons: z.string().optional(),
    operation: operationShape.optional(),
    counted: z.record(z.string(), z.number()).optional(),
    whole: z.record(z.string(), z.object({ numerators: row, weights: row })),
    decodedTokens: z.number(),
};
