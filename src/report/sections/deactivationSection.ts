import type { AnswerShare, DeactivationSet, Grid } from '../../experiments/DeactivationMatrix.js';
import type { CsvTable } from '../../files/csv.js';
import { isDeactivation } from '../../interventions/Operation.js';
import { doingWords, doneWords } from '../../interventions/operationWords.js';
import { deactivationFigure } from '../figures/deactivationFigure.js';
import type { DivergingScale } from '../figures/divergingScale.js';
import { html, type Html } from '../html.js';
import { cellsOf, setFacts } from '../matrixFacts.js';
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
        printed: { ...printedTable(set, metric), name: table.name },
    };
}

/** The effects as languages × languages, in percent or points. */
function printedTable(set: DeactivationSet, metric: string): CsvTable {
    const unit = metricOf(metric).relative ? '%' : 'points';
    return {
        columns: [`change in ${unit}`, 'neurons', ...set.columns],
        rows: cellsOf(set, metric).map((cells) => [
            cells[0]!.row,
            cells[0]!.neurons,
            ...cells.map(({ effect }) => (effect === null ? null : 100 * effect)),
        ]),
    };
}

/** Of each language's own cell, what its answers are made of where that is more than right or wrong. */
function answersTable({ answers, rows, columns }: DeactivationSet, words: MetricWords, removed: boolean): Html | false {
    if (answers === undefined) return false;
    const { cut, unknownLanguage } = answers;
    const done = removed ? 'removed' : 'changed';
    const ownOf = (language: string, values: readonly number[]): Measured => values[columns.indexOf(language)] ?? null;
    const parts = [
        {
            words: 'Answers too short, too mixed or in a language unknown to the detector do not count as right.',
            columns: {
                'right number, unknown language': rows.map((language) => ownOf(language, unknownLanguage.baseline)),
            },
        },
        {
            words:
                'Answers that reached the most tokens of an answer were cut off, mostly before their result; ' +
                'they count as wrong.',
            columns: {
                'cut off, whole model': rows.map((language) => ownOf(language, cut.baseline)),
                [`cut off, own neurons ${done}`]: rows.map((language, r) => ownOf(language, cut.values[r] ?? [])),
            },
        },
    ].filter((part) => Object.values(part.columns).some((values) => values.some((value) => (value ?? 0) !== 0)));
    if (parts.length === 0) return false;
    const shares = parts.flatMap((part) => Object.entries(part.columns));
    const formats = Object.fromEntries(shares.map(([name]) => [name, words.formatValue]));
    const table = {
        name: 'answers',
        columns: ['language', ...shares.map(([name]) => name)],
        rows: rows.map((language, r): [string, ...Measured[]] => [language, ...shares.map(([, of]) => of[r] ?? null)]),
    };
    return html`<p>${parts.map((part) => part.words).join(' ')}</p>
        ${htmlTable(table, { formats })}`;
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
