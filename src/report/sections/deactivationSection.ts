import type { AnswerShare, DeactivationSet, Grid } from '../../experiments/DeactivationMatrix.js';
import { isDeactivation } from '../../interventions/Operation.js';
import { doingWords, doneWords } from '../../interventions/operationWords.js';
import { deactivationFigure } from '../figures/deactivationFigure.js';
import type { DivergingScale } from '../figures/divergingScale.js';
import { html, type Html } from '../html.js';
import { setFacts } from '../matrixFacts.js';
import type { MetricWords } from '../../experiments/Metric.js';
import { metricOf } from '../../experiments/metrics.js';
import { cellOf, type Measured } from '../numbers.js';
import { setLabel, setSentences } from '../setSentences.js';
import { deactivationTable, type MeasuredOperation } from '../tables/deactivationTable.js';
import { htmlTable } from '../tables/htmlTable.js';
import type { Section } from './Section.js';

/** What the removal of each language's neurons, or another change of them, does to each language. */
export function deactivationSection(
    name: string,
    set: DeactivationSet,
    measured: MeasuredOperation,
    scale: DivergingScale,
): Section {
    const { metric, operation } = measured;
    const table = deactivationTable(name, set, measured);
    const words = metricOf(metric);
    const removed = isDeactivation(operation);
    return {
        id: table.name,
        chapter: removed ? 'deactivation' : 'intervention',
        title: `${doingWords(`${setLabel(name)} neurons`, operation)}: ${words.noun}`,
        spec: deactivationFigure(name, set, measured, scale),
        label:
            `Change of ${words.noun} in each language when the ${setLabel(name)} neurons of each language are ` +
            `${doneWords(operation)}, beside a random control`,
        wide: true,
        caption: html` <p>${setSentences(setFacts(name, set, measured)).join(' ')}</p>
            ${answersTable(set, words, removed)}`,
        numbers: numbers(set, words, removed),
        table,
    };
}

/** Of each language's own cell, what its answers are made of where that is more than right or wrong. */
function answersTable({ answers, rows, columns }: DeactivationSet, words: MetricWords, removed: boolean): Html | false {
    if (answers === undefined) return false;
    const { cut, unknownLanguage } = answers;
    const shares = rows.map((language, r): [string, ...Measured[]] => {
        const c = columns.indexOf(language);
        return [language, unknownLanguage.baseline[c] ?? null, cut.baseline[c] ?? null, cut.values[r]?.[c] ?? null];
    });
    if (shares.every(([, ...parts]) => parts.every((part) => part === 0 || part === null))) return false;
    const after = `cut off, own neurons ${removed ? 'removed' : 'changed'}`;
    const columnNames = ['language', 'right number, unknown language', 'cut off, whole model', after];
    const formats = Object.fromEntries(columnNames.slice(1).map((name) => [name, words.formatValue]));
    return html`<p>
            Answers in a text too short, too mixed or in a language unknown to the detector have no known language, and
            do not count as right; answers that reached the most tokens of an answer were cut off, mostly before their
            result, and count as wrong.
        </p>
        ${htmlTable({ name: 'answers', columns: columnNames, rows: shares }, { formats })}`;
}

function numbers(set: DeactivationSet, words: MetricWords, removed: boolean): Html {
    const done = removed ? 'deactivated' : 'changed';
    const matrix = (heading: string, rows: [string, ...Measured[]][], columns: readonly string[], leadRows = 0) =>
        html` <h4>${heading}</h4>
            ${htmlTable({ name: heading, columns, rows }, { leadRows })}`;
    const grid = (of: Grid) =>
        set.rows.map((row, r): [string, ...Measured[]] => [row, ...set.columns.map((_, c) => cellOf(of, r, c))]);
    const header = [done, ...set.columns];
    const noun = `${words.noun[0]!.toUpperCase()}${words.noun.slice(1)}`;
    const baseline: [string, ...Measured[]] = [
        'none (baseline)',
        ...set.columns.map((_, c) => set.baseline[c] ?? null),
    ];
    const shares = (heading: string, { baseline: none, values }: AnswerShare) =>
        matrix(heading, [['none (baseline)', ...none], ...grid(values)], header, 1);
    return html` ${matrix(noun, [baseline, ...grid(set.values)], header, 1)}
    ${matrix(`Change of ${words.noun}`, grid(set.change), header)}
    ${matrix(`Change of ${words.noun} in the random control`, grid(set.control), header)}
    ${matrix('Change beyond the control', grid(set.beyondControl), header)}
    ${
        set.answers !== undefined &&
        html`${shares('Right number, in whatever language', set.answers.number)}
        ${shares('Answers in the language of the question', set.answers.language)}
        ${shares('Right number, unknown language', set.answers.unknownLanguage)}
        ${shares('Cut off at the most tokens of an answer', set.answers.cut)}`
    }
    ${matrix(words.samples, grid(set.samples), header)}
    ${matrix(
        `Neurons ${done}`,
        set.rows.map((row, r) => [row, set.neurons[r] ?? null]),
        ['language', 'neurons'],
    )}`;
}
