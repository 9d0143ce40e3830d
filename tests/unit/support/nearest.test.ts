import { describe, expect, it } from 'vitest';
import { nearest } from '../../../src/support/nearest.js';

const known = ['collect', 'compare', 'identify', 'top-rate', 'topRate', 'languages', 'run'];

describe('the nearest name', () => {
    it.each([
        ['colect', 'collect'],
        ['COLLECT', 'collect'],
        ['toprate', 'top-rate'],
        ['top_rate', 'top-rate'],
        ['lang', 'languages'],
        ['identfy', 'identify'],
        ['rum', 'run'],
        ['comp', 'compare'],
        ['co', undefined],
        ['frobnicate', undefined],
        ['', undefined],
        ['--', undefined],
        ['x', undefined],
    ])('to %j is %j', (given, found) => {
        expect(nearest(given, known)).toBe(found);
    });

    it('is, of equally near ones, the one in which a letter was left out', () => {
        expect(nearest('sed', ['set', 'seed'])).toBe('seed');
        expect(nearest('sed', ['seed', 'set'])).toBe('seed');
        expect(nearest('sex', ['set', 'seed'])).toBe('set');
    });

    it('is none among none', () => {
        expect(nearest('collect', [])).toBeUndefined();
    });
});
