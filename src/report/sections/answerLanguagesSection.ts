import type { SaidAnswers } from '../../experiments/givenAnswers/saidAnswers.js';
import { stateWords } from '../../interventions/operationWords.js';
import { isDeactivation } from '../../interventions/Operation.js';
import { capitalized, formatShare } from '../../support/format.js';
import { answerLanguagesFigure, ownGrid } from '../figures/answerLanguagesFigure.js';
import { html, type Html } from '../../support/html.js';
import { sum } from '../../support/averages.js';
import { setLabel } from '../facts/setSentences.js';
import type { DataTable } from '../tables/DataTable.js';
import { htmlTable } from '../tables/htmlTable.js';
import { answersName, nameFor, section, type Section } from './Section.js';

/** In tables, answers whose language is not recognised. */
const unknown = 'unknown';
/** Most languages that the caption names. */
const mostNamed = 5;

/** In which languages the model answers, whole and where each language's neurons are changed. */
export function answerLanguagesSection(answers: SaidAnswers): Section {
    const { operation } = answers;
    const table = languagesOfAnswers(answers);
    const state = (whose: string): string => stateWords(`the ${setLabel(answers.set)} neurons of ${whose}`, operation);
    return section(answersName(answers), table, {
        title: `Languages of the answers, ${stateWords('own neurons', operation)}`,
        spec: answerLanguagesFigure(answers),
        label: `Share of the answers in each language by the language of the question, whole and ${state('it')}`,
        wide: true,
        caption: html`<p>${switches(answers)}</p>
            <p>
                Numbers are percent of the answers to questions in one language. Above: the languages of the answers, of
                the whole model and of the model ${state('the row’s language')}; blue is the language of the question,
                red another one, ? a language that is not recognised. Below: answers in another language than the
                question’s, of the model ${state('the row’s language')}.
            </p>`,
        numbers: html`${matrix('The whole model', answers, answers.whole)}
            ${matrix(capitalized(state('the question’s language')), answers, ownGrid(answers))}
            <p>The file has these numbers for the change of each language’s neurons.</p>`,
    });
}

/** Which languages are answered in another one where their neurons are changed. */
function switches(answers: SaidAnswers): string {
    const { asked, told, operation } = answers;
    const state = capitalized(stateWords('the neurons of the question’s language', operation));
    const left = ownGrid(answers)
        .flatMap((counts, a) => {
            const all = sum(counts);
            const elsewhere = counts.map((count, t) => (told[t] === undefined || told[t] === asked[a] ? 0 : count));
            const most = Math.max(...elsewhere);
            return most === 0
                ? []
                : [{ language: asked[a]!, share: sum(elsewhere) / all, to: told[elsewhere.indexOf(most)]! }];
        })
        .sort((a, b) => b.share - a.share);
    if (left.length === 0) return `${state}, no question is answered in another language.`;
    const named = left
        .slice(0, mostNamed)
        .map(({ language, share, to }) => `${language} ${formatShare(share)} (mostly in ${to})`);
    const more = left.length > mostNamed ? `; fewer in ${left.length - mostNamed} other languages` : '';
    return `${state}, questions are answered in another language: ${named.join(', ')}${more}.`;
}

function matrix(heading: string, { asked, told }: SaidAnswers, counts: readonly (readonly number[])[]): Html {
    const rows = asked.map((language, a) => [language, ...counts[a]!]);
    return html` <h4>${heading}</h4>
        ${htmlTable({ name: heading, columns: ['language', ...told.map((language) => language ?? unknown)], rows })}`;
}

function languagesOfAnswers(answers: SaidAnswers): DataTable {
    const { operation, rows, asked, told, whole, changed } = answers;
    const grids = [{ row: 'none', grid: whole }, ...rows.map((row, r) => ({ row, grid: changed[r]! }))];
    return {
        name: nameFor('answer-languages', answers),
        columns: [isDeactivation(operation) ? 'removed' : 'changed', 'asked', 'answered', 'answers'],
        rows: grids.flatMap(({ row, grid }) =>
            asked.flatMap((language, a) =>
                told
                    .map((answered, t) => [row, language, answered ?? unknown, grid[a]![t]!])
                    .filter(([, , , count]) => count !== 0),
            ),
        ),
    };
}
