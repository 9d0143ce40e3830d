import { languageOverlap, type LanguageOverlap } from '../../neurons/analysis/languageOverlap.js';
import type { NeuronAnalysis } from '../../neurons/analysis/NeuronAnalysis.js';
import { html } from '../../support/html.js';
import type { DataTable } from '../tables/DataTable.js';
import { section, type Section } from './Section.js';
import type { TopLevelSpec } from 'vega-lite';
import { formatShare } from '../../support/format.js';
import { heatmap, type HeatmapCell, shareBarPanel, sharePosition } from '../figures/heatmap.js';
import { figureFrame, languageLabel } from '../figures/theme.js';

/** More languages have no room for numbers in their cells. */
const mostNumbers = 12;

/** Whether any two languages share neurons. */
export function showsOverlap(analysis: NeuronAnalysis): boolean {
    return languageOverlap(analysis).shared.some((row, i) => row.some((both, j) => i !== j && both > 0));
}

/** Which languages share neurons, and how many. */
export function overlapSection(analysis: NeuronAnalysis): Section {
    const overlap = languageOverlap(analysis);
    const table = overlapTable(analysis);
    return section('neurons', table, {
        title: 'Neurons that languages share',
        spec: overlapFigure(overlap),
        label: 'Jaccard index of the neurons of each two languages',
        caption: html`<p>
                Each cell is two languages: the neurons that are specific or related to both, as a share of those that
                are specific or related to either (Jaccard index), in percent.
            </p>
            <p>
                Where one language has many neurons and the other few, the index is small even if they share all of the
                few.
            </p>`,
    });
}

/** A row for each two languages. */
export function overlapTable(analysis: NeuronAnalysis): DataTable {
    const { languages, shared, jaccard } = languageOverlap(analysis);
    return {
        name: 'overlap',
        columns: ['language', 'other', 'shared', 'neurons of either', 'jaccard'],
        rows: languages.flatMap((a, i) =>
            languages.slice(i + 1).map((b, offset) => {
                const j = i + 1 + offset;
                const both = shared[i]![j]!;
                return [a, b, both, shared[i]![i]! + shared[j]![j]! - both, jaccard[i]![j]!];
            }),
        ),
    };
}

/** Language by language, the share of their neurons that two have in common. The diagonal, always 1, is left empty. */
function overlapFigure({ languages, jaccard }: LanguageOverlap): TopLevelSpec {
    const largest = Math.max(0, ...jaccard.flatMap((row, i) => row.map((value, j) => (i === j ? 0 : (value ?? 0)))));
    const isNumbered = languages.length <= mostNumbers;
    const cells = languages.flatMap((a, i) =>
        languages.map((b, j): HeatmapCell => {
            const value = i === j ? null : jaccard[i]![j]!;
            return {
                row: languageLabel(a),
                column: b,
                position: value === null ? null : sharePosition(value, largest),
                text: value === null || !isNumbered ? '' : value === 0 ? '0' : String(Math.round(100 * value)),
                hover: value === null ? '' : `${a} and ${b}: ${formatShare(value)}`,
            };
        }),
    );
    const panel = heatmap(cells, {
        rows: languages.map(languageLabel),
        columns: languages,
        rowTitle: null,
        columnTitle: '',
        step: isNumbered ? 34 : 22,
    });
    return {
        ...figureFrame,
        spacing: 22,
        vconcat: [panel, shareBarPanel('neurons in common (Jaccard index)', largest)],
    };
}
