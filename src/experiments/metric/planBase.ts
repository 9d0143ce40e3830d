import { z } from 'zod';
import { nameShape } from '../../support/names.js';

/** Fields of every metric's plan, beside its name. A matrix needs the plan and the journals alone. */
export const planBase = {
    languages: z
        .array(nameShape)
        .refine((languages) => new Set(languages).size === languages.length)
        .readonly(),
    /** Where texts or questions come from; in files paths are from the file's folder. */
    sources: z.array(z.object({ name: z.string(), path: z.string().optional() })).readonly(),
    /** A hash of all texts or questions. */
    texts: z.string(),
};

/** What a metric measures, as plain data. */
export type MeasurementPlan = z.output<z.ZodObject<typeof planBase>> & {
    readonly metric: string;
    readonly engine?: Readonly<Record<string, string | number>> | undefined;
};
