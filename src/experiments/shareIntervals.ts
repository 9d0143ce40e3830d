import wilson from 'wilson-score-interval';
import { accuracyDifferenceInterval } from './accuracyDifference.js';
import type { CellInterval } from './DeactivationMatrix.js';
import type { Cell, Estimate, Intervals } from './Metric.js';
import { fewestToTell, tooFewRight } from './tooFewRight.js';

/** 95 % interval of a share of questions, by Wilson. */
export function wilsonInterval({ value }: Estimate, { samples }: Cell): CellInterval {
    const { left, right } = wilson(Math.round(value * samples), samples);
    return [left, right];
}

/** Of a share of questions that are answered rightly. */
export const shareIntervals: Intervals = {
    resamples: false,
    ofValue: wilsonInterval,
    ofDifference: (_, pairs) => accuracyDifferenceInterval(pairs),
    toldBy: 'exact sign test of the answers to the same questions',
    changeBy: 'from the answers that became right or wrong to the same questions (Bonett and Price)',
    tooFew: {
        isTooFew: ({ baseline, change, samples }) => tooFewRight(baseline * samples, change * samples),
        rule:
            'A grey cell with a number cannot tell harm from chance: the whole model answers fewer than ' +
            `${fewestToTell} of its questions rightly, so that even a fall to none has a two-sided p of 5 % or more ` +
            'in the exact sign test of the paired answers (2 · 0.5^k for k right answers). A cell that rises by ' +
            `${fewestToTell} answers or more is coloured all the same.`,
    },
};
