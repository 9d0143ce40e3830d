import { deactivation } from '../interventions/Operation.js';
import type { DeactivationMatrix } from './DeactivationMatrix.js';
import { intervene, type InterveneOptions } from './intervene.js';

/** What makes an intervention a deactivation. */
export const asDeactivation = { operations: [deactivation], command: 'deactivate' };

/** As of any intervention: this is the one that sets activations to 0. */
export type DeactivateOptions = Omit<InterveneOptions, 'operations' | 'doses' | 'command'>;

/** The matrix, and the time this call took. */
export interface DeactivateResult extends DeactivationMatrix {
    readonly seconds: number;
}

/**
 * Perplexity or accuracy in every language with the neurons of every language deactivated (figs. 2,
 * 6-13), and with as many random neurons of the same layers: `intervene` with the one operation.
 * @throws LanguageNeuronsError as `intervene`
 */
export async function deactivate(options: DeactivateOptions): Promise<DeactivateResult> {
    const { matrices, seconds } = await intervene({ ...options, ...asDeactivation });
    return { ...matrices[0]!, seconds };
}
