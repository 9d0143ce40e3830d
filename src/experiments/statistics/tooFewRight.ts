/** An outcome is significant where chance gives it less often than this. */
export const significance = 0.05;

/** The fewest paired answers that are significant where all differ the same way. */
export const fewestToTell = Math.floor(Math.log2(2 / significance)) + 1;

/**
 * Two-sided p of the exact sign test of paired answers where all that differ, `differing` of them, went the same way:
 * the least that so many can give.
 */
export function leastSignTestP(differing: number): number {
    return Math.min(1, 2 * 0.5 ** differing);
}

/**
 * Whether an accuracy cannot differ significantly from the whole model's: not even a fall to no right answer would
 * differ from chance, and the answers did not rise by as many as would.
 * @param right questions that the whole model answers rightly
 * @param gained how many more of them the deactivation answers rightly, negative where fewer; an average may be broken
 */
export function tooFewRight(right: number, gained: number): boolean {
    return leastSignTestP(Math.max(right, gained)) >= significance;
}
