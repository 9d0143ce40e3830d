import type { ValueOf } from '../../settings/Setting.js';
import { identifyTable } from '../../settings/settings.js';

export const identifyMethods = identifyTable.method.choices;
/** How neurons are scored: the paper's score with its weight λ, or LAPE's entropy alone. */
export type IdentifyMethod = ValueOf<typeof identifyTable.method>;

export const probabilityNames = identifyTable.probability.choices;
/** The tokens that an expert's neurons are measured by: those that went through the expert, or all. */
export type ProbabilityName = ValueOf<typeof identifyTable.probability>;
