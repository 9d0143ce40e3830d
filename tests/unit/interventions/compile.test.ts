import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isByToken, type NeuronEdit } from '../../../src/engine/types/edits.js';
import { denseSites } from '../../../src/engine/types/Site.js';
import { compileInterventions } from '../../../src/interventions/compile.js';
import {
    type Intervention,
    type InterventionOp,
    interventionOps,
    type InterventionWhere,
} from '../../../src/interventions/Intervention.js';
import { operationShape } from '../../../src/interventions/operationShape.js';
import { parseOperation } from '../../../src/interventions/operationText.js';
import { parseShorthand } from '../../../src/interventions/shorthand.js';
import type { NeuronAnalysis } from '../../../src/neurons/analysis/NeuronAnalysis.js';

const sites = denseSites([6, 4]);
const compile = (...interventions: Intervention[]): ReturnType<typeof compileInterventions> =>
    compileInterventions(interventions, { sites });

/** What an edit makes of an activation. */
function apply(edit: NeuronEdit, [site, index]: readonly [number, number], g: number): number {
    if (edit === undefined) return g;
    if (!('factors' in edit)) return edit[site]![index] === 1 ? 0 : g;
    const { factors, offsets } = edit;
    return factors[site]![index]! * g + (offsets?.[site]![index] ?? 0);
}

/** The definition: g + s * (op(g) - g). */
function defined({ op, value = 1, strength = 1 }: Intervention, g: number): number {
    const v = value as number;
    const to = { zero: 0, scale: v * g, add: g + v, replace: v }[op as Exclude<InterventionOp, 'diffmean'>];
    return g + strength * (to - g);
}

/** Whether an intervention is for a token. */
function chosen(where: InterventionWhere, position: number, promptLength: number): boolean {
    if (where === 'prompt' || where === 'response') return (where === 'prompt') === position < promptLength;
    if (where === 'both') return true;
    const at = (given: number): number => (given < 0 ? given + promptLength : given);
    return position >= at(where.from ?? 0) && position < (where.to === undefined ? Infinity : at(where.to));
}

const neuron = fc.constantFrom<readonly [number, number]>([0, 0], [0, 5], [1, 0], [1, 3]);
const few = fc.double({ min: -3, max: 3, noNaN: true });
const where = fc.constantFrom<InterventionWhere>('prompt', 'response', 'both', { from: 2, to: 9 }, { from: -2 });
const intervention = fc
    .record({
        neurons: fc.uniqueArray(neuron, { minLength: 1, selector: String }),
        op: fc.constantFrom(...interventionOps.filter((op) => op !== 'diffmean')),
        value: few,
        strength: few,
        where,
    })
    .map(({ value, ...rest }): Intervention => (rest.op === 'zero' ? rest : { ...rest, value }));

