import type { DeactivationSet } from '../../experiments/DeactivationMatrix.js';
import { deactivationFigure } from '../figures/deactivationFigure.js';
import { LEAST_LIMIT, LINEAR_UP_TO } from '../figures/divergingScale.js';
import { html, type Html } from '../html.js';
import { setFacts } from '../matrixFacts.js';
import { cellOf, type Measured } from '../numbers.js';
import { setLabel, setSentences } from '../setSentences.js';
import { deactivationTable } from '../tables/deactivationTable.js';
import { htmlTable } from '../tables/htmlTable.js';
import type { Section } from './Section.js';

/** What the removal of each language's neurons does to each language. */
export function deactivationSection(name: string, set: DeactivationSet): Section {
    const table = deactivationTable(name, set);
    return {
        id: table.name,
        title: `Deactivating ${setLabel(name)} neurons`,
        spec: deactivationFigure(name, set),
        label: `Change of perplexity in each language when the ${setLabel(name)} neurons of each language are deactivated, beside a random control`,
        wide: true,
        caption: html`
<p>${setSentences(setFacts(name, set)).join(' ')}</p>
<p>How to read it: rows are the languages whose neurons are set to 0, columns the languages then scored. A cell is
the change of perplexity in percent of its column’s baseline: red worse, blue better, grey not measured; a language’s
own cells are outlined. A dark diagonal in otherwise pale rows says that the neurons serve their language. The control
removes as many random neurons from the same layers. Both share one colour scale, proportional up to
±${LINEAR_UP_TO}&nbsp;% and logarithmic beyond, up to the largest finite change of either (${LEAST_LIMIT}&nbsp;% at least).</p>
<p class="paper">Corresponds to figs. 2 and 6–13 of the paper. Changes here are relative, so that languages whose
perplexities differ in size can be compared; absolute ones are in the numbers below.</p>`,
        numbers: numbers(set),
        table,
    };
}

function numbers(set: DeactivationSet): Html {
    const matrix = (heading: string, rows: [string, ...Measured[]][], columns: readonly string[], leadRows = 0) => html`
<h4>${heading}</h4>
${htmlTable({ name: heading, columns, rows }, { leadRows })}`;
    const grid = (of: DeactivationSet['values']) =>
        set.rows.map((row, r): [string, ...Measured[]] => [row, ...set.columns.map((_, c) => cellOf(of, r, c))]);
    const header = ['deactivated', ...set.columns];
    const baseline: [string, ...Measured[]] = ['none (baseline)', ...set.columns.map((_, c) => set.baseline[c] ?? null)];
    return html`
${matrix('Perplexity', [baseline, ...grid(set.values)], header, 1)}
${matrix('Change of perplexity', grid(set.change), header)}
${matrix('Change of perplexity in the random control', grid(set.control), header)}
${matrix('Scored tokens', grid(set.samples), header)}
${matrix('Neurons deactivated', set.rows.map((row, r) => [row, set.neurons[r] ?? null]), ['language', 'neurons'])}`;
}
