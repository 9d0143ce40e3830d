import { effectOf } from '../../experiments/resultFiles/matrixTable.js';
import type { CellInterval } from '../../experiments/results/DeactivationMatrix.js';
import type { AnalysisChange, Comparison, MetricGroupChange } from '../../experiments/results/Comparison.js';
import { metricOf } from '../../experiments/registry/metrics.js';
import { type NeuronClass, neuronClasses } from '../../neurons/analysis/NeuronAnalysis.js';
import { sum } from '../../support/averages.js';
import { equalsP, formatCount, formatDifference } from '../../support/format.js';
import { html, type Html } from '../../support/html.js';
import { tableOf } from '../tables/htmlTable.js';

/** The last analysis against the first: what figures of one comparison show. */
export function lastChange({ changes }: Comparison): AnalysisChange {
    return changes[changes.length - 1]!;
}

/** What changed, beside the headline; nothing without a comparison. */
export function comparisonSummary(comparison: Comparison | undefined): Html | false {
    if (comparison === undefined) return false;
    const { first, last, rows } = changedTotals(comparison);
    const cells = rows.map(
        ({ name, before, after, change, interval }) =>
            html`<tr>
                <th scope="row">${name}</th>
                ${[before, after, change, interval].map((cell) => html`<td>${cell}</td>`)}
            </tr>`,
    );
    const headings = ['of the whole model', first, last, 'change', '95 % interval'];
    return html`<p>From <strong>${first}</strong> to <strong>${last}</strong>:</p>
        ${tableOf('What changed', headings, cells, true)}`;
}

/** The same in a sentence. */
export function comparisonSentence(comparison: Comparison): string {
    const { first, last, rows } = changedTotals(comparison);
    const each = rows.map(({ name, before, after, change }) => `${name} ${before} to ${after} (${change})`);
    return `From ${first} to ${last}: ${each.join('; ')}.`;
}

interface ChangedTotal {
    readonly name: string;
    readonly before: string;
    readonly after: string;
    readonly change: string;
    readonly interval: string;
}

/** Neurons of each class and means of each metric, from the first analysis to the last. */
function changedTotals(comparison: Comparison): { first: string; last: string; rows: readonly ChangedTotal[] } {
    const { analyses } = comparison;
    const { label, layers, metrics, intervals } = lastChange(comparison);
    const [first, last] = [analyses[0]!, analyses[analyses.length - 1]!];
    const neurons = neuronClasses.map((kind): ChangedTotal => {
        const inAll = (of: readonly Readonly<Record<NeuronClass, number>>[]): number => sum(of, (layer) => layer[kind]);
        return {
            name: `${kind} neurons`,
            before: formatCount(inAll(first.layers)),
            after: formatCount(inAll(last.layers)),
            change: formatDifference(inAll(layers)),
            interval: intervalWords(intervals?.classes[kind], wholeDifference),
        };
    });
    const measured = metrics.flatMap(({ metric, groups: { all } }) =>
        all === undefined ? [] : metricTotal(metric, all),
    );
    return { first: first.label, last: label, rows: [...neurons, ...measured] };
}

/** What became of a metric in the mean over the languages, with the change's interval. */
function metricTotal(metric: string, { before, after, change, interval }: MetricGroupChange): ChangedTotal {
    const { noun, relative, formatValue, formatEffect } = metricOf(metric);
    const effect = (value: number): string => formatEffect(effectOf(relative, value, before));
    return {
        name: `${noun}, ${relative ? 'geometric mean' : 'mean'} over languages`,
        before: formatValue(before),
        after: formatValue(after),
        change: effect(change),
        interval: intervalWords(interval, effect),
    };
}

/** A difference of numbers of neurons, or its limit. */
export function wholeDifference(value: number): string {
    return formatDifference(Math.round(value) + 0); // −0 + 0 is 0
}

function intervalWords(interval: CellInterval | undefined, format: (value: number) => string): string {
    return interval ? `${format(interval[0])} to ${format(interval[1])}` : 'not known';
}

/**
 * A metric's change and its interval, such as `+1.0 points, 95 % 0 points to +2.0 points`; relative where its effects
 * are.
 */
export function changeWords(metric: string, { before, change, interval, q }: MetricGroupChange): string {
    const { relative, formatEffect } = metricOf(metric);
    const effect = (value: number): string => formatEffect(effectOf(relative, value, before));
    const range = interval === null ? '' : `, 95 % ${effect(interval[0])} to ${effect(interval[1])}`;
    return `${effect(change)}${range}${q === undefined ? '' : `, ${equalsP('q', q)}`}`;
}
