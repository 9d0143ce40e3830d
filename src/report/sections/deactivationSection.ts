import type { AnswerShare, DeactivationSet, Grid } from '../../experiments/DeactivationMatrix.js';
import { isDeactivation } from '../../interventions/Operation.js';
import { doingWords, doneWords } from '../../interventions/operationWords.js';
import { deactivationFigure } from '../figures/deactivationFigure.js';
import { type DivergingScale, leastLimit, linearUpTo } from '../figures/divergingScale.js';
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
    const { toldBy, tooFew } = words.intervals;
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
            <p>
                How to read it: rows are the languages whose neurons are ${removed ? 'set to 0' : doneWords(operation)},
                columns the languages then evaluated. A cell is the change of ${words.noun} in
                ${words.unit}${words.relative && html` of its column`}: red worse, blue better, grey not measured; a
                language’s own cells are outlined. A dark diagonal in otherwise pale rows says that the neurons serve
                their language. ${tooFew !== undefined && tooFew.rule} The control
                ${removed ? 'removes as many random neurons from' : 'does the same to as many random neurons of'} the
                same layers${set.controls.length > 1 && html`, on average over ${set.controls.length} seeds`}; where a
                cell differs from it for sure (95 %, ${toldBy}), its number is bold. All figures of this
                metric${!removed && html` and operation`} share one colour scale, proportional up to
                ±${linearUpTo}&nbsp;% and logarithmic beyond, up to the largest finite change (${leastLimit}&nbsp;% at
                least).
            </p>
            ${unknownLanguageNote(set, words)} ${cutNote(set, words, removed)} ${removed && paperNote(words)}`,
        numbers: numbers(set, words, removed),
        table,
    };
}

/** Where right numbers of the whole model are in texts whose language is unknown, and so do not count. */
function unknownLanguageNote(
    { answers, columns, baseline }: DeactivationSet,
    { formatValue }: MetricWords,
): Html | false {
    const some = columns.flatMap((language, c) => {
        if (answers === undefined || (answers.unknownLanguage.baseline[c] ?? 0) === 0) return [];
        const [unknown, right, number] = [answers.unknownLanguage.baseline, baseline, answers.number.baseline].map(
            (shares) => formatValue(shares[c] ?? null),
        );
        return [`${language} ${unknown!} (right ${right!}, by number alone ${number!})`];
    });
    return (
        some.length > 0 &&
        html`<p>
            Answers of the whole model with the right number in a text too short, too mixed or in a language unknown to
            the detector, so that its language is unknown: ${some.join(', ')}.
        </p>`
    );
}

/** Of each language's own cell, how many answers the most tokens of an answer ended, where they ended any. */
function cutNote({ answers, rows, columns }: DeactivationSet, words: MetricWords, removed: boolean): Html | false {
    if (answers === undefined) return false;
    const { cut } = answers;
    const some = rows.flatMap((language, r) => {
        const c = columns.indexOf(language);
        const [before, after] = [cut.baseline[c] ?? 0, cut.values[r]?.[c] ?? 0];
        return before + after === 0 ? [] : [`${language} ${words.formatValue(before)} → ${words.formatValue(after)}`];
    });
    return (
        some.length > 0 &&
        html`<p>
            Answers that reached the most tokens of an answer were cut off, mostly before their result, and count as
            wrong: of the whole model → with the language’s own neurons ${removed ? 'deactivated' : 'changed'}:
            ${some.join(', ')}.
        </p>`
    );
}

function paperNote({ paper }: MetricWords): Html | false {
    return paper !== undefined && html`<p class="paper">${paper}</p>`;
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
