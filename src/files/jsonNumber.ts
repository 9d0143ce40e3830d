import { z } from 'zod';

/** A number as `nonFinite` writes it. JSON has no infinity and no NaN: these are strings there. */
export const jsonNumber = z.union([z.number(), z.literal(['NaN', 'Infinity', '-Infinity']).transform(Number)]);
