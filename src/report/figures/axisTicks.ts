/** Fewest and most labels on a logarithmic axis. */
const fewestTicks = 3;
const mostTicks = 6;
/** About how many an axis has whose ticks are evenly spaced. */
const evenly = 4;

/** Places of ticks on an axis: evenly spaced ones, too, where a logarithmic axis is too short for 1, 2, 5. */
export function axisTicks(ends: readonly [number, number], isLogarithmic: boolean): number[] {
    const ticks = isLogarithmic ? logTicks(ends) : [];
    return ticks.length < fewestTicks ? evenTicks(ends) : ticks;
}

/** 1, 2, 5, 10, 20, … between two numbers; powers of 10, or of 100 and so on, where these are too many. */
function logTicks([least, most]: readonly [number, number]): number[] {
    const [first, last] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
    const within = (digits: readonly number[], step: number): number[] =>
        Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => first + i * step)
            .flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`)))
            .filter((tick) => tick >= least && tick <= most);
    const fine = within([1, 2, 5], 1);
    return fine.length <= mostTicks ? fine : within([1], Math.ceil((last - first) / mostTicks));
}

/** Multiples of 1, 2 or 5 times a power of 10 between two numbers. */
function evenTicks([least, most]: readonly [number, number]): number[] {
    const wanted = (most - least) / evenly;
    if (!(wanted > 0)) return [least];
    const power = 10 ** Math.floor(Math.log10(wanted));
    // The nearest of these, by their ratio.
    const [step] = [1, 2, 5, 10]
        .map((digit) => digit * power)
        .sort((a, b) => Math.abs(Math.log(a / wanted)) - Math.abs(Math.log(b / wanted))) as [number];
    const first = Math.ceil(least / step);
    return Array.from({ length: Math.max(0, Math.floor(most / step) - first + 1) }, (_, i) =>
        Number(((first + i) * step).toPrecision(12)),
    );
}
