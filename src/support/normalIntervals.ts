// Apart from statistics.ts, whose library the explorer's page does not need.

/** Quantile of the normal distribution at 97.5 %: the half width of a 95 % interval, in standard errors. */
export const normalQuantile = 1.959963984540054;

/** 95 % interval of a share by Wilson (J Am Stat Assoc 22, 1927); of no trials, [0, 0]. */
export function wilsonInterval(successes: number, trials: number): [low: number, high: number] {
    if (trials === 0) return [0, 0];
    const z = 1.96;
    const share = successes / trials;
    const centre = share + z ** 2 / (2 * trials);
    const margin = z * Math.sqrt((share * (1 - share) + z ** 2 / (4 * trials)) / trials);
    const scale = 1 + z ** 2 / trials;
    // Rounding would leave something like 1e-19 of a bound that is 0.
    return [successes === 0 ? 0 : (centre - margin) / scale, successes === trials ? 1 : (centre + margin) / scale];
}
