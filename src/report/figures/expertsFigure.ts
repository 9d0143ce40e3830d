import type { TopLevelSpec } from 'vega-lite';
import { analysisSites, type ExpertAnalysis, type NeuronAnalysis } from '../../neurons/NeuronAnalysis.js';
import { COLORS, CONFIG, labelText, wholeTicks } from './theme.js';

/** Panels beside each other. */
const columns = 2;
const [width, leastHeight, most] = [330, 60, 14];

/** The share r = n_e / T of a language's tokens that went through each expert: layer by expert, a panel a language. */
export function expertsFigure(analysis: NeuronAnalysis, { shares }: ExpertAnalysis): TopLevelSpec {
    const sites = analysisSites(analysis);
    const routed = Object.entries(shares).map(([site, list]) => ({ layer: sites[Number(site)]!.layer, list }));
    const experts = Math.max(...routed.map(({ list }) => list.length));
    const layers = [...new Set(routed.map(({ layer }) => layer))];
    const largest = Math.max(...routed.flatMap(({ list }) => list.flat()));
    const height = Math.max(leastHeight, Math.min(most, Math.ceil(320 / layers.length)) * layers.length);
    return {
        background: COLORS.background,
        padding: { left: 6, right: 12, top: 8, bottom: 6 },
        config: CONFIG,
        columns,
        spacing: 22,
        concat: analysis.languages.map((language, k) => ({
            title: labelText(language),
            width,
            height,
            data: { values: routed.flatMap(({ layer, list }) => list.map((row, expert) => ({ layer, expert, share: row[k] }))) },
            mark: { type: 'rect' },
            encoding: {
                x: { field: 'expert', type: 'ordinal', axis: { values: wholeTicks(0, experts - 1, 9), labelAngle: 0, title: 'expert' } },
                y: { field: 'layer', type: 'ordinal', axis: { values: wholeTicks(Math.min(...layers), Math.max(...layers), 8), title: 'layer' } },
                color: {
                    field: 'share',
                    type: 'quantitative',
                    scale: { domain: [0, largest], scheme: 'blues' },
                    legend: k === 0 ? { title: 'share of tokens', orient: 'top', format: '.0%' } : null,
                },
            },
        })),
    };
}
