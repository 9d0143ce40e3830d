// Settings that are chosen by name, apart from the code that acts on them, as in engine/choices.ts.

export const perplexityMeans = ['tokens', 'texts'] as const;
/** How the perplexities of several texts become one. */
export type PerplexityMean = (typeof perplexityMeans)[number];

export const answerJudges = ['number+language', 'number'] as const;
/** What an answer is right by: its number and the language that it is in, or its number alone. */
export type AnswerJudge = (typeof answerJudges)[number];
