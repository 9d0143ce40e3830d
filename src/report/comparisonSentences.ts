import type { AnalysisChange, Comparison, MetricChange, MetricGroupChange } from '../experiments/Comparison.js';
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
    const { analyses, trained } = comparison;
    const { label, layers, groups, metrics } = lastChange(comparison);
    const [first, last] = [analyses[0]!, analyses[analyses.length - 1]!];
    const numbers = (kind: NeuronClass) => {
        const sum = (of: readonly Readonly<Record<NeuronClass, number>>[]) =>
            of.reduce((total, layer) => total + layer[kind], 0);
        return (
            `${formatCount(sum(first.layers))} to ${formatCount(sum(last.layers))} ${kind} ` +
            `(${formatDifference(sum(layers))})`
        );
    };
    const groupChange = (name: string, change: number | undefined) =>
        change === undefined ? [] : [`${name} ${formatDifference(change)}`];
    const means = [
        ...groupChange(formatList(trained), groups.trained?.change.total),
        ...groupChange(trained.length === 0 ? 'all languages' : 'the others', groups.others?.change.total),
    ];
    return html`<p>
        From <strong>${first.label}</strong> to <strong>${label}</strong>:
        ${formatList([numbers('specific'), numbers('related'), numbers('general')])} neurons; a language’s own, on
        average: ${formatList(means)}.${metrics.map((change) => html` ${metricSentence(change, trained)}`)}
    </p>`;
}

/** What became of a metric, on average over groups of languages, with the change's interval. */
function metricSentence({ metric, groups }: MetricChange, trained: readonly string[]): string {
    const { noun, formatValue } = metricOf(metric);
    const part = (name: string, group: MetricGroupChange | undefined): string[] => {
        if (group === undefined) return [];
        return [
            `${name} from ${formatValue(group.before)} to ${formatValue(group.after)} (${changeWords(metric, group)})`,
        ];
    };
    const parts = [
        ...part('on average', groups.all),
        ...part(formatList(trained), groups.trained),
        ...(trained.length === 0 ? [] : part('the others', groups.others)),
    ];
    return `The whole model’s ${noun} goes ${parts.join('; ')}.`;
}
