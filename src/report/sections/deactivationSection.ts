import type { Share, DeactivationSet, Grid } from '../../experiments/results/DeactivationMatrix.js';
import type { CsvTable } from '../../files/csv.js';
import { isDeactivation } from '../../interventions/Operation.js';
import { doingWords, doneWords } from '../../interventions/operationWords.js';
import { capitalized } from '../../support/format.js';
import { deactivationFigure } from '../figures/deactivationFigure.js';
import type { DivergingScale } from '../figures/heatmap.js';
import { html, type Html } from '../../support/html.js';
import { cellsOf, setFacts } from '../facts/matrixFacts.js';
import { inUnit, shortUnit } from '../../experiments/metric/effectUnits.js';
import type { MetricKind, MetricWords } from '../../experiments/metric/Metric.js';
import { metricOf } from '../../experiments/registry/metrics.js';
import { heldOutSentences } from '../../experiments/matrices/caveats.js';
import { powerSentences } from '../../experiments/power/powerWords.js';
import { shownShares } from '../../experiments/metric/shownShares.js';
import { cellOf, type Measured } from '../facts/numbers.js';
import { setLabel, setSentences } from '../facts/setSentences.js';
import { deactivationTable, type MeasuredOperation } from '../tables/deactivationTable.js';
import { htmlTable } from '../tables/htmlTable.js';
import { section, type Section } from './Section.js';

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
    return section(removed ? 'deactivation' : 'intervention', table, {
        title: `${doingWords(`${setLabel(name)} neurons`, operation)}: ${words.noun}`,
        spec: deactivationFigure(name, set, measured, scale),
        label:
            `Change of ${words.noun} in each language when the ${setLabel(name)} neurons of each language are ` +
            `${doneWords(operation)}, beside a random control`,
        wide: true,
        caption: html` ${powerWords(set, words)}
            <p>${[...heldOutSentences(measured), ...setSentences(setFacts(name, set, measured))].join(' ')}</p>
            ${unknownTable(set, words)}`,
        numbers: numbers(set, words, removed),
        printed: { ...printedTable(set, metric), name: table.name },
    });
}

/** What the cells can tell at all, where some of them tell nothing. */
function powerWords(set: DeactivationSet, metric: MetricKind): Html | false {
    const sentences = powerSentences(set, metric);
    return sentences.length > 0 && html`<p>${sentences.join(' ')}</p>`;
}

/** The effects as languages × languages, in the metric's unit. */
function printedTable(set: DeactivationSet, metric: string): CsvTable {
    const words = metricOf(metric);
    return {
        columns: [`change in ${shortUnit(words)}`, 'neurons', ...set.columns],
        rows: cellsOf(set, metric).map((cells) => [
            cells[0]!.row,
            cells[0]!.neurons,
            ...cells.map(({ effect }) => inUnit(effect, words)),
        ]),
    };
}

/** How many right numbers do not count because the language of the answer is unknown; nothing where none is. */
function unknownTable({ shares, columns }: DeactivationSet, words: MetricWords): Html | false {
    const unknown = shares?.unknownLanguage?.baseline ?? [];
    if (unknown.every((share) => share === 0)) return false;
    const name = 'right number, unknown language';
    const rows = columns.map((language, c): [string, Measured] => [language, unknown[c] ?? null]);
    return html`<p>
            Answers too short, too mixed or in a language unknown to the detector do not count as right. So many of the
            whole model’s answers have the right number all the same:
        </p>
        ${htmlTable(
            { name: 'answers', columns: ['language', name], rows },
            { formats: { [name]: words.formatValue } },
        )}`;
}

function numbers(set: DeactivationSet, words: MetricWords, removed: boolean): Html {
    const done = removed ? 'deactivated' : 'changed';
    const matrix = (heading: string, rows: [string, ...Measured[]][], columns: readonly string[], leadRows = 0) =>
        html` <h4>${heading}</h4>
            ${htmlTable({ name: heading, columns, rows }, { leadRows })}`;
    const grid = (of: Grid) =>
        set.rows.map((row, r): [string, ...Measured[]] => [row, ...set.columns.map((_, c) => cellOf(of, r, c))]);
    const header = [done, ...set.columns];
    const baseline: [string, ...Measured[]] = [
        'none (baseline)',
        ...set.columns.map((_, c) => set.baseline[c] ?? null),
    ];
    const sharesOf = capitalized(words.sharesOf ?? 'answers');
    const shares = (heading: string, { baseline: none, values }: Share) =>
        matrix(heading, [['none (baseline)', ...none], ...grid(values)], header, 1);
    return html` ${matrix(capitalized(words.noun), [baseline, ...grid(set.values)], header, 1)}
    ${matrix(`Change of ${words.noun}`, grid(set.change), header)}
    ${matrix(`Change of ${words.noun} in the random control`, grid(set.control), header)}
    ${matrix('Change beyond the control', grid(set.beyondControl), header)}
    ${shownShares(set, words).map(({ words: { words: of }, share }) => shares(`${sharesOf}: ${of}`, share))}
    ${matrix(words.samples, grid(set.samples), header)}
    ${matrix(
        `Neurons ${done}`,
        set.rows.map((row, r) => [row, set.neurons[r] ?? null]),
        ['language', 'neurons'],
    )}`;
}
