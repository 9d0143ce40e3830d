import { histogramFigure } from '../figures/histogramFigure.js';
import { html } from '../../support/html.js';
import type { ReportInput } from '../input/Report.js';
import { histogramTable } from '../tables/analysisTables.js';
import { section, type Section } from './Section.js';

/** In how many languages neurons are high. */
export function histogramSection({ analysis }: ReportInput): Section {
    const l = analysis.languages.length;
    const table = histogramTable(analysis);
    return section('neurons', table, {
        title: 'Neurons by number of languages',
        spec: histogramFigure(analysis),
        label: 'Number of neurons by the number of languages in which they are high, selected neurons and all neurons',
        caption: html` <p>
                Neurons by N, the number of languages in which they are high. Above: the selected neurons; N = 1 are
                specific${l > 2 && html`, N = 2 to ${l - 1} related`}. Below: all neurons of the model on a logarithmic
                scale; N = ${l} are general, selected or not.
            </p>
            <p>
                A steep fall from N = 1 says that the selection prefers neurons of a single language. Selected neurons
                at N = 0 differ between languages, but are high in none and belong to no class.
            </p>
            <p class="paper">Fig. 5 of the paper shows how these numbers change with alignment, for N = 1 to ${l}.</p>`,
    });
}
