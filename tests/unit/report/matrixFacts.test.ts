import { describe, expect, it } from 'vitest';
import { deactivation } from '../../../src/interventions/Operation.js';
import type { DeactivationSet } from '../../../src/experiments/results/DeactivationMatrix.js';
import { cellsOf, setFacts, setsOf } from '../../../src/report/facts/matrixFacts.js';
import { setSentences, verdictLabel } from '../../../src/report/facts/setSentences.js';
import { meanOfFinite } from '../../../src/report/facts/numbers.js';
import { untested } from '../../helpers/untested.js';
import { buildAccuracy, buildMatrix, buildSet } from './fixture.js';

const languageTags = ['en', 'de', 'fr', 'sw'];

/** A set whose changes are given in percent of a baseline of 10. */
function setOf(change: number[][], control: number[][], neurons = change.map(() => 5)): DeactivationSet {
    const names = languageTags.slice(0, change.length);
    const part = (grid: number[][]) => grid.map((row) => row.map((percent) => percent / 10));
    return {
        rows: names,
        columns: names,
        baseline: names.map(() => 10),
        values: part(change).map((row) => row.map((cell) => 10 + cell)),
        change: part(change),
        control: part(control),
        samples: change.map((row) => row.map(() => 100)),
        neurons,
        controls: [part(control)],
        beyondControl: part(change),
        intervals: { baseline: [], values: [], change: [], beyondControl: [] },
        ...untested(names.length),
    };
}

describe('setFacts', () => {
    it('counts the languages hurt most by the loss of their own neurons', () => {
        const facts = setFacts(
            'specific',
            setOf(
                [
                    [50, 10, 0],
                    [20, 10, 0],
                    [0, 0, 30],
                ],
                [
                    [1, 2, 0],
                    [0, 1, 0],
                    [0, 0, 0],
                ],
            ),
            { metric: 'ppl', operation: deactivation },
        );
        expect(facts).toMatchObject({ compared: 3, leftOut: 0, hits: 2, controlHits: 1, expectedHits: 1 });
        expect(facts.own).toBeCloseTo((1.5 * 1.1 * 1.3) ** (1 / 3) - 1, 12);
        expect(facts.ownMedian).toBe(0.3);
        expect(facts.others).toBeCloseTo((1.1 * 1.2) ** (1 / 6) - 1, 12);
        expect(facts.controlOwn).toBeCloseTo((1.01 * 1.01) ** (1 / 3) - 1, 12);
    });

    it('no one language stands for all: changes in percent have a geometric mean, changes of shares the mean', () => {
        const grid = [
            [50_000, 0],
            [0, 20],
        ];
        const of = (metric: string) => setFacts('specific', setOf(grid, grid), { metric, operation: deactivation });
        const ppl = of('ppl');
        expect(ppl.own).toBeCloseTo(Math.sqrt(501 * 1.2) - 1, 9);
        expect(setSentences(ppl)[1]).toMatch(/^In the geometric mean the language’s own perplexity changes by \+2,352/);
        const accuracy = of('accuracy');
        expect(accuracy.own).toBe((5000 + 2) / 2);
        expect(setSentences(accuracy).join(' ')).not.toContain('geometric');
    });

    it('an infinite effect is left out of means; a fall to nothing is all there is', () => {
        expect(meanOfFinite([1, Infinity, null, 3], { relative: true })).toBeCloseTo(Math.sqrt(8) - 1, 12);
        expect(meanOfFinite([0.5, -1], { relative: true })).toBe(-1);
        expect(meanOfFinite([], { relative: false })).toBeNull();
    });

    it('compares relative, not absolute changes', () => {
        const set: DeactivationSet = {
            ...setOf(
                [
                    [5, 10],
                    [0, 10],
                ],
                [
                    [0, 0],
                    [0, 0],
                ],
            ),
            baseline: [10, 1000],
        };
        expect(setFacts('specific', set, { metric: 'ppl', operation: deactivation }).hits).toBe(2);
    });

    it('takes neither ties nor improvements for harm', () => {
        expect(
            setFacts(
                'specific',
                setOf(
                    [
                        [10, 10],
                        [-5, -1],
                    ],
                    [
                        [0, 0],
                        [0, 0],
                    ],
                ),
                { metric: 'ppl', operation: deactivation },
            ).hits,
        ).toBe(0);
    });

    it('leaves out rows without neurons', () => {
        const facts = setFacts(
            'specific',
            setOf(
                [
                    [50, 0],
                    [0, 0],
                ],
                [
                    [0, 0],
                    [0, 0],
                ],
                [5, 0],
            ),
            { metric: 'ppl', operation: deactivation },
        );
        expect(facts).toMatchObject({ compared: 1, leftOut: 1, hits: 1 });
        expect(facts.own).toBe(0.5);
    });

    it('calls an effect by what is there', () => {
        const ten = Array.from({ length: 10 }, (_, k) => `l${k}`);
        expect(setFacts('specific', buildSet(ten, 1), { metric: 'ppl', operation: deactivation }).verdict).toBe(
            'clear',
        );
        expect(
            setFacts(
                'specific',
                setOf(
                    [
                        [1, 2],
                        [2, 1],
                    ],
                    [
                        [0, 0],
                        [0, 0],
                    ],
                ),
                { metric: 'ppl', operation: deactivation },
            ).verdict,
        ).toBe('absent');
        expect(
            setFacts(
                'specific',
                setOf(
                    [
                        [2, 1],
                        [1, 2],
                    ],
                    [
                        [0, 0],
                        [0, 0],
                    ],
                ),
                { metric: 'ppl', operation: deactivation },
            ).verdict,
        ).toBe('unclear');
        expect(
            setFacts(
                'specific',
                setOf(
                    [
                        [2, 1],
                        [1, 2],
                    ],
                    [
                        [9, 0],
                        [0, 9],
                    ],
                ),
                { metric: 'ppl', operation: deactivation },
            ).verdict,
        ).toBe('absent');
        expect(
            setFacts(
                'specific',
                setOf(
                    [
                        [2, 1],
                        [1, 2],
                    ],
                    [
                        [0, 0],
                        [0, 0],
                    ],
                    [0, 0],
                ),
                { metric: 'ppl', operation: deactivation },
            ).verdict,
        ).toBe('unmeasured');
    });
});

