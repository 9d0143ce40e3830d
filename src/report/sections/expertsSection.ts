import type { ExpertAnalysis } from '../../neurons/analysis/NeuronAnalysis.js';
import { sum } from '../../support/averages.js';
import { expertsFigure, showsExperts } from '../figures/expertsFigure.js';
import { formatCount, formatQuantity, formatShare } from '../../support/format.js';
import { html } from '../../support/html.js';
import type { ReportInput } from '../input/Report.js';
import type { DataTable } from '../tables/DataTable.js';
import { expertsTable } from '../tables/expertsTable.js';
import { htmlTable } from '../tables/htmlTable.js';
import { section, type Section } from './Section.js';

/** Rows of the table on the page; the file has all. */
const shown = 20;

/** Which experts a language's tokens go through. */
export function expertsSection({ analysis }: ReportInput, experts: ExpertAnalysis): Section {
    const table = expertsTable(analysis, experts);
    const specific = sum(Object.values(experts.specific), (list) => list.length);
    const all = sum(Object.values(experts.shares), (list) => list.length);
    const uneven = mostUneven(table);
    const tokens =
        experts.probability === 'conditional'
            ? html`the tokens that went through it, a / n<sub>e</sub>`
            : 'all tokens, a / T';
    return section('neurons', table, {
        title: 'Experts by language',
        spec: expertsFigure(analysis, experts),
        label: showsExperts(analysis, experts)
            ? 'Share of each language’s tokens that went through each expert, by layer and expert'
            : 'Distance of each language’s routing from that of all languages, by layer and language',
        wide: true,
        caption: html` ${
                showsExperts(analysis, experts)
                    ? ''
                    : html`<p>
                          So many experts are shown layer by layer. A cell is the share of a language’s routes that the
                          average over the languages sends elsewhere (total variation distance; 0 is no difference). The
                          file has each expert.
                      </p>`
            }
            <p>
                The router sends a share r = n<sub>e</sub> / T of a language’s counted tokens through each expert. That
                is shown here, apart from how often the expert’s neurons are active, which is measured on ${tokens}.
            </p>
            <p>
                ${formatCount(specific)} of ${formatQuantity(all, 'expert')} ${specific === 1 ? 'is' : 'are'} specific
                to a language, by the rule for neurons with r in place of the activation probability (high is above
                ${formatShare(experts.threshold)}).
                ${
                    experts.notAssessed > 0 &&
                    html`${formatQuantity(experts.notAssessed, 'neuron')} ${experts.notAssessed === 1 ? 'is' : 'are'}
                    not assessed, since fewer than ${formatCount(experts.minRouted)} tokens of some language went
                    through their expert.`
                }
            </p>`,
        numbers: html`<p>
                The ${formatCount(uneven.rows.length)} experts whose shares differ most between languages; the file has
                all.
            </p>
            ${htmlTable(uneven)}`,
    });
}

/** The rows of `expertsTable` whose shares differ most between languages. */
function mostUneven({ name, columns, rows }: DataTable): DataTable {
    const spread = ([, , , ...shares]: DataTable['rows'][number]): number =>
        Math.max(...(shares as number[])) - Math.min(...(shares as number[]));
    return { name, columns, rows: [...rows].sort((a, b) => spread(b) - spread(a)).slice(0, shown) };
}
