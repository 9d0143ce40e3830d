import { describe, expect, it } from 'vitest';
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

    it('names bars of one label in a row once', () => {
        const bars = ['en', 'en', 'de', 'en'].map((label, i) => ({ label, group: `g${i % 2}`, value: i }));
        const spec = JSON.stringify(checkFigure({ form: 'bars', title: 't', numbers: 'number', bars }));
        const [, labels] = /"labelExpr":"(\{.*?\})\[datum/.exec(spec)!;
        expect(JSON.parse(labels!.replaceAll('\\"', '"'))).toEqual({ 0: 'en', 1: '', 2: 'de', 3: 'en' });
    });
});
