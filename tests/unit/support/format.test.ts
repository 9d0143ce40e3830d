import { describe, expect, it } from 'vitest';
import { divergingScale } from '../../../src/report/figures/heatmap.js';
import { labelText, wholeTicks } from '../../../src/report/figures/theme.js';
import {
    formatCell,
    formatCompact,
    formatChange,
    formatLarge,
    formatList,
    formatMeasured,
    formatNumber,
    formatPercentPoints,
    formatShare,
    formatShort,
} from '../../../src/support/format.js';
import { html, raw } from '../../../src/support/html.js';
import { relativeChange } from '../../../src/experiments/resultFiles/matrixTable.js';
import { median } from '../../../src/support/averages.js';
import { binomialTail } from '../../../src/report/facts/numbers.js';

describe('numbers in words', () => {
    it.each([
        [formatCell(0.0049), '0'],
        [formatCell(-0.125), '−0.13'],
        [formatCell(1.5), '+1.50'],
        [formatCell(12.34), '+12'],
        [formatCell(Infinity), '+∞'],
        [formatPercentPoints(0.04), '0'],
        [formatPercentPoints(3.04), '+3.0'],
        [formatPercentPoints(-9.96), '−10'],
        [formatPercentPoints(999.6), '+1k'],
        [formatPercentPoints(Infinity), '+∞'],
        [formatPercentPoints(null), 'n/a'],
        [formatChange(0.341), '+34\u00a0%'],
        [formatChange(436.83), '+43,683\u00a0%'],
        [formatShare(0.4067), '40.7\u00a0%'],
        [formatShare(0.0012), '0.12\u00a0%'],
        [formatShare(9.99), '999\u00a0%'],
        [formatShare(123.456), '12,346\u00a0%'],
        [formatNumber(0.5644363), '0.56444'],
        [formatNumber(-1234), '−1,234'],
        [formatNumber(NaN), 'NaN'],
        [formatNumber(3.1), '3.1'],
        [formatMeasured(3.1), '3.10'],
        [formatMeasured(3.0996), '3.10'],
        [formatMeasured(0.5), '0.500'],
        [formatMeasured(45.04), '45.0'],
        [formatMeasured(-12_345.6), '−12,300'],
        [formatMeasured(0.00001), '1.00e−5'],
        [formatMeasured(12), '12'],
        [formatMeasured(null), 'n/a'],
        [formatShort(0.5), '0.5'],
        [formatLarge(4_229_741), '4.2 million'],
        [formatLarge(512), '512'],
        [formatList(['en', 'de', 'fr']), 'en, de and fr'],
        [formatList(['en', 'de', 'fr', 'th'], { most: 2 }), 'en, de and 2 more'],
        [formatList(['en', 'de'], { most: 2, last: 'or' }), 'en or de'],
        [formatList(['en'], { most: 0 }), 'en'],
        [formatList([]), ''],
        [formatCompact(0), '0'],
        [formatCompact(1e18), '1e18'],
    ])('%s is %s', (actual, expected) => expect(actual).toBe(expected));
});

describe('arithmetic', () => {
    it('does not take a missing value for 0', () => {
        expect(relativeChange(null, 5)).toBeNull();
        expect(relativeChange(2, null)).toBeNull();
        expect(relativeChange(2, 8)).toBe(0.25);
    });

    it('knows medians and tails', () => {
        expect(median([3, Infinity, null, 1, 10])).toBe(3);
        expect(median([1, 2])).toBe(1.5);
        expect(median([])).toBeNull();
        // Rolling at least 2 heads in 3 throws: (3 + 1) / 8.
        expect(binomialTail(2, 3, 0.5)).toBe(0.5); // halves are exact
        expect(binomialTail(0, 3, 0.5)).toBe(1);
        expect(binomialTail(10, 10, 0.1)).toBeCloseTo(1e-10, 15); // 1.0e-16: it is what 1 lacks
    });
});

describe('the colour scale', () => {
    it('is centred at 0, symmetric, monotone and ends at the largest finite change', () => {
        const { position, limit } = divergingScale([250, -3, Infinity, NaN, null]);
        expect(limit).toBe(250);
        expect(position(0)).toBe(0);
        expect(position(-40)).toBe(-(position(40) ?? NaN));
        expect([position(250), position(Infinity), position(-Infinity)]).toEqual([1, 1, -1]);
        expect([position(NaN), position(null)]).toEqual([null, null]);
        expect(position(2)).toBeLessThan(position(2.1) ?? 0);
    });

    it('keeps noise pale', () => {
        expect(divergingScale([0.01, -0.02]).position(0.02)).toBeLessThan(0.02);
        expect(divergingScale([]).limit).toBe(10);
    });

    it('labels a few values in rising order', () => {
        for (const limit of [10, 19, 250, 4e4, 1e12]) {
            const { ticks } = divergingScale([limit]);
            const positions = ticks.map((tick) => tick.position);
            expect(positions).toEqual([...positions].sort((a, b) => a - b));
            expect(ticks.length).toBeLessThanOrEqual(9);
            expect(new Set(ticks.map((tick) => tick.label)).size).toBe(ticks.length);
        }
    });
});

describe('labels', () => {
    it('thins whole ticks', () => {
        expect(wholeTicks(0, 3, 12)).toEqual([0, 1, 2, 3]);
        expect(wholeTicks(0, 31, 12)).toEqual([0, 5, 10, 15, 20, 25, 30]);
        expect(wholeTicks(0, 0, 12)).toEqual([0]);
    });

    it('drops what XML forbids', () => {
        expect(labelText('a\u0000b\nc\ud800')).toBe('a b c ');
        expect(labelText('中文 \u{1f600}')).toBe('中文 \u{1f600}');
    });
});

describe('html', () => {
    it('escapes text, keeps markup and drops nothingness', () => {
        const inner = html`<b title="${'"'}">${'<&>'}</b>`;
        expect(html`<p>${inner}${[raw('<i>'), 1, 0]}${false}${null}${undefined}</p>`.toString()).toBe(
            '<p><b title="&quot;">&lt;&amp;&gt;</b><i>10</p>',
        );
    });
});
