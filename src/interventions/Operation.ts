import type { Intervention } from './Intervention.js';

/** What an intervention does, whatever neurons it is done to. */
export type Operation = Omit<Intervention, 'neurons'>;

/** Activations are set to 0 at every token: what `deactivate` does. */
export const deactivation: Operation = { op: 'zero' };

/** Whether neurons stay what they are: under `scale` by 1, `add` of 0, and whatever has no strength. */
export function changesNothing({ op, value = 1, strength = 1 }: Operation): boolean {
    return strength === 0 || (op === 'scale' && value === 1) || (op === 'add' && value === 0);
}
