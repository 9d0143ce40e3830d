import { notTold } from './CheckResult.js';

/** What a check of specific neurons says where the analysis has none. */
export const nothingSpecific = notTold('The analysis has no specific neurons, so that there is nothing to compare.');
