import type { DeactivationSet } from '../../src/experiments/results/DeactivationMatrix.js';

/** The tests and the spread of a set whose samples tell nothing. */
export function untested(rows: number, columns = rows): Pick<DeactivationSet, 'tests' | 'spread'> {
    const none = Array.from({ length: rows }, () => new Array<null>(columns).fill(null));
    const zeros = new Array<number>(columns).fill(0);
    const test = { p: none, q: none };
    return {
        tests: { change: test, beyondControl: test },
        spread: { deviation: none, units: zeros, effective: zeros },
    };
}
