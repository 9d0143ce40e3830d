import { wilsonInterval } from '../../support/normalIntervals.js';
import { accuracyDifferenceInterval, accuracyDifferenceP, differenceDeviation } from './accuracyDifference.js';
import type { Intervals } from './estimates.js';
import { answerPower } from './power.js';
import { fewestToTell, tooFewRight } from './tooFewRight.js';

/** Of a share of questions that are answered rightly. */
export const shareIntervals: Intervals = {
    resamples: false,
    ofValue: ({ value }, { samples }) => wilsonInterval(Math.round(value * samples), samples),
    ofDifference: (_, pairs) => accuracyDifferenceInterval(pairs),
    pOfDifference: (_, pairs) => accuracyDifferenceP(pairs),
    power: { ...answerPower, deviation: (_, pairs) => differenceDeviation(pairs) },
    toldBy: 'exact sign test of the answers to the same questions',
    changeBy: 'from the answers that became right or wrong to the same questions (Bonett and Price)',
    tooFew: {
        isTooFew: ({ baseline, change, samples }) => tooFewRight(baseline * samples, change * samples),
        rule:
            `A cell is grey too where the whole model answers fewer than ${fewestToTell} of its questions rightly: ` +
            'even a fall to no right answer could then be chance (exact sign test of the paired answers: ' +
            'p = 2 · 0.5ᵏ for k right answers, which is 5 % or more). ' +
            `A rise by ${fewestToTell} answers or more is coloured all the same.`,
    },
};
