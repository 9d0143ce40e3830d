import { type ActivationValues, readValues } from '../activations/ActivationValues.js';
import type { Operation } from './Operation.js';
import { needsValues } from './resolveValue.js';

/**
 * The values of a run folder's counts, where any of these interventions takes some.
 * @throws LanguageNeuronsError as `readValues`
 */
export async function valuesFor(
    operations: readonly Operation[],
    folder: string,
): Promise<ActivationValues | undefined> {
    return needsValues(operations) ? readValues(folder) : undefined;
}
