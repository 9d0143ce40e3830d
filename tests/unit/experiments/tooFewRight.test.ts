import { describe, expect, it } from 'vitest';
import { fewestToTell, leastSignTestP, tooFewRight } from '../../../src/experiments/statistics/tooFewRight.js';
import { binomialTail } from '../../../src/report/facts/numbers.js';

/** Two-sided p of the exact sign test: `lost` answers became wrong, `gained` became right. */
function signTestP(lost: number, gained: number): number {
    return Math.min(1, 2 * binomialTail(Math.max(lost, gained), lost + gained, 0.5));
}

/** All that may happen to `right` right answers of `questions`. */
function outcomes(right: number, questions: number): { lost: number; gained: number }[] {
    return Array.from({ length: right + 1 }, (_, lost) => lost).flatMap((lost) =>
        Array.from({ length: questions - right + 1 }, (_, gained) => ({ lost, gained })),
    );
}

describe('tooFewRight', () => {
    it('is so exactly where none of all possible falls differs from chance', () => {
        for (let questions = 1; questions <= 16; questions++) {
            for (let right = 0; right <= questions; right++) {
                const falls = outcomes(right, questions).filter(({ lost, gained }) => lost > gained);
                const told = falls.some(({ lost, gained }) => signTestP(lost, gained) < 0.05);
                expect(tooFewRight(right, 0), `${right} of ${questions}`).toBe(!told);
            }
        }
    });

    it('is not so where the answers rose by as many as differ from chance', () => {
        for (let gained = 0; gained <= 12; gained++) {
            expect(tooFewRight(2, gained), `${gained}`).toBe(signTestP(0, gained) >= 0.05);
        }
    });

    it('bears the last bits of a share of the questions', () => {
        for (const questions of [7, 20, 49, 50, 250]) {
            const shares = [5, 6].map((right) => right / questions);
            expect(shares.map((share) => tooFewRight(share * questions, -share * questions))).toEqual([true, false]);
        }
    });

    it('begins at six', () => {
        expect(fewestToTell).toBe(6);
        expect(leastSignTestP(5)).toBe(0.0625);
        expect(leastSignTestP(6)).toBe(0.03125);
        expect(leastSignTestP(0)).toBe(1);
    });
});