describe('setSentences', () => {
    it('says the numbers and, neutrally, that there is no effect', () => {
        const text = setSentences(
            setFacts(
                'specific+related',
                setOf(
                    [
                        [1, 2],
                        [2, 1],
                    ],
                    [
                        [3, 0],
                        [0, 3],
                    ],
                ),
                { metric: 'ppl', operation: deactivation },
            ),
        ).join(' ');
        expect(text).toContain('own specific + related neurons hurts that language most in 0 of 2 languages');
        expect(text).toContain('changes by +1.0\u00a0% (random neurons: +3.0\u00a0%)');
        expect(text).toContain('No effect selective for languages is visible');
    });
});

describe('cells that cannot tell harm from chance', () => {
    const accuracyOf = (right: number[], lost: number[]) =>
        buildAccuracy(languageTags, right, lost).sets['specific+related'] as DeactivationSet;

    it('are those of a language with too few right answers, whatever the row and however much it loses', () => {
        const cells = cellsOf(accuracyOf([19, 12, 6, 5], [10, 10, 6, 5]), 'accuracy');
        for (const row of cells) {
            expect(row.map(({ tooFew }) => tooFew)).toEqual([false, false, false, true]);
            expect(row.map(({ controlTooFew }) => controlTooFew)).toEqual([false, false, false, true]);
        }
        const own = cells.map((row, r) => row[r]?.noise);
        expect(own).toEqual([false, false, false, true]);
    });

    it('are not those that rise by as many answers as chance does not give', () => {
        const cells = cellsOf(accuracyOf([19, 19, 3, 3], [0, 0, -6, -5]), 'accuracy');
        expect(cells[2]?.[2]).toMatchObject({ tooFew: false, controlTooFew: true });
        expect(cells[3]?.[3]).toMatchObject({ tooFew: true, controlTooFew: true });
    });

    it('are none of a perplexity', () => {
        const cells = cellsOf(
            setOf(
                [
                    [50, 10],
                    [20, 10],
                ],
                [
                    [0, 0],
                    [0, 0],
                ],
            ),
            'ppl',
        ).flat();
        expect(cells.map(({ tooFew }) => tooFew)).toEqual([false, false, false, false]);
    });

    it('leave their row out of those that are compared', () => {
        const facts = setFacts('specific+related', accuracyOf([19, 12, 6, 5], [10, 10, 6, 5]), {
            metric: 'accuracy',
            operation: deactivation,
        });
        expect(facts).toMatchObject({ compared: 3, leftOut: 1, tooFew: 1, hits: 3, verdict: 'clear' });
        expect(setSentences(facts).join(' ')).toContain(
            'in 3 of 3 languages (1 row left out: too few right answers to tell a fall from chance);',
        );
    });

    it('are said to be the reason where all are so, and no absence is claimed', () => {
        const facts = setFacts('specific+related', accuracyOf([3, 3, 2, 0], [0, 0, 0, 0]), {
            metric: 'accuracy',
            operation: deactivation,
        });
        expect(facts).toMatchObject({ compared: 0, leftOut: 4, tooFew: 4, verdict: 'tooFew' });
        expect(setSentences(facts).join(' ')).toMatch(/^The whole model answers too few questions rightly/);
        expect(verdictLabel(facts)).toBe('too few right answers to tell');
    });
});

