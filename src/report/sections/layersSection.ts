import { analysisFacts, type Extreme } from '../facts/analysisFacts.js';
import { layersFigure } from '../figures/layersFigure.js';
import { formatCount, formatList } from '../../support/format.js';
import { html } from '../../support/html.js';
import { formatConfidence, stagesSentence } from '../sentences/summary.js';
import type { ReportInput } from '../input/Report.js';
import { layersTable } from '../tables/analysisTables.js';
import { htmlTable } from '../tables/htmlTable.js';
import { section, type Section } from './Section.js';

/** Where in the model the three classes lie. */
export function layersSection({ analysis }: ReportInput): Section {
    const { languagePeak, generalPeak } = analysisFacts(analysis);
    const table = layersTable(analysis);
    const stages = {
        name: 'stages',
        columns: ['stage', 'first layer', 'last layer'],
        rows: analysis.stages.stages.map(({ name, first, last }) => [name, first, last]),
    };
    return section('neurons', table, {
        title: 'Neurons by layer',
        spec: layersFigure(analysis),
        label: 'Number of language-specific, language-related and general neurons in each layer',
        caption: html` <p>
                The number of neurons of each class in each layer, from the first layer (left) to the last. General
                neurons have a panel and a scale of their own below, since their numbers are of another size.
            </p>
            <p>Specific and related neurons together peak ${peak(languagePeak)}, general ones ${peak(generalPeak)}.</p>
            <p class="paper">
                Corresponds to fig. 3 of the paper, which reads four stages off it: understanding (specific and related
                neurons peak, general ones are few), reasoning in a shared space (nearly all are general),
                transformation into the output language (a second peak of specific and related ones), and output of the
                vocabulary (general neurons at their most in the last layers).
            </p>
            <p>${stagesSentence(analysis.stages)}</p>`,
        numbers: html`${htmlTable(table)}
            <h4>The four stages</h4>
            <p>${analysis.stages.rule} Here ${formatConfidence(analysis.stages.confidence)} fit worse.</p>
            ${htmlTable(stages)}`,
    });
}

function peak(extreme: Extreme<number>): string {
    if (extreme.value === 0) return 'nowhere (there are none)';
    const [first, ...others] = extreme.items;
    if (others.length > 3)
        return `in ${extreme.items.length} layers alike (${formatCount(extreme.value)} neurons each)`;
    const layers = formatList(extreme.items.map(String));
    return others.length === 0
        ? `in layer ${first ?? 0} (${formatCount(extreme.value)} neurons)`
        : `in layers ${layers} (${formatCount(extreme.value)} neurons each)`;
}
