import { z } from 'zod';
import { byName } from '../support/names.js';

// Parts of what made counts, as files hold them.
export const modelShape = z.object({
    name: z.string(),
    architecture: z.string(),
    quantization: z.string(),
    fingerprint: z.string(),
    imatrix: z.string().nullable().optional(),
});
export const settingsShape = byName(z.union([z.string(), z.number()]));
export const versionsShape = byName(z.string());
export const sitesShape = z
    .array(
        z.object({
            layer: z.int().nonnegative(),
            kind: z.enum(['dense', 'shared', 'routed']),
            width: z.int().positive(),
            experts: z.int().positive(),
            activation: z.string().optional(),
            gated: z.boolean().optional(),
        }),
    )
    .min(1);
