import type { Shard } from '../activations/Shard.js';
import { deactivation } from '../interventions/Operation.js';
import type { DeactivationMatrix } from './results/DeactivationMatrix.js';
import { checkSettings } from '../settings/checkSetting.js';
import { intervene, interveneOptions, interveneTable, type InterveneOptions, type MeasuredShard } from './intervene.js';

/** The operations that make an intervention a deactivation. */
export const asDeactivation = { operations: [deactivation], command: 'deactivate' };

/** The options of any intervention; the operation is fixed and sets activations to 0. @inline */
export type DeactivateOptions = Omit<InterveneOptions, 'operations' | 'doses' | 'command' | 'shard'>;

/** The matrix, and the time this call took. */
export interface DeactivateResult extends DeactivationMatrix {
    readonly seconds: number;
}

/**
 * A metric in every language with the neurons of every language deactivated (figs. 2, 6-13), and with as many random
 * neurons of the same layers: `intervene` with the one operation.
 * @returns the matrix; of a shard, the file that says that it is done
 * @throws LanguageNeuronsError as `intervene`
 */
export async function deactivate(options: DeactivateOptions & { readonly shard: Shard }): Promise<MeasuredShard>;
export async function deactivate(options: DeactivateOptions): Promise<DeactivateResult>;
export async function deactivate(
    options: DeactivateOptions & Pick<InterveneOptions, 'shard'>,
): Promise<DeactivateResult | MeasuredShard> {
    const { operations: _, doses: _doses, command: _command, ...others } = interveneOptions;
    checkSettings(options, interveneTable, others);
    const { matrices, shards, seconds } = await intervene({ ...options, ...asDeactivation });
    return shards[0] ?? { ...matrices[0]!, seconds };
}
