import { describe, expect, it } from 'vitest';
import { describeMatrix } from '../../../src/commands/words/describeMatrix.js';
import type { DeactivationMatrix, DeactivationSet } from '../../../src/experiments/results/DeactivationMatrix.js';
import { emptySets } from '../../../src/experiments/conditions/emptySets.js';
import { planExperiment } from '../../../src/experiments/conditions/experiment.js';
import type { NeuronAnalysis, NeuronIndex } from '../../../src/neurons/analysis/NeuronAnalysis.js';
import type { NeuronSetName } from '../../../src/neurons/sets/neuronSets.js';
import { someMeasurement } from '../../helpers/analysed.js';
import { untested } from '../../helpers/untested.js';

const languages = ['en', 'de', 'fr'];
const none = { en: [], de: [], fr: [] };
const analysisOf = (
    specific: Readonly<Record<string, readonly NeuronIndex[]>>,
    related: Readonly<Record<string, readonly NeuronIndex[]>> = none,
): NeuronAnalysis =>
    ({ languages, widths: [20, 20], neurons: { specific, related, general: [] } }) as unknown as NeuronAnalysis;
const said = (analysis: NeuronAnalysis, sets?: readonly NeuronSetName[]): readonly string[] =>
    emptySets(planExperiment({ analysis, sets }, languages), languages);

describe('languages without neurons', () => {
    it('are told by set, those asked for alone', () => {
        const analysis = analysisOf({ en: [[0, 1]], de: [], fr: [] }, { en: [], de: [[1, 2]], fr: [] });
        expect(said(analysis, ['specific'])).toEqual([
            'de, fr: no specific neurons, so nothing is changed in their rows',
        ]);
        expect(said(analysis, ['specific+related'])).toEqual([
            'fr: no specific+related neurons, so nothing is changed in its row',
        ]);
        expect(said(analysis)).toHaveLength(3);
    });

    it('are warned of where they are all', () => {
        expect(said(analysisOf(none), ['specific'])).toEqual([
            expect.stringMatching(/^warning: no language has specific neurons, so nothing is changed/),
        ]);
    });

    it('are not told of where there are none', () => {
        expect(said(analysisOf({ en: [[0, 1]], de: [[0, 2]], fr: [[1, 3]] }), ['specific'])).toEqual([]);
    });
});

describe('a matrix in words', () => {
    const set = (neurons: readonly number[]): DeactivationSet => ({
        rows: ['en', 'de'],
        columns: ['en', 'de'],
        baseline: [2, 3],
        values: [2, 3].map(() => [2, 3]),
        change: [0, 0].map(() => [0, 0]),
        control: [0, 0].map(() => [0, 0]),
        controls: [],
        beyondControl: [0, 0].map(() => [0, 0]),
        samples: [0, 0].map(() => [9, 9]),
        intervals: { baseline: [], values: [], change: [], beyondControl: [0, 0].map(() => [null, null]) },
        neurons,
        ...untested(2),
    });
    const matrix: DeactivationMatrix = {
        ...someMeasurement,
        languages: ['en', 'de'],
        sets: { specific: set([0, 0]), 'specific+related': set([4, 0]) },
    };

    it('tells of the sets asked for, and of all where none is named', () => {
        const headings = (text: string): string[] =>
            [...text.matchAll(/^(\S+): perplexity/gm)].map(([, name]) => name!);
        expect(headings(describeMatrix(matrix, ['specific+related']))).toEqual(['specific+related']);
        expect(headings(describeMatrix(matrix, ['specific']))).toEqual(['specific']);
        expect(headings(describeMatrix(matrix))).toEqual(['specific', 'specific+related']);
    });

    it('says that nothing was changed where no language has neurons', () => {
        expect(describeMatrix(matrix, ['specific'])).toContain('no language has neurons in this set');
        expect(describeMatrix(matrix, ['specific+related'])).not.toContain('no language has neurons');
    });
});
