// Settings that are chosen by name, apart from the code that acts on them, as in engine/choices.ts.

export const perplexityMeans = ['tokens', 'texts'] as const;
/** How the perplexities of several texts become one. */
export type PerplexityMean = (typeof perplexityMeans)[number];
