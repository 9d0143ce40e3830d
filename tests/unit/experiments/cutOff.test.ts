import { expect, it } from 'vitest';
import { describeMatrix } from '../../../src/commands/words/describeMatrix.js';
import { cutOffNote, cutOffShare } from '../../../src/experiments/comparisons/cutOff.js';
import type { DeactivationMatrix, DeactivationSet } from '../../../src/experiments/results/DeactivationMatrix.js';
import { someMeasurement } from '../../helpers/analysed.js';
import { untested } from '../../helpers/untested.js';

const grid = [
    [0.5, 0.5],
    [0.5, 0.5],
];
const share = { baseline: [0.5, 0.5], values: grid };
const set = (cut?: { baseline: number[]; values: number[][] }): DeactivationSet => ({
    rows: ['en', 'de'],
    columns: ['en', 'de'],
    baseline: [0.5, 0.5],
    values: grid,
    change: grid,
    control: grid,
    controls: [grid],
    beyondControl: grid,
    intervals: {
        baseline: [null, null],
        values: [],
        change: [],
        beyondControl: [
            [null, null],
            [null, null],
        ],
    },
    samples: grid,
    neurons: [1, 2],
    ...untested(2),
    ...(cut === undefined ? {} : { shares: { number: share, language: share, unknownLanguage: share, cut } }),
});
const matrix = (cut?: { baseline: number[]; values: number[][] }): DeactivationMatrix => ({
    ...someMeasurement,
    metric: 'accuracy',
    settings: { maxTokens: 256 },
    languages: ['en', 'de'],
    sets: { specific: set(cut) },
});
const some = matrix({
    baseline: [0.25, 0.75],
    values: [
        [0.3, 0],
        [0, 0],
    ],
});
const none = matrix({
    baseline: [0, 0],
    values: [
        [0, 0],
        [0, 0],
    ],
});

it('the share of answers that were cut off stands beside each accuracy', () => {
    expect(cutOffShare(some)).toBe(0.5);
    expect(cutOffShare(matrix())).toBeUndefined();
    const lines = describeMatrix(some).split('\n');
    const heading = lines.findIndex((line) => line.endsWith('cut off'));
    expect(lines[heading + 1]).toMatch(/^en .* 25\.0 % → 30\.0 %$/);
    expect(lines[heading + 2]).toMatch(/^de .* 75\.0 % → 0\.0 %$/);
    expect(describeMatrix(none)).not.toContain('cut off');
    expect(describeMatrix(matrix())).not.toContain('cut off');
});

it('a comparison tells it of both models, where one of them was cut off', () => {
    expect(cutOffNote([['base', some] as const, ['aligned', none] as const])).toMatch(
        /cut off at 256 tokens.*50\.0 % of base, 0\.0 % of aligned/,
    );
    expect(cutOffNote([['base', matrix()] as const, ['aligned', some] as const])).toContain('? % of base');
    expect(cutOffNote([['base', none] as const, ['aligned', matrix()] as const])).toBeUndefined();
});
