import { mean } from '../../support/averages.js';
import type { DeactivationMatrix } from '../results/DeactivationMatrix.js';
import { metricOf } from '../registry/metrics.js';

/**
 * Share of the whole model's answers that were cut off at `maxTokens`, on average over its languages; undefined for
 * a metric of texts.
 */
export function cutOffShare({ sets }: Pick<DeactivationMatrix, 'sets'>): number | undefined {
    const shares = Object.values(sets).find((set) => set.shares !== undefined)?.shares?.cut?.baseline;
    return mean(shares ?? []) ?? undefined;
}

/** A sentence on answers that were cut off, mostly before their result; undefined where none was. */
export function cutOffNote(
    models: readonly (readonly [name: string, matrix: DeactivationMatrix])[],
): string | undefined {
    const known = models.map(([name, matrix]) => [name, cutOffShare(matrix)] as const);
    if (!known.some(([, share]) => share !== undefined && share > 0)) return undefined;
    const told = known.map(([name, share]) => `${share === undefined ? '?' : (100 * share).toFixed(1)} % of ${name}`);
    return (
        `Answers were cut off at ${models[0]![1].settings.maxTokens ?? 'their most'} tokens, mostly before their ` +
        `result, and count as wrong: ${told.join(', ')}; a larger \`maxTokens\` lets them end.`
    );
}

/** Whether an answer that is cut off counts as wrong for that reason. */
export function isCutFault({ metric }: Pick<DeactivationMatrix, 'metric'>): boolean {
    return metricOf(metric).shares?.find(({ name }) => name === 'cut')?.isFault === true;
}
