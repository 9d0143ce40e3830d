import { type ActivationValues, readValues } from '../activations/ActivationValues.js';
import type { Operation } from './Operation.js';
import { needsValues } from './resolveValue.js';

/**
 * Reads the values of a run folder's counts, if one of the interventions needs them.
 * @throws LanguageNeuronsError as `readValues`
 */
export async function valuesFor(
    operations: readonly Operation[],
    folder: string,
): Promise<ActivationValues | undefined> {
    return needsValues(operations) ? readValues(folder) : undefined;
}
