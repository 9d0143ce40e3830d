import type { Intervention } from './Intervention.js';

/** What an intervention does, whatever neurons it is done to. */
export type Operation = Omit<Intervention, 'neurons'>;

/** Activations are set to 0 at every token: what `deactivate` does. */
export const deactivation: Operation = { op: 'zero' };
