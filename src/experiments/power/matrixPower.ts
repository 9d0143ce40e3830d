import type { DeactivationSet } from '../results/DeactivationMatrix.js';
import { effectOf } from '../resultFiles/matrixTable.js';
import type { CellSpread } from '../statistics/estimates.js';
import type { MetricKind } from '../metric/Metric.js';
import { leastShift, unitsFor } from '../statistics/power.js';
import { beyondControlIn, isTold } from '../statistics/toldCell.js';

/** A change that is worth seeing: 5 % of a perplexity, 5 points of an accuracy, 0.05 nats of a KL divergence. */
export const referenceEffect = 0.05;

type Judged = Pick<MetricKind, 'relative' | 'factor' | 'harm' | 'intervals'>;

/** What the test of a language's own cell can see. */
export interface CellPower {
    readonly language: string;
    /** Texts or questions. */
    readonly units: number;
    /** Whether the difference from the controls is told from chance. */
    readonly told: boolean;
    /** That difference, as an effect. */
    readonly effect: number;
    /** The least harm (`spreadOf`), an effect with its sign, that is told in `wantedPower` of cases; null: none is. */
    readonly least: number | null;
    /** Texts or questions for a change like the one that was seen; null where there is none or they are too many. */
    readonly forSeen: number | null;
    /** The same for harm of `referenceEffect`. */
    readonly forReference: number | null;
}

/** What the tests of a set's own cells can see. */
export interface SetPower {
    /** Of the languages that have neurons in the set. One at least. */
    readonly cells: readonly CellPower[];
    /** In the median language; see `CellPower`. */
    readonly least: number | null;
    readonly forReference: number | null;
    /** Whether most of the cells are not told from chance, and could not be if they changed by `referenceEffect`. */
    readonly coarse: boolean;
}

/** The spread of a cell's units, and the value from which its test starts. */
interface SpreadIn {
    readonly spread: CellSpread;
    readonly before: number;
}

/**
 * What is known of the units of a language: the spread of its median cell. Small changes are of the kind that other
 * languages' neurons make, while a great one may differ much more from text to text. Undefined where it is not known.
 */
export function spreadOf(set: DeactivationSet, c: number, metric: Judged): SpreadIn | undefined {
    const known = set.rows.flatMap((_, r) => spreadIn(set, r, c, metric) ?? []);
    const sorted = known.sort((a, b) => a.spread.deviation - b.spread.deviation);
    return sorted[Math.floor((sorted.length - 1) / 2)];
}

/** What is known of the units of a cell; undefined where it is not. */
function spreadIn(set: DeactivationSet, r: number, c: number, { intervals }: Judged): SpreadIn | undefined {
    const deviation = set.spread.deviation[r]?.[c] ?? null;
    if (deviation === null) return undefined;
    const [units, effective] = [set.spread.units[c]!, set.spread.effective[c]!];
    const before = set.baseline[c]! + set.control[r]![c]!;
    const seen = intervals.power.shift(set.beyondControl[r]![c]!, before);
    if (seen === null) return undefined;
    return { spread: { deviation, units, effective, controls: set.controls.length, seen }, before };
}

/** The least harm that some units show, and how many it takes for harm of `referenceEffect`. */
export function powerFor(
    { spread, before }: SpreadIn,
    baseline: number,
    { relative, factor, harm, intervals: { power } }: Judged,
): Pick<CellPower, 'least' | 'forReference'> {
    const shift = leastShift(power, spread);
    const least = shift === null ? null : effectOf(relative, power.change(harm * shift, before), baseline);
    const reference = power.shift(harm * referenceEffect * (relative ? baseline : 1), before);
    const isShare = !relative && factor === undefined; // of which no more than all can change
    return {
        least: least !== null && isShare && Math.abs(least) > 1 ? null : least,
        forReference: reference === null ? null : unitsFor(power, spread, reference),
    };
}

/** What a set's tests can see; undefined where it is not known of any cell. */
export function powerOf(set: DeactivationSet, metric: Judged): SetPower | undefined {
    const cells = set.rows.flatMap((language, r): CellPower[] => {
        const c = set.columns.indexOf(language);
        const known = c < 0 ? undefined : spreadIn(set, r, c, metric);
        if (known === undefined) return [];
        const baseline = set.baseline[c]!;
        return [
            {
                language,
                units: known.spread.units,
                told: isTold(beyondControlIn(set, r, c)) === true,
                effect: effectOf(metric.relative, set.beyondControl[r]![c]!, baseline)!,
                ...powerFor(spreadOf(set, c, metric)!, baseline, metric),
                forSeen: unitsFor(metric.intervals.power, known.spread, known.spread.seen),
            },
        ];
    });
    if (cells.length === 0) return undefined;
    const isBlind = ({ told, least }: CellPower): boolean =>
        !told && (least === null || Math.abs(least) > referenceEffect);
    return {
        cells,
        least: medianOf(cells.map(({ least }) => least)),
        forReference: medianOf(cells.map(({ forReference }) => forReference)),
        coarse: 2 * cells.filter(isBlind).length > cells.length,
    };
}

/** The median, in which what is not reached is beyond all; null where that is the median. */
export function medianOf(values: readonly (number | null)[]): number | null {
    const sign = values.some((value) => value !== null && value < 0) ? -1 : 1;
    const sorted = values.map((value) => (value === null ? Infinity : sign * value)).sort((a, b) => a - b);
    const middle = sorted[Math.floor((sorted.length - 1) / 2)]!;
    return middle === Infinity ? null : sign * middle;
}
