import type { TopLevelSpec } from 'vega-lite';
import type { LanguageOverlap } from '../../neurons/languageOverlap.js';
import { formatShare } from '../../support/format.js';
import { heatmap, type HeatmapCell, shareBarPanel, sharePosition } from './heatmap.js';
import { languageLabel } from './languageLabel.js';
import { figureFrame } from './theme.js';

/** More languages have no room for numbers in their cells. */
const mostNumbers = 12;

/** Language by language, the share of their neurons that two have in common. The diagonal, always 1, is left empty. */
export function overlapFigure({ languages, jaccard }: LanguageOverlap): TopLevelSpec {
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
