import { metricNames } from '../experiments/metrics.js';

// Settings that are chosen by name, apart from the code that acts on them, as in engine/choices.ts.

export const cleanKinds: readonly string[] = ['counts', ...metricNames, 'report'];
/** What of a run folder to remove: what was kept so that work is not done twice, by kind, and what was made of it. */
export type CleanKind = string;
