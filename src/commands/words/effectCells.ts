import { shortUnit } from '../../experiments/metric/effectUnits.js';
import { effectOf } from '../../experiments/resultFiles/matrixTable.js';
import { metricOf } from '../../experiments/registry/metrics.js';
import { type CellCertainty, isTold } from '../../experiments/statistics/toldCell.js';
import { formatChange, formatPercentPoints, signed } from '../../support/format.js';
import type { AlignedCell, Tone } from './alignedTable.js';

/** Unit of a metric's effects, for a heading. */
export function effectUnit(metric: string): string {
    return shortUnit(metricOf(metric));
}

/** An effect without its unit, `+697` or `−5.0`; see `effectUnit`. */
export function effectNumber(metric: string, effect: number | null): string {
    if (effect === null) return 'n/a';
    const { relative, factor, formatPlain } = metricOf(metric);
    if (factor !== undefined) return signed(effect, formatPlain);
    if (!relative) return formatPercentPoints(100 * effect);
    return formatChange(effect).replace(/\s*%$/, '');
}

/** Whether a change harms or helps, or may be chance; undefined where that is not known. */
export function toneOf(metric: string, change: number, certainty: CellCertainty): Tone | undefined {
    const told = isTold(certainty);
    if (told === undefined) return undefined;
    if (!told) return 'faint';
    return change * metricOf(metric).harm > 0 ? 'bad' : 'good';
}

/** A change outside of a matrix may have no q. */
type Shown = Pick<CellCertainty, 'interval'> & Partial<CellCertainty>;

/** A change of a metric as a cell, and its interval (95 %) as another; grey where it is not told from chance. */
export function changeCells(
    metric: string,
    { before, change, interval, q = null }: { readonly before: number; readonly change: number } & Shown,
): [change: AlignedCell, interval: AlignedCell] {
    const words = (value: number): string => effectNumber(metric, effectOf(metricOf(metric).relative, value, before));
    const tone = toneOf(metric, change, { interval, q });
    const range = interval === null ? '' : `${words(interval[0])} to ${words(interval[1])}`;
    return [
        { text: words(change), tone },
        { text: range, tone },
    ];
}
