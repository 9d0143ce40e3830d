import type { Intervention } from './Intervention.js';

/** An intervention without its neurons. */
export type Operation = Omit<Intervention, 'neurons'>;

/** Sets activations to 0 at every token, as `deactivate` does. */
export const deactivation: Operation = { op: 'zero' };

/** Whether activations stay as they are: `scale` by 1, `add` of 0, and any operation of strength 0. */
export function changesNothing({ op, value = 1, strength = 1 }: Operation): boolean {
    return strength === 0 || (op === 'scale' && value === 1) || (op === 'add' && value === 0);
}
