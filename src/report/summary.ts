import { analysisFacts, type AnalysisFacts, type Extreme } from './analysisFacts.js';
import { formatCount, formatLarge, formatList, formatQuantity, formatShare } from '../support/format.js';
import { html, type Html } from './html.js';
import type { DeactivationMatrix } from '../experiments/DeactivationMatrix.js';
import { isDeactivation } from '../interventions/Operation.js';
import { doneWords } from '../interventions/operationWords.js';
import { setFacts, setsOf, type SetFacts } from './matrixFacts.js';
import { metricOf } from '../experiments/metrics.js';
import { comparisonSummary } from './comparisonSentences.js';
import { stagesSentence } from './stagesSentence.js';
import { ownValue, sum } from './numbers.js';
import type { ReportInput } from './Report.js';
import { setLabel, setLine, verdictLabel } from './setSentences.js';

/** The headline: what was examined, what was found, in words made from the data. */
export function summary(input: ReportInput): Html {
    const facts = analysisFacts(input.analysis);
    const { model, dataset } = input.source;
    const { languages, topRate } = input.analysis;
    const tokens = sum(languages.map((language) => ownValue(input.tokens, language) ?? null));
    const unclassified =
        facts.unclassified > 0 &&
        html`; the other ${formatCount(facts.unclassified)} are high in no language and stay without a class`;
    return html` <p class="lead">
            <strong>${model.name}</strong> (${model.quantization}) was observed on <strong>${dataset.name}</strong> in
            ${formatQuantity(languages.length, 'language')} (${formatList(languages)}), over ${formatLarge(tokens)}
            counted tokens.
        </p>
        <p>
            Of its ${formatCount(facts.neurons)} feed-forward neurons, the ${formatCount(facts.selected)} whose activity
            depends most on the language were selected (${formatShare(topRate)}). Of these,
            ${formatCount(facts.specific)} (${share(facts.specific, facts.selected)}) are
            <b class="specific">specific</b> to one language and ${formatCount(facts.related)}
            (${share(facts.related, facts.selected)}) are <b class="related">related</b> to several${unclassified}.
            ${formatCount(facts.general)} neurons (${share(facts.general, facts.neurons)} of all) are
            <b class="general">general</b>: high in every language.
        </p>
        <p>${extremes(facts, languages.length)} ${stagesSentence(input.analysis.stages)}</p>
        ${certainty(input)} ${changes(input)}${comparisonSummary(input.comparison)}`;
}

function certainty({ analysis: { stability } }: ReportInput): Html | false {
    if (stability === undefined) return false;
    const { specific, related, general } = stability.classes;
    return html`<p>
        With one of ${stability.folds} parts of the texts left out, ${formatShare(specific.kept)} of the specific,
        ${formatShare(related.kept)} of the related and ${formatShare(general.kept)} of the general neurons keep their
        class.
    </p>`;
}

function factsOf(matrices: readonly DeactivationMatrix[]): SetFacts[] {
    return matrices.flatMap((matrix) => setsOf(matrix).map(([name, set]) => setFacts(name, set, matrix)));
}

/** For each operation, one line for each of its sets; the sections of the figures say it in full. */
function changes({ matrices }: ReportInput): Html[] {
    const byOperation = new Map<string, DeactivationMatrix[]>();
    const isRemoval = ({ operation }: DeactivationMatrix): boolean => isDeactivation(operation);
    for (const matrix of [...matrices.filter(isRemoval), ...matrices.filter((other) => !isRemoval(other))]) {
        const words = doneWords(matrix.operation);
        byOperation.set(words, [...(byOperation.get(words) ?? []), matrix]);
    }
    return [...byOperation].map(([words, alike]) => {
        const sets = factsOf(alike);
        if (sets.length === 0) return html``;
        return html`<p>When a language’s own neurons are ${words}:</p>
            <ul>
                ${sets.map((facts) => html` <li><b>${setLabel(facts.set)}:</b> ${setLine(facts)}</li>`)}
            </ul>`;
    });
}

/** The numbers of the headline at a glance. */
export function keyNumbers(input: ReportInput): Html {
    const facts = analysisFacts(input.analysis);
    const tile = (value: string, label: string, kind = '') =>
        html` <div class="tile ${kind}"><b>${value}</b><span>${label}</span></div>`;
    return html`<div class="tiles">
        ${tile(formatCount(input.analysis.languages.length), 'languages')}
        ${tile(formatCount(facts.neurons), `neurons, ${formatQuantity(input.analysis.layers.length, 'layer')}`)}
        ${tile(formatCount(facts.selected), 'selected')} ${tile(formatCount(facts.specific), 'specific', 'specific')}
        ${tile(formatCount(facts.related), 'related', 'related')}
        ${tile(formatCount(facts.general), 'general', 'general')}
    </div>`;
}

/** All sets of a chapter beside each other; nothing without a matrix. */
export function setsOverview({ matrices }: ReportInput, chapter: 'deactivation' | 'intervention'): Html {
    const removed = chapter === 'deactivation';
    const sets = factsOf(matrices.filter(({ operation }) => isDeactivation(operation) === removed));
    if (sets.length === 0) return html``;
    const units = [...new Set(sets.map(({ metric }) => metric))].map((name) => {
        const { noun, unit } = metricOf(name);
        return `of ${noun} in ${unit}`;
    });
    return html` <section>
        <div class="table">
            <table>
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
            <td>${facts.hits} ${of}</td>
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

function extremes(facts: AnalysisFacts, l: number): string {
    if (facts.most.value === 0) return 'No language has neurons of its own.';
    if (facts.most.items.length === l) return `Every language has ${formatQuantity(facts.most.value, 'neuron')}.`;
    const name = ({ items, value }: Extreme<string>) => `${formatList(items)} (${formatCount(value)})`;
    return `Most neurons, specific and related together: ${name(facts.most)}; fewest: ${name(facts.fewest)}.`;
}

function share(part: number, whole: number): string {
    return formatShare(whole === 0 ? null : part / whole);
}
