import { describe, expect, it } from 'vitest';
import { formats } from '../../../src/checks/checkWords.js';
import { checkFigure } from '../../../src/report/figures/checkFigure.js';

interface Scaled {
    readonly scale: { readonly range: readonly string[] };
}

describe('the figure of a check', () => {
    it.each([2, 6, 13])('tells %i lines apart by colour and shape together', (count) => {
        const lines = Array.from({ length: count }, (_, i) => ({ label: `line ${i}`, points: [{ x: 1, y: i }] }));
        const spec = checkFigure({ form: 'lines', xTitle: 'x', xLog: false, yTitle: 'y', numbers: 'count', lines });
        const [panel] = (spec as unknown as { vconcat: { layer: { encoding: Record<string, Scaled> }[] }[] }).vconcat;
        const { color, shape } = panel!.layer.at(-1)!.encoding;
        const looks = color!.scale.range.map((one, i) => `${one} ${shape!.scale.range[i]!}`);
        expect(new Set(looks).size).toBe(count);
    });

    it('has a legend no wider than the plot, whatever its labels', () => {
        const columnsOf = (...groups: string[]): string | undefined => {
            const bars = groups.map((group) => ({ label: 'en', group, value: 1 }));
            const spec = JSON.stringify(checkFigure({ form: 'bars', title: 't', numbers: 'number', bars }));
            return /"columns":(\d+)/.exec(spec)?.[1];
        };
        expect(columnsOf('own', 'random')).toBe('3');
        expect(columnsOf('on other texts', 'on the texts they were found on')).toBe('2');
        expect(columnsOf('the analysis', 'labels permuted over texts, mean of 20')).toBe('1');
    });

    it('names whole places alone beside a bar of colours', () => {
        const labelsOf = (most: number): string[] => {
            const values = [[1, most]];
            const grid = { title: 'place', rows: ['zero'], columns: ['en', 'de'], values, outlined: [], grey: [] };
            const titles = { rowTitle: 'operation', columnTitle: 'language' };
            const spec = checkFigure({ form: 'grid', numbers: 'count', ...grid, ...titles });
            const [, bar] = (spec as unknown as { vconcat: object[] }).vconcat;
            return [.../'(\d[^']*)'/g[Symbol.matchAll](JSON.stringify(bar))].map(([, label]) => label!);
        };
        expect(labelsOf(1)).toEqual(['0', '1']);
        expect(labelsOf(4)).toEqual(['0', '2', '4']);
        expect(labelsOf(5)).toEqual(['0', '5']);
    });

    it('names bars of one label in a row once', () => {
        const bars = ['en', 'en', 'de', 'en'].map((label, i) => ({ label, group: `g${i % 2}`, value: i }));
        const spec = JSON.stringify(checkFigure({ form: 'bars', title: 't', numbers: 'number', bars }));
        const [, labels] = /"labelExpr":"(\{.*?\})\[datum/.exec(spec)!;
        expect(JSON.parse(labels!.replaceAll('\\"', '"'))).toEqual({ 0: 'en', 1: '', 2: 'de', 3: 'en' });
    });

    it('cuts a bar that would make the others invisible, and says so', () => {
        const barsOf = (numbers: readonly number[]): { spec: string; values: (number | null)[] } => {
            const bars = numbers.map((value, i) => ({ label: `l${i}`, group: '', value }));
            const spec = JSON.stringify(checkFigure({ form: 'bars', title: 'least', numbers: 'share', bars }));
            const { vconcat } = JSON.parse(spec) as { vconcat: { data: { values: { value: number }[] } }[] };
            return { spec, values: vconcat[0]!.data.values.map(({ value }) => value) };
        };
        const cut = barsOf([0.1, 0.2, 0.4, 1087.33, 0.3]);
        expect(cut.values).toEqual([0.1, 0.2, 0.4, 1.15 * 0.4, 0.3]);
        expect(cut.spec).toContain(`→ ${formats.share(1087.33)}`);
        expect(cut.spec).toContain('least (→: beyond the axis)');
        expect(cut.spec).not.toContain(`→ ${formats.share(0.4)}`);
        expect(barsOf([-0.1, 0.2, 0.4, -30, 0.3]).values).toEqual([-0.1, 0.2, 0.4, -1.15 * 0.4, 0.3]);
        for (const whole of [[0.1, 0.2, 0.4, 1.9, 0.3], [0, 0, 0, 5], [7]]) {
            expect(barsOf(whole).values).toEqual(whole);
            expect(barsOf(whole).spec).not.toContain('→');
        }
    });
});
