import type { AnswerShare, DeactivationSet } from '../results/DeactivationMatrix.js';
import type { AnswerShareWords, MetricWords } from './Metric.js';

/** The shares beside the metric that a set has, with the words of its metric, in the metric's order. */
export function shownShares(
    { answers }: Pick<DeactivationSet, 'answers'>,
    { shares = [] }: Pick<MetricWords, 'shares'>,
): { readonly words: AnswerShareWords; readonly share: AnswerShare }[] {
    return shares.flatMap((words) => {
        const share = answers?.[words.name];
        return share === undefined ? [] : [{ words, share }];
    });
}
