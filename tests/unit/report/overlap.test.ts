import { expect, it } from 'vitest';
import { renderSvg } from '../../../src/report/figures/renderSvg.js';
import { overlapSection, overlapTable, showsOverlap } from '../../../src/report/sections/overlapSection.js';
import { buildAnalysis } from './fixture.js';

const neurons = {
    specific: { en: [[0, 1]], de: [[0, 2]], zh: [] },
    related: { en: [], de: [[1, 7]], zh: [[1, 7]] },
    general: [],
} as const;
const analysis = { ...buildAnalysis({ languages: ['en', 'de', 'zh'] }), neurons };

it('the overlap has a row for each two languages, and a cell for each that share a place', async () => {
    expect(overlapTable(analysis).rows).toEqual([
        ['en', 'de', 0, 3, 0],
        ['en', 'zh', 0, 2, 0],
        ['de', 'zh', 1, 2, 0.5],
    ]);
    const { spec, id, label } = overlapSection(analysis);
    const svg = await renderSvg(spec, id, label);
    expect([...svg.matchAll(/>50</g)]).toHaveLength(2);
    expect([...svg.matchAll(/>0</g)].length).toBeGreaterThanOrEqual(4);
});

it('the overlap is left out where no two languages share a neuron', () => {
    expect(showsOverlap(analysis)).toBe(true);
    expect(showsOverlap({ ...analysis, neurons: { ...neurons, related: { en: [], de: [], zh: [] } } })).toBe(false);
});
