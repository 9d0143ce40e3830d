import type { SaidAnswers } from '../../experiments/saidAnswers.js';
import { formatShare } from '../../support/format.js';
import { answerLanguagesFigure, ownGrid } from '../figures/answerLanguagesFigure.js';
import { html, type Html } from '../html.js';
import { sum } from '../numbers.js';
import { setLabel } from '../setSentences.js';
import type { DataTable } from '../tables/DataTable.js';
import { htmlTable } from '../tables/htmlTable.js';
import type { Section } from './Section.js';

/** In tables, answers whose language is not recognised. */
const unknown = 'unknown';
/** Most languages that the caption names. */
const mostNamed = 5;

/** In which languages the model answers, whole and without each language's neurons. */
export function answerLanguagesSection(answers: SaidAnswers): Section {
    const label = setLabel(answers.set);
    return {
        id: 'answer-languages',
        chapter: 'answers',
        title: 'Languages of the answers',
        spec: answerLanguagesFigure(answers),
        label: 'Share of the answers in each language by the language of the question, whole and without its neurons',
        wide: true,
        caption: html`<p>${switches(answers)}</p>
            <p>
                Numbers are percent of the answers to questions in a row’s language. Above: in which language they are,
                of the whole model and without the ${label} neurons of the row’s language; blue is the language of the
                question, red another, ? a language that is not recognised. Below: answers in another language than the
                question’s without the neurons of each language (rows).
            </p>`,
        numbers: html`${matrix('The whole model', answers, answers.whole)}
            ${matrix('Without the neurons of the question’s language', answers, ownGrid(answers))}
            <p>The file has these numbers without the neurons of each language.</p>`,
        table: languagesOfAnswers(answers),
    };
}

/** Which languages are answered in another one without their neurons. */
function switches(answers: SaidAnswers): string {
    const { asked, told } = answers;
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
    if (left.length === 0) return 'Without its own neurons, no language is answered in another.';
    const named = left
        .slice(0, mostNamed)
        .map(({ language, share, to }) => `${language} ${formatShare(share)} (mostly in ${to})`);
    const more = left.length > mostNamed ? `; fewer in ${left.length - mostNamed} other languages` : '';
    return `Without their own neurons, languages are answered in another: ${named.join(', ')}${more}.`;
}

function matrix(heading: string, { asked, told }: SaidAnswers, counts: readonly (readonly number[])[]): Html {
    const rows = asked.map((language, a) => [language, ...counts[a]!]);
    return html` <h4>${heading}</h4>
        ${htmlTable({ name: heading, columns: ['language', ...told.map((language) => language ?? unknown)], rows })}`;
}

function languagesOfAnswers({ rows, asked, told, whole, without }: SaidAnswers): DataTable {
    const grids = [{ removed: 'none', grid: whole }, ...rows.map((removed, r) => ({ removed, grid: without[r]! }))];
    return {
        name: 'answer-languages',
        columns: ['removed', 'asked', 'answered', 'answers'],
        rows: grids.flatMap(({ removed, grid }) =>
            asked.flatMap((language, a) =>
                told
                    .map((answered, t) => [removed, language, answered ?? unknown, grid[a]![t]!])
                    .filter(([, , , count]) => count !== 0),
            ),
        ),
    };
}
