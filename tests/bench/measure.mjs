/**
 * Runs all sides in turn, so that a busy machine slows them alike, after a round that warms up.
 * @template T
 * @param {number} rounds
 * @param {(() => Promise<T>)[]} sides
 * @returns {Promise<T[][]>} [sides][rounds]
 */
export async function inTurn(rounds, sides) {
    const found = sides.map(() => []);
    for (let round = -1; round < rounds; round++) {
        // The order changes, so that no side always runs on what the same other one left warm.
        const order = round % 2 === 0 ? [...sides.keys()] : [...sides.keys()].reverse();
        for (const side of order) {
            const measured = await sides[side]();
            if (round >= 0) found[side].push(measured);
        }
    }
    return found;
}

/**
 * Compares two sides round by round; see `inTurn`.
 * @param {number} rounds
 * @param {() => Promise<number>} side seconds, or tokens per second
 * @param {() => Promise<number>} against the same
 * @returns {Promise<{ratio: number, least: number, most: number}>} the median of side / against, and its quartiles
 */
export async function compare(rounds, side, against) {
    const [own, others] = await inTurn(rounds, [side, against]);
    return ratioOf(own, others);
}

/** The median and quartiles of own / others, round by round. */
export function ratioOf(own, others) {
    const { median, least, most } = spread(own.map((value, round) => value / others[round]));
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

/** Seconds that all threads of this process compute for work. */
export async function cpuSeconds(work) {
    const begin = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(begin);
    return (user + system) / 1e6;
}
