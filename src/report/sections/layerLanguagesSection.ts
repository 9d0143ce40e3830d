import { layerLanguagesFigure } from '../figures/layerLanguagesFigure.js';
import { html } from '../html.js';
import type { ReportInput } from '../Report.js';
import { layerLanguagesTable } from '../tables/analysisTables.js';
import { htmlTable } from '../tables/htmlTable.js';
import type { Section } from './Section.js';

/** In which layers each language's neurons are. */
export function layerLanguagesSection({ analysis }: ReportInput): Section {
    const table = layerLanguagesTable(analysis);
    return {
        id: table.name,
        chapter: 'neurons',
        title: 'Neurons by language and layer',
        spec: layerLanguagesFigure(table),
        label: 'Number of specific and related neurons of each language in each layer',
        wide: true,
        caption: html`<p>
            The specific and related neurons of each language in each layer. The stronger the colour, the more; grey
            cells have none.
        </p>`,
        numbers: htmlTable(table),
        table,
    };
}
