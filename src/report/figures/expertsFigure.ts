import type { TopLevelSpec } from 'vega-lite';
import { analysisSites, type ExpertAnalysis, type NeuronAnalysis } from '../../neurons/analysis/NeuronAnalysis.js';
import { sum } from '../../support/averages.js';
import { shareBarPanel, sharePosition } from './heatmap.js';
import { colors, figureFrame, languageLabel, wholeTicks } from './theme.js';
import { cellColor } from './palette.js';

/** Cells of a page that still opens at once; of more, a figure by layer takes their place. */
const mostCells = 12_000;
/** Panels beside each other. */
const columns = 2;
const [width, leastHeight, most] = [330, 60, 14];

/** A routed site's layer, and r of its experts, [experts][languages]. */
interface RoutedSite {
    readonly layer: number;
    readonly list: readonly (readonly number[])[];
}

/** Whether the figure shows every expert, or layers alone. */
export function showsExperts({ languages }: NeuronAnalysis, { shares }: ExpertAnalysis): boolean {
    return languages.length * sum(Object.values(shares), (list) => list.length) <= mostCells;
}

/**
 * The share r = n_e / T of a language's tokens that went through each expert: layer by expert, a panel a language. Of
 * very many experts, how far each language's routing is from that of all, layer by language.
 */
export function expertsFigure(analysis: NeuronAnalysis, experts: ExpertAnalysis): TopLevelSpec {
    const sites = analysisSites(analysis);
    const routed = Object.entries(experts.shares).map(([site, list]) => ({ layer: sites[Number(site)]!.layer, list }));
    return showsExperts(analysis, experts) ? sharesFigure(analysis, routed) : distanceFigure(analysis, routed);
}

/** The total variation distance of a language's routing at a site from the mean of all languages', in [0, 1]. */
export function routingDistance(list: readonly (readonly number[])[], language: number): number {
    let [distance, all] = [0, 0];
    for (const row of list) {
        const mean = sum(row) / row.length;
        distance += Math.abs(row[language]! - mean) / 2;
        all += mean;
    }
    return all === 0 ? 0 : distance / all;
}

function distanceFigure({ languages }: NeuronAnalysis, routed: readonly RoutedSite[]): TopLevelSpec {
    const layers = [...new Set(routed.map(({ layer }) => layer))];
    const values = routed.flatMap(({ layer, list }) =>
        languages.map((language, k) => ({
            layer,
            language: languageLabel(language),
            share: routingDistance(list, k),
        })),
    );
    const largest = Math.max(...values.map(({ share }) => share));
    return {
        ...figureFrame,
        vconcat: [
            {
                width: 2 * width,
                height: most * languages.length,
                data: { values: values.map((value) => ({ ...value, fill: fillOf(value.share, largest) })) },
                mark: { type: 'rect' },
                encoding: {
                    x: ordinal('layer', layers, 12),
                    y: {
                        field: 'language',
                        type: 'ordinal',
                        sort: languages.map(languageLabel),
                        axis: { title: null },
                    },
                    fill: filled,
                },
            },
            shareBarPanel('distance of routing from all languages’', largest),
        ],
    };
}

function sharesFigure(analysis: NeuronAnalysis, routed: readonly RoutedSite[]): TopLevelSpec {
    const experts = Math.max(...routed.map(({ list }) => list.length));
    const layers = [...new Set(routed.map(({ layer }) => layer))];
    const largest = Math.max(...routed.flatMap(({ list }) => list.flat()));
    const height = Math.max(leastHeight, Math.min(most, Math.ceil(320 / layers.length)) * layers.length);
    const concat = analysis.languages.map((language, k) => ({
        title: languageLabel(language),
        width,
        height,
        data: {
            values: routed.flatMap(({ layer, list }) =>
                list.map((row, expert) => ({ layer, expert, fill: fillOf(row[k]!, largest) })),
            ),
        },
        mark: { type: 'rect' as const },
        encoding: {
            x: ordinal('expert', [0, experts - 1], 9),
            y: ordinal('layer', layers, 8),
            fill: filled,
        },
    }));
    return {
        ...figureFrame,
        vconcat: [{ columns, spacing: 22, concat }, shareBarPanel('share of the language’s tokens', largest)],
    };
}

const filled = { field: 'fill', type: 'nominal' as const, scale: null };

/** Colours of the palette, which a dark page has its own of. */
function fillOf(share: number, largest: number): string {
    const position = sharePosition(share, largest);
    return position === null ? colors.noise : cellColor(position);
}

/** An axis of whole numbers, of which some are labelled. */
function ordinal(field: string, numbers: readonly number[], labels: number) {
    const values = wholeTicks(Math.min(...numbers), Math.max(...numbers), labels);
    return { field, type: 'ordinal' as const, axis: { values, labelAngle: 0, title: field } };
}
