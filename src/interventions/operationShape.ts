import { z } from 'zod';
import { interventionOps } from './Intervention.js';

const number = z.number().refine(Number.isFinite);
const position = z.number().int();

/** An `Operation` in files. */
export const operationShape = z.strictObject({
    op: z.enum(interventionOps),
    value: number.optional(),
    strength: number.optional(),
    where: z
        .union([
            z.enum(['prompt', 'response', 'both']),
            z.strictObject({ from: position.optional(), to: position.optional() }),
        ])
        .optional(),
});
