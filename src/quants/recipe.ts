import type { ValueOf } from '../settings/Setting.js';
import type { quantsTable } from '../settings/settings.js';
import { keyOf } from '../support/keyOf.js';

/** A type of quantized file, as llama-quantize names it. */
export type QuantType = ValueOf<typeof quantsTable.make>[number];

/** What a file is made of, and how. */
export interface Recipe {
    /** Fingerprint of the model. */
    readonly reference: string;
    readonly type: QuantType;
    /** Key of the importance matrix; undefined: without one. */
    readonly imatrix: string | undefined;
    /** Release of llama.cpp. */
    readonly release: string;
}

/** Where a made file's metadata hold the key of its recipe. */
export const recipeField = 'language_neurons.quantize.recipe';

/** Files with the same one have the same weights. */
export function keyOfRecipe({ reference, type, imatrix, release }: Recipe): string {
    return keyOf({ reference, type, imatrix, release });
}
