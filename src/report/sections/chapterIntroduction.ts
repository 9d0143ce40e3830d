import type { DeactivationMatrix } from '../../experiments/DeactivationMatrix.js';
import { metricOf } from '../../experiments/metrics.js';
import { isDeactivation } from '../../interventions/Operation.js';
import { doneWords } from '../../interventions/operationWords.js';
import { formatCount, formatList } from '../../support/format.js';
import { leastLimit, linearUpTo } from '../figures/divergingScale.js';
import { html, type Html } from '../html.js';
import { factsOf, type SetFacts, setsOf } from '../matrixFacts.js';
import type { ReportInput } from '../Report.js';
import { exceptionWords, setLabel, verdictLabel } from '../setSentences.js';
import { answerPairs } from './answerPairs.js';
import { neuronsList } from './neuronsList.js';
import { answersName } from './Section.js';

/** What a chapter begins with: its results beside each other, and how its figures are read. */
export function chapterIntroduction(input: ReportInput, chapter: string): Html | false {
    if (chapter === 'neuronsList') return neuronsList(input);
    const said = input.answers?.find(({ operation }) => answersName(operation) === chapter);
    if (said !== undefined) return answerPairs(said);
    if (chapter !== 'deactivation' && chapter !== 'intervention') return false;
    return setsOverview(input, chapter);
}

/** All sets of a chapter beside each other; nothing without a matrix. */
function setsOverview({ matrices }: ReportInput, chapter: 'deactivation' | 'intervention'): Html | false {
    const removed = chapter === 'deactivation';
    const measured = matrices.filter(({ operation }) => isDeactivation(operation) === removed);
    const sets = factsOf(measured);
    if (sets.length === 0) return false;
    const units = [...new Set(sets.map(({ metric }) => metric))].map((name) => {
        const { noun, unit } = metricOf(name);
        return `of ${noun} in ${unit}`;
    });
    return html` <section>
        <div class="table">
            <table data-fixed>
                <thead>
                    <tr>
                        <th scope="col">neurons ${removed ? 'deactivated' : 'changed'}</th>
                        <th scope="col" class="text">metric</th>
                        <th scope="col">own language hurt most</th>
                        <th scope="col">own language, mean</th>
                        <th scope="col">own language, median</th>
                        <th scope="col">other languages, mean</th>
                        <th scope="col" class="text">reading</th>
                    </tr>
                </thead>
                <tbody>
                    ${sets.map(overviewRows)}
                </tbody>
            </table>
        </div>
        <p class="small">
            Changes ${formatList(units)}; means and medians leave out values that are not finite. A language is hurt
            most where it gets worse, and more so than every other language in the row. “Selective” means: the own
            language gets worse than in the control, and so many languages hurt most would come about by chance, each
            language being equally likely, with a probability below 5 %.
        </p>
        ${readingGuide(measured, removed)}
    </section>`;
}

function overviewRows(facts: SetFacts): Html {
    const of = `of ${formatCount(facts.compared)}`;
    const { noun, formatEffect } = metricOf(facts.metric);
    return html` <tr>
            <th scope="row">
                ${setLabel(facts.set)}${!isDeactivation(facts.operation) && html`, ${doneWords(facts.operation)}`}
            </th>
            <td class="text">${noun}</td>
            <td>${facts.hits} ${of}${exceptionWords(facts)}</td>
            <td>${formatEffect(facts.own)}</td>
            <td>${formatEffect(facts.ownMedian)}</td>
            <td>${formatEffect(facts.others)}</td>
            <td class="text">${verdictLabel(facts)}</td>
        </tr>
        <tr class="control">
            <th scope="row">random, as many</th>
            <td class="text">${noun}</td>
            <td>${facts.controlHits} ${of}</td>
            <td>${formatEffect(facts.controlOwn)}</td>
            <td>${formatEffect(facts.controlOwnMedian)}</td>
            <td>${formatEffect(facts.controlOthers)}</td>
            <td class="text">chance: ${facts.expectedHits.toFixed(1)} ${of}</td>
        </tr>`;
}

/** How the chapter's matrices are read, once for all of them. */
function readingGuide(matrices: readonly DeactivationMatrix[], removed: boolean): Html | false {
    if (matrices.length === 0) return false;
    const words = [...new Set(matrices.map(({ metric }) => metric))].map(metricOf);
    const seeds = Math.max(...matrices.flatMap((matrix) => setsOf(matrix).map(([, set]) => set.controls.length)), 0);
    const done = removed ? 'are set to 0' : 'are changed';
    return html`<div class="guide">
        <p>
            How to read the matrices: rows are the languages whose neurons ${done}, columns the languages then
            evaluated; a language’s own cells are outlined. Red is worse, blue is better. Grey cells do not differ from
            the random control with 95 % (${[...new Set(words.map(({ intervals }) => intervals.toldBy))].join('; ')}),
            and a control’s are those whose change is within that margin. A red diagonal on grey says that the neurons
            serve their language. The control ${removed ? 'removes' : 'changes'} as many random neurons of the same
            layers${seeds > 1 && html`, on average over ${seeds} seeds`}.
            ${words.map(({ intervals }) => intervals.tooFew?.rule)} All figures of one metric share one colour scale,
            proportional up to ±${linearUpTo}&nbsp;% and logarithmic beyond, up to the largest finite change
            (${leastLimit}&nbsp;% at least).
        </p>
        ${removed && words.map(({ paper }) => paper !== undefined && html`<p class="paper">${paper}</p>`)}
    </div>`;
}
