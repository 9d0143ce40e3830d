import { describe, expect, it } from 'vitest';
import { axisTicks } from '../../../src/report/figures/axisTicks.js';
import { doseFigure, drawnCurves } from '../../../src/report/figures/doseFigure.js';
import { renderSvg } from '../../../src/report/figures/renderSvg.js';
import { buildCurves } from './fixture.js';

describe('ticks of an axis', () => {
    it.each([
        [
            [0.9, 120],
            [1, 10, 100],
        ],
        [
            [0.4, 7],
            [0.5, 1, 2, 5],
        ],
        [
            [0.84, 1.31],
            [0.9, 1, 1.1, 1.2, 1.3],
        ],
        [
            [0.41, 0.76],
            [0.5, 0.6, 0.7],
        ],
        [
            [0.995, 1.0062],
            [0.996, 0.998, 1, 1.002, 1.004, 1.006],
        ],
    ] as const)('of a logarithmic one from %j are %j', (ends, ticks) => {
        expect(axisTicks(ends, true)).toEqual(ticks);
    });

    it.each([
        [
            [-0.3, 20.4],
            [0, 5, 10, 15, 20],
        ],
        [
            [-61, 4],
            [-60, -40, -20, 0],
        ],
        [[3, 3], [3]],
    ] as const)('of an even one from %j are %j', (ends, ticks) => {
        expect(axisTicks(ends, false)).toEqual(ticks);
    });

    it('are there where no language has as many neurons as the dose', async () => {
        const curves = buildCurves(['en', 'de']);
        const [, , high] = curves.doses;
        const few = { ...high!, share: 0.5, set: { ...high!.set, neurons: [900, 1500] } };
        const { x, xTicks } = drawnCurves({ ...curves, doses: [few] });
        expect(xTicks.length).toBeGreaterThan(2);
        for (const tick of xTicks) {
            expect(tick).toBeGreaterThanOrEqual(x[0]);
            expect(tick).toBeLessThanOrEqual(x[1]);
        }
        const svg = await renderSvg(doseFigure({ ...curves, doses: [few] }), 'dose', 'doses');
        for (const tick of xTicks) expect(svg).toContain(`>${tick}<`);
    });

    it('have labels without a prefix below 1', async () => {
        const curves = buildCurves(['en', 'de'], 0.5);
        const svg = await renderSvg(doseFigure(curves), 'dose', 'doses');
        expect(svg).toMatch(/>\d+k?</);
        expect(svg).not.toMatch(/>\d+m</);
    });
});