describe('sets without neurons', () => {
    const nothing = [0, 0].map(() => [0, 0]);

    it('are not called unmeasured, for what was measured is there', () => {
        const facts = setFacts('specific', setOf(nothing, nothing, [0, 0]), { metric: 'ppl', operation: deactivation });
        expect(facts).toMatchObject({ compared: 0, leftOut: 2, empty: 2 });
        expect(verdictLabel(facts)).toBe('no neurons to change');
        expect(setSentences(facts)).toEqual([expect.stringMatching(/^No language has neurons in this set/)]);
    });

    it('are, where cells are missing', () => {
        const facts = setFacts(
            'specific',
            setOf(
                [
                    [NaN, 0],
                    [0, NaN],
                ],
                nothing,
                [5, 5],
            ),
            { metric: 'ppl', operation: deactivation },
        );
        expect(facts).toMatchObject({ compared: 0, empty: 0 });
        expect(verdictLabel(facts)).toBe('not measured');
    });

    it('of some languages are told apart from rows that are not fully measured', () => {
        const change = [
            [50, 0, 0],
            [0, 0, 0],
            [NaN, 0, 50],
        ];
        const facts = setFacts(
            'specific',
            setOf(
                change,
                [0, 0, 0].map(() => [0, 0, 0]),
                [5, 0, 5],
            ),
            { metric: 'ppl', operation: deactivation },
        );
        expect(facts).toMatchObject({ compared: 1, leftOut: 2, empty: 1 });
        expect(setSentences(facts).join(' ')).toContain(
            '(1 row left out: no neurons to change; 1 row left out: not fully measured)',
        );
    });
});

describe('setsOf', () => {
    it('orders the sets by size, whatever the order in the file', () => {
        const { sets, ...rest } = buildMatrix(languageTags);
        const reversed = Object.fromEntries(Object.entries(sets).reverse());
        expect(setsOf({ ...rest, sets: reversed }).map(([name]) => name)).toEqual([
            'specific',
            'specific+related',
            'specific+related+general',
        ]);
        expect(setsOf({ ...rest, sets: { specific: buildSet([], 1) } })).toEqual([]);
    });
});
