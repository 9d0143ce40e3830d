import { normalQuantile } from '../../support/normalIntervals.js';
import { normalTail, studentQuantile } from '../../support/statistics.js';
import type { CellSpread, PowerRule } from './estimates.js';
import { fewestToTell } from './tooFewRight.js';

/** The share of cases in which a change is to be told from chance. */
export const wantedPower = 0.8;

/** More units than this are out of reach. */
const mostUnits = 1e7;

/**
 * The power of Student's t with as many degrees of freedom as effective texts less 1, on the scale of logarithms. The
 * noncentral t distribution is approximated by the normal one (Abramowitz and Stegun, Handbook of Mathematical
 * Functions, 1964, 26.7.10).
 */
export const studentPower: Omit<PowerRule, 'deviation'> = {
    shift: (change, before) => (before > 0 && before + change > 0 ? Math.log1p(change / before) : null),
    change: (shift, before) => before * Math.expm1(shift),
    power: (shift, { deviation, effective }) => {
        if (!(effective > 1)) return 0;
        const distance = (Math.abs(shift) / deviation) * Math.sqrt(effective);
        const freedom = effective - 1;
        const limit = studentQuantile(freedom);
        return normalTail((limit * (1 - 1 / (4 * freedom)) - distance) / Math.sqrt(1 + limit ** 2 / (2 * freedom)));
    },
};

/**
 * The power of `accuracyDifferenceP`: of the sign-flip test and of Bonett and Price's limits, whose greater p counts.
 * The sum of the differences of all questions is taken as normal (as Miettinen, Biometrics 24, 1968, does for one
 * control), and the exact test as one that loses a quarter of a step of that sum, with which it agrees best with
 * simulated matrices (docs/checks.md). Where a true difference is greater than the one that was seen, so many more
 * answers turn.
 */
export const answerPower: Omit<PowerRule, 'deviation'> = {
    shift: (change) => change,
    change: (shift) => shift,
    power: (shift, { deviation, units, controls, seen }) => {
        if (units < fewestToTell) return 0;
        const size = Math.abs(shift);
        const square = Math.min(1, Math.max(deviation ** 2 + seen ** 2 + size - Math.abs(seen), size));
        const [sum, squares] = [units * size, units * square];
        const byLimits = normalQuantile * Math.sqrt(Math.max(0, squares + 2 - sum ** 2 / (units + 2)));
        const bySigns = normalQuantile * Math.sqrt(squares) + 1 / (2 * controls);
        const spread = Math.sqrt(Math.max(squares - sum * size, Number.MIN_VALUE));
        return normalTail((Math.max(byLimits, bySigns) - sum) / spread);
    },
};

/** The same for another number of units, long and short ones in the same proportions. */
export function withUnits(spread: CellSpread, units: number): CellSpread {
    return { ...spread, units, effective: (units * spread.effective) / spread.units };
}

/** The fewest units with which a true difference is told in `wantedPower` of cases; null where they are too many. */
export function unitsFor({ power }: Pick<PowerRule, 'power'>, spread: CellSpread, shift: number): number | null {
    if (shift === 0) return null;
    const isEnough = (units: number): boolean => power(shift, withUnits(spread, units)) >= wantedPower;
    let most = 2;
    while (!isEnough(most)) {
        most *= 2;
        if (most > mostUnits) return null;
    }
    let few = most / 2;
    while (most - few > 1) {
        const middle = Math.floor((few + most) / 2);
        if (isEnough(middle)) most = middle;
        else few = middle;
    }
    return most;
}

/** Halvings of a bracket, which is then known to a millionth. */
const halvings = 20;
/** No metric changes by more, on the scale of its test. */
const mostShift = 1e3;

/** The least difference that the units show in `wantedPower` of cases, on the scale of the test; null: none does. */
export function leastShift({ power }: Pick<PowerRule, 'power'>, spread: CellSpread): number | null {
    const isSeen = (shift: number): boolean => power(shift, spread) >= wantedPower;
    let high = 1e-6;
    while (!isSeen(high)) {
        high *= 2;
        if (high > mostShift) return null;
    }
    let low = high / 2;
    for (let i = 0; i < halvings; i++) {
        const middle = (low + high) / 2;
        if (isSeen(middle)) high = middle;
        else low = middle;
    }
    return high;
}
