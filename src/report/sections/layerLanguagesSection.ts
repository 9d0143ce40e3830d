import { html } from '../../support/html.js';
import type { ReportInput } from '../input/Report.js';
import { layerLanguagesTable } from '../tables/analysisTables.js';
import { section, type Section } from './Section.js';
import type { TopLevelSpec } from 'vega-lite';
import { formatCompact, formatQuantity } from '../../support/format.js';
import type { DataTable } from '../tables/DataTable.js';
import { heatmap } from '../figures/heatmap.js';
import { figureFrame, languageLabel } from '../figures/theme.js';

/** Fewer layers than this have cells with numbers wide enough to read. */
const wideUpTo = 20;

/** In which layers each language's neurons are. */
export function layerLanguagesSection({ analysis }: ReportInput): Section {
    const table = layerLanguagesTable(analysis);
    return section('neurons', table, {
        title: 'Neurons by language and layer',
        spec: layerLanguagesFigure(table),
        label: 'Number of specific and related neurons of each language in each layer',
        wide: true,
        caption: html`<p>
            The specific and related neurons of each language in each layer. The stronger the colour, the more; grey
            cells have none.
        </p>`,
    });
}

/** Neurons by language and layer, from `layerLanguagesTable`; the more, the redder. */
function layerLanguagesFigure({ columns, rows }: DataTable): TopLevelSpec {
    const layers = columns.slice(1);
    const most = Math.max(1, ...rows.flatMap(([, ...counts]) => counts as number[]));
    const cells = rows.flatMap(([language, ...counts]) =>
        (counts as number[]).map((count, layer) => ({
            row: languageLabel(language as string),
            column: layers[layer]!,
            // Square roots, so that few neurons are still seen beside many.
            position: count === 0 ? null : 0.05 + 0.95 * Math.sqrt(count / most),
            text: layers.length > wideUpTo || count === 0 ? '' : formatCompact(count),
            hover: `${language as string}, layer ${layer}: ${formatQuantity(count, 'neuron')}`,
        })),
    );
    const step = layers.length > wideUpTo ? Math.max(6, Math.floor(880 / layers.length)) : 42;
    return {
        ...figureFrame,
        ...heatmap(cells, {
            rows: rows.map(([language]) => languageLabel(language as string)),
            columns: layers,
            rowTitle: null,
            columnTitle: 'layer (0 is the first)',
            step,
        }),
    };
}
