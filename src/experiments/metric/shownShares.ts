import type { DeactivationSet, Share } from '../results/DeactivationMatrix.js';
import type { MetricWords, ShareWords } from './Metric.js';

/** The shares beside the metric that a set has, with the words of its metric, in the metric's order. */
export function shownShares(
    set: Pick<DeactivationSet, 'shares'>,
    { shares = [] }: Pick<MetricWords, 'shares'>,
): { readonly words: ShareWords; readonly share: Share }[] {
    return shares.flatMap((words) => {
        const share = set.shares?.[words.name];
        return share === undefined ? [] : [{ words, share }];
    });
}
