import type { AnalysisChange, Comparison, MetricGroupChange } from '../experiments/Comparison.js';
import type { NeuronClass } from '../neurons/NeuronAnalysis.js';
import { formatCount, formatDifference, formatList } from '../support/format.js';
import { html, type Html } from './html.js';
import { metricOf } from '../experiments/metrics.js';
import { changeWords } from './changeWords.js';

/** The last analysis against the first: what figures of one comparison show. */
export function lastChange({ changes }: Comparison): AnalysisChange {
    return changes[changes.length - 1]!;
}

/** What changed, for the headline; nothing without a comparison. */
export function comparisonSummary(comparison: Comparison | undefined): Html | false {
    if (comparison === undefined) return false;
    const { analyses } = comparison;
    const { label, layers, metrics } = lastChange(comparison);
    const [first, last] = [analyses[0]!, analyses[analyses.length - 1]!];
    const numbers = (kind: NeuronClass) => {
        const sum = (of: readonly Readonly<Record<NeuronClass, number>>[]) =>
            of.reduce((total, layer) => total + layer[kind], 0);
        return (
            `${formatCount(sum(first.layers))} to ${formatCount(sum(last.layers))} ${kind} ` +
            `(${formatDifference(sum(layers))})`
        );
    };
    const known = metrics.flatMap(({ metric, groups: { all } }) =>
        all === undefined ? [] : metricSentence(metric, all),
    );
    return html`<p>
        From <strong>${first.label}</strong> to <strong>${label}</strong>:
        ${formatList([numbers('specific'), numbers('related'), numbers('general')])}
        neurons.${known.map((sentence) => ` ${sentence}`)}
    </p>`;
}

/** What became of a metric on average over the languages, with the change's interval. */
function metricSentence(metric: string, all: MetricGroupChange): string {
    const { noun, formatValue } = metricOf(metric);
    return (
        `The whole model’s ${noun} is ${formatValue(all.before)} before and ${formatValue(all.after)} after, ` +
        `on average over the languages (${changeWords(metric, all)}).`
    );
}