describe('interventions', () => {
    it('one after another make of every activation, at every token, what their definitions make of it', () => {
        fc.assert(
            fc.property(
                fc.array(intervention, { minLength: 1, maxLength: 5 }),
                neuron,
                few,
                fc.nat(11),
                fc.integer({ min: 3, max: 8 }),
                (list, at, g, position, promptLength) => {
                    const edit = compile(...list);
                    const own = isByToken(edit) ? edit.edits[edit.at(position, promptLength, 0)] : edit;
                    const expected = list
                        .filter(({ neurons }) =>
                            (neurons as readonly (readonly number[])[]).some((n) => `${n}` === `${at}`),
                        )
                        .filter((one) => chosen(one.where ?? 'both', position, promptLength))
                        .reduce((value, one) => defined(one, value), g);
                    // factors and offsets are F32
                    expect(Math.abs(apply(own, at, g) - expected)).toBeLessThan(
                        1e-4 * Math.max(1, Math.abs(expected), 81 * Math.abs(g)),
                    );
                },
            ),
        );
    });

    it('hold as few edits as there are ways of choosing tokens', () => {
        const neurons = [[0, 1]] as const;
        const count = (...wheres: InterventionWhere[]): number | undefined => {
            const edit = compile(
                ...wheres.map((one): Intervention => ({ neurons, op: 'scale', value: 2, where: one })),
            );
            return isByToken(edit) ? edit.edits.length : 1;
        };
        expect(count('both')).toBe(1);
        expect(count('both', 'both')).toBe(1);
        expect(count('response')).toBe(2);
        expect(count('prompt', 'response')).toBe(2);
        expect(count('both', 'prompt', 'prompt')).toBe(2);
        expect(count({ from: 1 }, 'response')).toBe(4);
    });

    it('have offsets only where something is added', () => {
        const neurons = [[1, 2]] as const;
        expect(compile({ neurons, op: 'scale', value: 2 })).not.toHaveProperty('offsets');
        expect(compile({ neurons, op: 'add', value: 2 })).toHaveProperty('offsets');
        expect(compile()).toBeUndefined();
    });

    it('that come to 0 or to nothing are a mask, a quarter as large', () => {
        const off = { neurons: [[1, 2]], op: 'zero' } as const;
        const mask = [new Uint8Array(6), Uint8Array.of(0, 0, 1, 0)];
        expect(compile(off, { neurons: [[0, 1]], op: 'scale', value: 1 })).toEqual(mask);
        expect(compile({ neurons: [[1, 2]], op: 'replace', value: 0 })).toEqual(mask);
        expect(compile({ ...off, strength: 0.5 })).toHaveProperty('factors');
    });

    it('that meet are refused where they may not follow each other', () => {
        const both: Intervention[] = [
            { neurons: [[0, 1]], op: 'zero' },
            {
                neurons: [
                    [0, 1],
                    [1, 1],
                ],
                op: 'scale',
                value: 2,
            },
        ];
        expect(compileInterventions(both, { sites })).toBeDefined();
        expect(() => compileInterventions(both, { sites, conflict: 'error' })).toThrow(/neuron 1 of site 0/);
        const apart: Intervention[] = [
            { neurons: [[0, 1]], op: 'zero', where: 'prompt' },
            { neurons: [[0, 1]], op: 'zero', where: 'response' },
        ];
        expect(compileInterventions(apart, { sites, conflict: 'error' })).toBeDefined();
    });

    it.each<[string, Intervention, RegExp]>([
        [
            'a neuron that is not there',
            { neurons: [[1, 4]], op: 'zero' },
            /no neuron \[1, 4\]: layer 1 has neurons 0 to 3/,
        ],
        [
            'a site that is not there',
            { neurons: [[2, 0]], op: 'zero' },
            /no neuron \[2, 0\]: the model has sites 0 to 1/,
        ],
        ['a value of zero', { neurons: [], op: 'zero', value: 1 }, /takes no value/],
        ['a strength that is no number', { neurons: [], op: 'scale', strength: NaN }, /strength must be a number/],
        ['an empty range', { neurons: [], op: 'zero', where: { from: 3, to: 3 } }, /no position/],
        ['a language without an analysis', { neurons: { language: 'de' }, op: 'zero' }, /no analysis/],
    ])('%s is refused, naming it', (_what, one, message) => {
        expect(() => compile(one)).toThrow(message);
        expect(() => compile(one)).toThrow(/intervention 1/);
    });

    it('of experts that the model analysed does not have are refused', () => {
        const analysis = { languages: ['de'] } as unknown as NeuronAnalysis;
        const experts: Intervention = { neurons: { language: 'de', set: 'experts' }, op: 'zero' };
        expect(() => compileInterventions([experts], { sites, analysis })).toThrow(
            'intervention 1 (zero): the analysed model has no experts; choose another set',
        );
    });

    it('at more ranges of positions than are worth it are refused', () => {
        const at = (from: number): Intervention => ({ neurons: [[0, 0]], op: 'zero', where: { from } });
        expect(compile(at(1), at(2), at(3))).toBeDefined();
        expect(() => compile(at(1), at(2), at(3), at(4))).toThrow(/4 ranges/);
    });
});

describe('numbers beyond what a device can hold', () => {
    const neurons = [[0, 1]] as const;
    it.each<readonly [string, readonly Intervention[]]>([
        ['a factor', [{ neurons, op: 'scale', value: 1e39 }]],
        ['a sum', [{ neurons, op: 'add', value: -1e39 }]],
        ['a replacement', [{ neurons, op: 'replace', value: 1e300 }]],
        ['a strength', [{ neurons, op: 'zero', strength: 1e39 }]],
        ['no neurons', [{ neurons: [], op: 'add', value: 3.5e38 }]],
        ['value and strength together', [{ neurons, op: 'add', value: 1e30, strength: 1e30 }]],
        [
            'two, one after another',
            [
                { neurons, op: 'scale', value: 1e30 },
                { neurons, op: 'scale', value: 1e30 },
            ],
        ],
    ])('are refused: %s', (_, list) => {
        expect(() => compile(...list)).toThrow(/intervention \d .*device can hold/);
        for (const { op, value } of list.filter(({ value = 0 }) => Math.abs(value as number) > 1e38))
            expect(() => parseOperation(`${op}:${value as number}`)).toThrow(/a device can hold/);
    });

    it('and the largest that it holds are not', () => {
        expect(compile({ neurons, op: 'scale', value: 3.4e38 })).toBeDefined();
        expect(parseOperation('add:-3.4e38')).toEqual({ op: 'add', value: -3.4e38 });
    });

    it('are refused in files and as options', () => {
        const shape = { op: 'scale', value: 1e39 };
        expect(operationShape.safeParse(shape).success).toBe(false);
        expect(operationShape.safeParse({ ...shape, value: 1, strength: 1e39 }).success).toBe(false);
        expect(operationShape.safeParse({ ...shape, value: 2 }).success).toBe(true);
        expect(() => parseShorthand({ amplify: 'de:1e39' })).toThrow(/takes languages and factors/);
    });
});
