import { doneWords } from '../interventions/operationWords.js';
import { metricOf } from '../experiments/metrics.js';
import type { AnswerShare, CellInterval, DeactivationMatrix } from '../experiments/DeactivationMatrix.js';

const none: AnswerShare = { baseline: [], values: [] };

/**
 * For each set and language: what changing its neurons does to it, what random neurons do, and the difference.
 * @param asked sets to describe; the matrix may hold others, measured earlier. Default: all
 */
export function describeMatrix({ metric, operation, sets }: DeactivationMatrix, asked?: readonly string[]): string {
    const { noun, formatPlain: format } = metricOf(metric);
    const signed = (value: number): string => `${value > 0 ? '+' : ''}${format(value)}`;
    const range = (interval: CellInterval): string =>
        interval === null ? '' : ` (${signed(interval[0])} to ${signed(interval[1])})`;
    const columns = `whole → ${doneWords(operation)}; with random neurons; difference (95 %)`;
    const lines: string[] = [];
    for (const [name, set] of Object.entries(sets)) {
        if (asked?.includes(name) === false) continue;
        lines.push(`${name}: ${noun} of the own language, ${columns}`);
        if (set.neurons.every((neurons) => neurons === 0))
            lines.push('  no language has neurons in this set: nothing was changed');
        for (const [r, language] of set.rows.entries()) {
            const c = set.columns.indexOf(language);
            const base = set.baseline[c]!;
            const change = `${format(base)} → ${format(set.values[r]![c]!)}; ${format(base + set.control[r]![c]!)}`;
            const beyond = `${signed(set.beyondControl[r]![c]!)}${range(set.intervals.beyondControl[r]![c]!)}`;
            const neurons = `${set.neurons[r]!} ${set.neurons[r] === 1 ? 'neuron' : 'neurons'}`;
            const cut = set.answers?.cut;
            const [cutBefore, cutAfter] = [cut?.baseline[c] ?? 0, cut?.values[r]?.[c] ?? 0];
            const cutOff = cutBefore + cutAfter > 0 ? `; cut off ${format(cutBefore)} → ${format(cutAfter)}` : '';
            lines.push(`  ${language}  ${change}; ${beyond}, ${neurons}${cutOff}`);
            if (set.answers === undefined) continue;
            const of = ({ baseline, values }: AnswerShare): string =>
                `${format(baseline[c] ?? 0)} → ${format(values[r]?.[c] ?? 0)}`;
            const { number, unknownLanguage } = set.answers;
            // Nothing to add where every answer is in a known language and in the asked one.
            if (of(number) === of(set) && of(unknownLanguage) === of(none)) continue;
            lines.push(
                `      right number in any language ${of(number)}; in an unknown language ${of(unknownLanguage)}`,
            );
        }
    }
    return lines.join('\n');
}
