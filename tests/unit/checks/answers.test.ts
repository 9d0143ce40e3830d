import { describe, expect, it } from 'vitest';
import { shareOfLanguage } from '../../../src/checks/answersCheck.js';

describe('a fall in accuracy', () => {
    const of = (before: number, after: number, ownBefore: number, ownAfter: number): number | null =>
        shareOfLanguage({ language: 'de', before, after, ownBefore, ownAfter });

    it.each([
        ['is of the language where answers in it are as good as before', of(0.6, 0.3, 1, 0.5), 1],
        ['is of ability where the language stays', of(0.6, 0.3, 1, 1), 0],
        ['is divided: half the answers elsewhere, a third of the others wrong', of(0.6, 0.2, 1, 0.5), 0.75],
        ['is all of the language where the rest got better', of(0.6, 0.4, 1, 0.5), 1],
        ['is of ability where more are in the language', of(0.6, 0.3, 0.8, 0.9), 0],
        ['is all of the language where no answer is in it', of(0.6, 0, 1, 0), 1],
        ['is none where it stays', of(0.6, 0.6, 1, 0.5), null],
        ['is none where nothing was right', of(0, 0, 0, 0), null],
    ])('%s', (_, share, expected) => {
        if (expected === null) expect(share).toBeNull();
        else expect(share).toBeCloseTo(expected, 12);
    });
});
