import { z } from 'zod';

// Parts of what made counts, as files hold them.
export const modelShape = z.object({
    name: z.string(), architecture: z.string(), quantization: z.string(), fingerprint: z.string(), imatrix: z.string().nullable().optional(),
});
export const settingsShape = z.record(z.string(), z.union([z.string(), z.number()]));
export const versionsShape = z.record(z.string(), z.string());
