import { z } from 'zod';

/** A number as `nonFinite` writes it. JSON has no infinity and no NaN: these are strings there. */
export const jsonNumber = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)]);

/** For JSON.stringify: what is no finite number as its name, where plain JSON would make it null. */
export function nonFinite(_key: string, value: unknown): unknown {
    return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
