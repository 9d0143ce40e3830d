import { describe, expect, it } from 'vitest';
import { noExamples } from '../../../src/examples/NeuronExamples.js';
import { strongestTable } from '../../../src/examples/strongestTable.js';
import { shownAnswer } from '../../../src/explore/page/data/shownAnswer.js';
import { formatThree } from '../../../src/explore/page/parts/formatThree.js';

describe('what the page shows', () => {
    it.each([
        ['a\n\nb', 'a\n\nb'],
        ['a\n\n\nb', 'a\n⏎ × 3\nb'],
        ['\n \n\t\n\n  b', '⏎ × 4\nb'],
        ['a \n\n\n', 'a\n⏎ × 3\n'],
        ['\n'.repeat(64), '⏎ × 64\n'],
    ])('of the answer %j is %j', (answer, shown) => {
        expect(shownAnswer(answer)).toBe(shown);
    });

    it.each([
        [-0.3284, '−0.328'],
        [0.0004, '<0.001'],
        [-0.0001, '0.000'],
        [1, '1.000'],
        [Number.NaN, '–'],
    ])('of the score %d is %s', (score, shown) => {
        expect(formatThree(score)).toBe(shown);
    });
});

it('a neuron is known by its strongest tokens without blanks, and by blanks where these are the token', () => {
    const strongest = [' the', '  ', 'the', '\n', ''].map((token, i) => ({
        ...{ text: i, key: i, position: 0, value: 9 - i, values: [9 - i], at: 0 },
        tokens: [token],
    }));
    const examples = { ...noExamples, languages: { en: { active: 5, histogram: [5], strongest } } };
    const table = strongestTable([examples], ['en']);
    expect(table.strongest[0]![0]!.map((place) => table.vocabulary[place])).toEqual(['the', '  ', '\n']);
});
