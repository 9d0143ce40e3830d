// Settings that are chosen by name, apart from the code that acts on them, as in engine/choices.ts.

export const identifyMethods = ['paper', 'lape'] as const;
/** How neurons are scored: the paper's score with its weight λ, or LAPE's entropy alone. */
export type IdentifyMethod = (typeof identifyMethods)[number];

export const probabilityNames = ['conditional', 'joint'] as const;
/** The tokens that an expert's neurons are measured by: those that went through the expert, or all. */
export type ProbabilityName = (typeof probabilityNames)[number];
