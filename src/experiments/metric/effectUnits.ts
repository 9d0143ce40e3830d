import { formatCell, formatPercentPoints } from '../../support/format.js';
import type { MetricWords } from './Metric.js';

type Units = Pick<MetricWords, 'relative' | 'factor' | 'shortUnit'>;

/** Effects of most metrics are shares, shown in percent or points. */
const percent = 100;

/** An effect in its metric's unit, for figures and tables. */
export function inUnit<T extends number | null>(effect: T, { factor = percent }: Pick<Units, 'factor'>): T {
    return (effect === null ? null : factor * effect) as T;
}

/** The unit in a heading, such as `%`. */
export function shortUnit({ relative, shortUnit: own = relative ? '%' : 'points' }: Units): string {
    return own;
}

/** An effect with its sign in at most five characters, for cells and axes. */
export function effectCell(effect: number | null, words: Pick<Units, 'factor'>): string {
    const value = inUnit(effect, words);
    return words.factor === undefined ? formatPercentPoints(value) : formatCell(value);
}
