import type { Stability } from '../../neurons/NeuronAnalysis.js';
import { stabilityFigure } from '../figures/stabilityFigure.js';
import { formatShare } from '../../support/format.js';
import { html } from '../html.js';
import { stabilityTable } from '../tables/analysisTables.js';
import { htmlTable } from '../tables/htmlTable.js';
import type { Section } from './Section.js';

/** How sure the classes are. */
export function stabilitySection(stability: Stability): Section {
    const table = stabilityTable(stability);
    return {
        id: table.name,
        chapter: 'neurons',
        title: 'How sure the classes are',
        spec: stabilityFigure(stability),
        label: 'Share of the neurons of each class that are found again on other texts',
        caption: html` <p>
                The texts were counted in ${stability.folds} parts. Kept: the share of a class’s neurons that keep it
                when one part is left out (specific ones their language too), on average. Overlap: 2|A ∩ B| / (|A| +
                |B|) of the classes found on two halves of the texts, on average over ${stability.halves} divisions:
                what two researchers with different texts would agree on.
            </p>
            <p>
                Values near 1 say that the neurons belong to the model; low ones, that they belong to these texts, and
                that more text is needed.
            </p>`,
        numbers: htmlTable(table, { formats: { kept: formatShare, overlap: formatShare } }),
        table,
    };
}
