import { z } from 'zod';
import { factorRange } from '../settings/settings.js';
import { describeRange, isInRange } from '../support/numberRanges.js';
import { interventionOps, type InterventionValue } from './Intervention.js';
import { isNamedValue } from './resolveValue.js';

const number = z.number().refine((value) => isInRange(value, factorRange), {
    error: `is ${describeRange(factorRange)}`,
});
const namedValue = z.custom<Exclude<InterventionValue, number>>(
    (value) => typeof value === 'string' && isNamedValue(value),
    { error: 'is a number, mean, mean:LANG or p90:LANG' },
);
const position = z.number().int();

/** An `Operation` in files. */
export const operationShape = z.strictObject({
    op: z.enum(interventionOps),
    value: z.union([number, namedValue]).optional(),
    strength: number.optional(),
    where: z
        .union([
            z.enum(['prompt', 'response', 'both']),
            z.strictObject({ from: position.optional(), to: position.optional() }),
        ])
        .optional(),
});
