import type { ValueOf } from '../../settings/Setting.js';
import { accuracyTable, perplexityTable } from '../../settings/settings.js';

export const perplexityMeans = perplexityTable.mean.choices;
/** How the perplexities of several texts become one. */
export type PerplexityMean = ValueOf<typeof perplexityTable.mean>;

export const answerJudges = accuracyTable.judge.choices;
/** What makes an answer right: its number and its language, or its number alone. */
export type AnswerJudge = ValueOf<typeof accuracyTable.judge>;
