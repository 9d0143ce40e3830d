import { formatPercentPoints } from '../../support/format.js';
import { isComparable, isFiniteNumber, type Measured } from '../numbers.js';

/** Changes below this many percent are shown in proportion, larger ones by their logarithm. */
export const linearUpTo = 1;

/** The scale reaches at least this many percent: noise must not look like an effect. */
export const leastLimit = 10;

/** A symlog scale centred at 0, from −limit to +limit percent, mapped to positions −1 to 1. */
export interface DivergingScale {
    /** Largest magnitude shown, in percent. */
    readonly limit: number;
    /** Position of a value; null where it is missing or NaN; infinite values sit at the ends. */
    readonly position: (percent: Measured) => number | null;
    /** Positions to label, with their labels, from low to high. */
    readonly ticks: readonly Tick[];
}

/** The scale that just holds all finite values. */
export function divergingScale(percents: readonly Measured[]): DivergingScale {
    const magnitudes = percents.filter(isFiniteNumber).map(Math.abs);
    const limit = magnitudes.reduce((largest, value) => Math.max(largest, value), leastLimit);
    const magnitudeAt = (percent: number) => Math.log1p(percent / linearUpTo) / Math.log1p(limit / linearUpTo);
    const position = (percent: Measured) => {
        if (!isComparable(percent)) return null;
        return Math.sign(percent) * Math.min(1, magnitudeAt(Math.abs(percent)));
    };
    const marks = tickMagnitudes(limit);
    const signed = [...marks.map((mark) => -mark).reverse(), 0, ...marks];
    return {
        limit,
        position,
        ticks: signed.map((percent) => ({
            position: position(percent) ?? 0,
            label: formatPercentPoints(percent).replace(/\.0$/, ''),
        })),
    };
}

/** A label of an axis or a colour bar, at its position. */
export interface Tick {
    readonly position: number;
    readonly label: string;
}

/** Vega's expression that labels each position as its tick. */
export function tickLabels(ticks: readonly Tick[]): string {
    return ticks.reduceRight(
        (rest, { position, label }) => `abs(datum.value - ${position}) < 1e-9 ? '${label}' : ${rest}`,
        "''",
    );
}

/** Magnitudes to label: powers of ten, thinned to at most four, the limit instead of a close power. */
function tickMagnitudes(limit: number): number[] {
    const powers: number[] = [];
    for (let power = linearUpTo; power * 2 <= limit; power *= 10) powers.push(power);
    const step = Math.ceil(powers.length / 3);
    return [...powers.filter((_, index) => index % step === 0), limit];
}
