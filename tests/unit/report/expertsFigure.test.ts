import { describe, expect, it } from 'vitest';
import type { Site } from '../../../src/engine/types/Site.js';
import type { ExpertAnalysis, NeuronAnalysis } from '../../../src/neurons/analysis/NeuronAnalysis.js';
import { expertsFigure, routingDistance, showsExperts } from '../../../src/report/figures/expertsFigure.js';
import { renderSvg } from '../../../src/report/figures/renderSvg.js';

const languages = ['en', 'ru', 'es', 'fr', 'de', 'zh', 'ja', 'bn', 'th', 'sw'];

function mixture(layers: number, experts: number): [NeuronAnalysis, ExpertAnalysis] {
    const sites: Site[] = Array.from({ length: layers }, (_, layer) => ({ layer, kind: 'routed', width: 4, experts }));
    const row = (e: number): number[] => languages.map((_, k) => ((e + k) % 5) / (2 * experts));
    const shares = Object.fromEntries(sites.map((_, i) => [i, Array.from({ length: experts }, (__, e) => row(e))]));
    return [
        { languages, sites, widths: sites.map(() => 4 * experts) } as unknown as NeuronAnalysis,
        { shares } as unknown as ExpertAnalysis,
    ];
}

describe('the figure of experts', () => {
    it('has a cell for each expert and language while they are few', async () => {
        const mixed = mixture(4, 8);
        expect(showsExperts(...mixed)).toBe(true);
        const svg = await renderSvg(expertsFigure(...mixed), 'experts', 'experts');
        expect(svg.match(/<path/g)!.length).toBeGreaterThanOrEqual(4 * 8 * languages.length);
    });

    it('stays a page that opens with 48 layers of 128 experts', async () => {
        const mixed = mixture(48, 128);
        expect(showsExperts(...mixed)).toBe(false);
        const svg = await renderSvg(expertsFigure(...mixed), 'experts', 'experts');
        expect(svg.length).toBeLessThan(500_000);
        expect(svg).not.toContain('NaN');
        for (const language of languages) expect(svg).toContain(`>${language}`);
    });
});

describe('the distance of a language’s routing', () => {
    it('is 0 where all go the same way, and near 1 where one of many goes alone', () => {
        expect(
            routingDistance(
                [
                    [0.5, 0.5],
                    [0.5, 0.5],
                ],
                0,
            ),
        ).toBe(0);
        expect(
            routingDistance(
                [
                    [1, 0],
                    [0, 1],
                ],
                0,
            ),
        ).toBe(0.5); // half of the mean is its own
        expect(
            routingDistance(
                [
                    [1, ...Array<number>(9).fill(0)],
                    [0, ...Array<number>(9).fill(1)],
                ],
                0,
            ),
        ).toBeCloseTo(0.9);
    });

    it('does not depend on how many experts a token goes through', () => {
        expect(
            routingDistance(
                [
                    [1, 0],
                    [1, 0],
                    [0, 1],
                    [0, 1],
                ],
                1,
            ),
        ).toBe(
            routingDistance(
                [
                    [1, 0],
                    [0, 1],
                ],
                1,
            ),
        );
    });
});
