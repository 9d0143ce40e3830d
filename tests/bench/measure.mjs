/**
 * Runs both sides in turn, so that a busy machine slows both alike, and compares them round by round.
 * @param {number} rounds
 * @param {() => Promise<number>} side seconds, or tokens per second
 * @param {() => Promise<number>} against the same
 * @returns {Promise<{ratio: number, least: number, most: number}>} the median of side / against, and its quartiles
 */
export async function compare(rounds, side, against) {
    const ratios = [];
    for (let round = -1; round < rounds; round++) {
        // The order changes, so that neither side always runs on what the other left warm.
        const first = round % 2 === 0 ? await side() : await against();
        const second = round % 2 === 0 ? await against() : await side();
        if (round >= 0) ratios.push(round % 2 === 0 ? first / second : second / first); // round -1 warms up
    }
    const { median, least, most } = spread(ratios);
    return { ratio: median, least, most };
}

/**
 * Median and quartiles.
 * @param {number[]} values
 */
export function spread(values) {
    const sorted = values.toSorted((a, b) => a - b);
    const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
    return { median: at(0.5), least: at(0.25), most: at(0.75) };
}

/** Seconds that work takes. */
export async function seconds(work) {
    const begin = performance.now();
    await work();
    return (performance.now() - begin) / 1000;
}
