import { languagesFigure } from '../figures/languagesFigure.js';
import { html, withCode } from '../../support/html.js';
import type { ReportInput } from '../input/Report.js';
import { languagesTable } from '../tables/analysisTables.js';
import { htmlTable } from '../tables/htmlTable.js';
import { section, type Section } from './Section.js';

/** How many neurons each language has. */
export function languagesSection({ analysis, tokens }: ReportInput): Section {
    const table = languagesTable(analysis, tokens);
    return section('neurons', table, {
        title: 'Neurons by language',
        spec: languagesFigure(analysis),
        label: 'Number of language-specific and language-related neurons of each language',
        caption: html` <p>
                Each bar is one language: its specific neurons first, then the related ones, the sum at the end. The
                language with the most neurons is at the top.
            </p>
            <p>
                A related neuron counts for each of its languages, so the bars add up to more than the number of
                selected neurons.
                ${
                    analysis.stability === undefined
                        ? withCode(
                              'How sure these numbers are is not known: collect with `folds: 5`, ' +
                                  'and the bars get intervals.',
                          )
                        : 'The whiskers are 95 % intervals of the sums. They come from leaving out each of ' +
                          `${analysis.stability.folds} parts of the texts in turn (jackknife).`
                }
            </p>
            <p class="paper">The paper compares English with the other languages in table 3.</p>`,
        numbers: htmlTable(table, { headings: { tokens: 'counted tokens' } }),
    });
}
