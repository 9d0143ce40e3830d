import { z } from 'zod';

/** Where texts or questions come from; in files paths are from the file's folder. */
export const sourcesShape = z.array(z.object({ name: z.string(), path: z.string().optional() })).readonly();
