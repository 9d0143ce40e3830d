import { neuronClasses, type Stability } from '../../neurons/analysis/NeuronAnalysis.js';
import { formatShare } from '../../support/format.js';
import { html } from '../../support/html.js';
import { stabilityTable } from '../tables/analysisTables.js';
import { htmlTable } from '../tables/htmlTable.js';
import { section, type Section } from './Section.js';
import type { TopLevelSpec } from 'vega-lite';
import { shareBars } from '../figures/shareBars.js';

/** How sure the classes are. */
export function stabilitySection(stability: Stability): Section {
    const table = stabilityTable(stability);
    return section('neurons', table, {
        title: 'How sure the classes are',
        spec: stabilityFigure(stability),
        label: 'Share of the neurons of each class that are found again on other texts',
        caption: html` <p>
                The texts were counted in ${stability.folds} parts. Above: the share of a class’s neurons that keep the
                class (specific ones their language too) when one part is left out, on average over the parts. Below:
                how far the classes A and B that are found on two halves of the texts agree, 2|A∩B| / (|A|+|B|), on
                average over ${stability.halves} divisions. That is what two researchers with different texts would
                agree on.
            </p>
            <p>
                Shares near 100 % say that the neurons belong to the model. Low ones say that they belong to these
                texts, and that more text is needed.
            </p>`,
        numbers: htmlTable(table, { formats: { kept: formatShare, overlap: formatShare } }),
    });
}

/** Shares of each class that are kept without a fold, and that two halves agree on. */
function stabilityFigure({ classes }: Stability): TopLevelSpec {
    return shareBars([
        {
            title: 'Kept when a part of the texts is left out',
            shares: neuronClasses.map((kind) => [kind, classes[kind].kept]),
        },
        {
            title: 'Overlap of two halves of the texts',
            shares: neuronClasses.map((kind) => [kind, classes[kind].overlap]),
        },
    ]);
}
