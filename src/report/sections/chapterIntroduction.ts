import type { DeactivationMatrix } from '../../experiments/results/DeactivationMatrix.js';
import { inUnit, shortUnit } from '../../experiments/metric/effectUnits.js';
import type { MetricWords } from '../../experiments/metric/Metric.js';
import { metricOf } from '../../experiments/registry/metrics.js';
import { isDeactivation } from '../../interventions/Operation.js';
import { doneWords } from '../../interventions/operationWords.js';
import { formatCount, formatList, formatShort } from '../../support/format.js';
import { leastLimit, linearUpTo } from '../figures/heatmap.js';
import { html, type Html } from '../../support/html.js';
import { factsOf, type SetFacts, setsOf } from '../facts/matrixFacts.js';
import type { ReportInput } from '../input/Report.js';
import { exceptionWords, setLabel, verdictLabel } from '../facts/setSentences.js';
import { tableOf, textHeading } from '../tables/htmlTable.js';
import { answerPairs } from './answerPairs.js';
import { neuronsList } from './neuronsList.js';
import { answersName } from './Section.js';
import { verdictTable } from './checkSections.js';
import { quantsOverview } from './quantsSection.js';
import { tunesOverview } from './tuneSection.js';

/** What a chapter begins with: its results beside each other, and how its figures are read. */
export function chapterIntroduction(input: ReportInput, chapter: string): Html | false {
    if (chapter === 'neuronsList') return neuronsList(input);
    if (chapter === 'tune') return tunesOverview(input.tunes ?? []);
    if (chapter === 'smallerFiles') return quantsOverview(input.quants);
    if (chapter === 'checks') return verdictTable(input.checks ?? []);
    const said = input.answers?.find((one) => answersName(one) === chapter);
    if (said !== undefined) return answerPairs(said);
    if (chapter !== 'deactivation' && chapter !== 'intervention') return false;
    return setsOverview(input, chapter);
}

/** All sets of a chapter beside each other; nothing without a matrix. */
function setsOverview(input: ReportInput, chapter: 'deactivation' | 'intervention'): Html | false {
    const removed = chapter === 'deactivation';
    const measured = input.matrices.filter(({ operation }) => isDeactivation(operation) === removed);
    const sets = factsOf(measured);
    if (sets.length === 0) return false;
    const units = [...new Set(sets.map(({ metric }) => metric))].map((name) => {
        const { noun, unit } = metricOf(name);
        return `of ${noun} in ${unit}`;
    });
    const headings = [
        `neurons ${removed ? 'deactivated' : 'changed'}`,
        textHeading('metric'),
        'own language hurt most',
        ...['own language, mean', 'own language, median', 'other languages, mean'],
        textHeading('reading'),
    ];
    return html` <section>
        ${tableOf('Sets of neurons', headings, sets.map(overviewRows), true)}
        <p class="small">
            Changes ${formatList(units)}. Means of changes in percent are geometric, so that one language does not stand
            for all; means and medians leave out values that are not finite. A row’s own language is hurt most where it
            gets worse, and more so than every other language. “Selective” means two things: the own languages get worse
            than in the control, and chance alone, which hits any language alike, would hurt as many of them most with a
            probability below 5 %.
        </p>
        ${removed || !isGuided(input) ? readingGuide(measured, removed) : shortGuide}
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

/** Whether the chapter on removal says how all metrics of the other operations are read. */
function isGuided({ matrices }: ReportInput): boolean {
    const metrics = (removed: boolean): string[] =>
        matrices.filter(({ operation }) => isDeactivation(operation) === removed).map(({ metric }) => metric);
    return metrics(false).every((metric) => metrics(true).includes(metric));
}

const shortGuide = html`<p class="guide">
    The matrices are read as those of <a href="#deactivation">removal</a>: here rows are the languages whose neurons are
    changed, and the control changes as many random neurons.
</p>`;

/** A change in the units of some metrics: `1 %`, `1 % or 0.01 nats`. */
function inUnits(percent: number, metrics: readonly MetricWords[]): string {
    const each = metrics.map((words) => {
        const unit = words.factor === undefined ? '%' : shortUnit(words);
        return `${formatShort(inUnit(percent / 100, words))}\u00a0${unit}`;
    });
    return [...new Set(each)].join(' or ');
}

/** How the chapter's matrices are read, once for all of them. */
function readingGuide(matrices: readonly DeactivationMatrix[], removed: boolean): Html {
    const words = [...new Set(matrices.map(({ metric }) => metric))].map(metricOf);
    const sets = matrices.flatMap((matrix) => setsOf(matrix).map(([, set]) => set));
    const seeds = Math.max(...sets.map(({ controls }) => controls.length), 0);
    const byRate = matrices.some(({ settings }) => settings.matched === 'rate');
    const isTold = sets.some(({ intervals }) => intervals.beyondControl.flat().some((interval) => interval !== null));
    const papers = removed ? words.flatMap(({ paper }) => paper ?? []) : [];
    const rules = [
        html`A row is a language whose neurons ${removed ? 'are set to 0' : 'are changed'}, a column the language then
        evaluated. A language’s own cells are outlined.`,
        html`Red is worse, blue is better. A red diagonal on grey says that the neurons serve their language.`,
        isTold
            ? html`A grey cell does not differ from the random control (q above 5&nbsp;%, by Benjamini and Hochberg over
              the cells of a matrix, so that on average at most 5&nbsp;% of the coloured cells are chance;
              ${[...new Set(words.map(({ intervals }) => intervals.toldBy))].join('; ')}). A grey cell of the control
              changes by less than the 95&nbsp;% margin of the difference.`
            : html`No cell is grey: what differs from the random control cannot be told from so few texts.`,
        ...words.flatMap(({ intervals }) => intervals.tooFew?.rule ?? []),
        html`The control ${removed ? 'removes' : 'changes'} as many random neurons of the same
        layers${byRate && ' that are active as often'}${seeds > 1 && html`, on average over ${seeds} seeds`}.`,
        html`All figures of one metric share one colour scale: proportional up to ±${inUnits(linearUpTo, words)},
        logarithmic beyond, up to the largest finite change (at least ${inUnits(leastLimit, words)}).`,
    ];
    return html`<div class="guide">
        <p>How to read the matrices:</p>
        <ul>
            ${rules.map((rule) => html`<li>${rule}</li>`)}
        </ul>
        ${
            papers.length > 0 &&
            html`<p class="paper">Corresponds to figs. 2 and 6–13 of the paper. ${papers.join(' ')}</p>`
        }
    </div>`;
}
