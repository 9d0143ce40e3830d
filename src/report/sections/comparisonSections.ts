import type { Comparison, MetricChange } from '../../experiments/Comparison.js';
import { neuronClasses } from '../../neurons/NeuronAnalysis.js';
import { lastChange } from '../comparisonSentences.js';
import {
    histogramChangesFigure,
    languageChangesFigure,
    layerChangesFigure,
    metricChangesFigure,
    seriesFigure,
} from '../figures/comparisonFigures.js';
import { shareBars } from '../figures/shareBars.js';
import { formatCount, formatDifference, formatShare } from '../../support/format.js';
import { html, type Html } from '../html.js';
import { metricOf } from '../../experiments/metrics.js';
import {
    groupsTable,
    histogramChangesTable,
    languageNumbersTable,
    layerChangesTable,
    metricChangesTable,
    metricGroupsTable,
    seriesTable,
    transitionsTable,
} from '../tables/comparisonTables.js';
import type { DataTable } from '../tables/DataTable.js';
import { htmlTable } from '../tables/htmlTable.js';
import type { Section } from './Section.js';

/** What changed from the first analysis to the others; figures show the last. */
export function comparisonSections(comparison: Comparison): Section[] {
    return [
        layers(comparison),
        histogram(comparison),
        languages(comparison),
        classes(comparison),
        ...lastChange(comparison).metrics.map((change) => metric(comparison, change)),
        ...(comparison.analyses.length > 2 ? [series(comparison)] : []),
    ];
}

function fromTo(comparison: Comparison): Html {
    return html`from ${comparison.analyses[0]!.label} to ${lastChange(comparison).label}`;
}

/** One section; its file and anchor are named as its table. */
function section(table: DataTable, rest: Omit<Section, 'id' | 'chapter' | 'table'>): Section {
    return { id: table.name, chapter: 'comparison', table, ...rest };
}

const differenceWords = {
    specific: formatDifference,
    related: formatDifference,
    general: formatDifference,
    selected: formatDifference,
    all: formatDifference,
    change: formatDifference,
};

function layers(comparison: Comparison): Section {
    const table = layerChangesTable(comparison);
    return section(table, {
        title: 'What changed, by layer',
        spec: layerChangesFigure(lastChange(comparison)),
        label: 'Change of the number of specific, related and general neurons in each layer',
        caption: html` <p>
                The number of neurons of each class in each layer, ${fromTo(comparison)}: above 0 there are more after.
                General neurons have a panel and a scale of their own.
            </p>
            <p class="paper">Corresponds to fig. 4 of the paper.</p>`,
        numbers: htmlTable(table, { formats: differenceWords }),
    });
}

function histogram(comparison: Comparison): Section {
    const table = histogramChangesTable(comparison);
    return section(table, {
        title: 'What changed, by number of languages',
        spec: histogramChangesFigure(lastChange(comparison)),
        label: 'Change of the number of neurons by the number of languages in which they are high',
        caption: html` <p>
                Neurons by N, the number of languages in which they are high, ${fromTo(comparison)}: all neurons of the
                model above, the selected ones below. A rise at the right says that more neurons are shared by more
                languages.
            </p>
            <p class="paper">Corresponds to fig. 5 of the paper.</p>`,
        numbers: htmlTable(table, { formats: differenceWords }),
    });
}

function languages(comparison: Comparison): Section {
    const table = languageNumbersTable(comparison);
    return section(table, {
        title: 'What changed, by language',
        spec: languageChangesFigure(comparison),
        label: 'Number of specific and related neurons of each language before and after',
        caption: html` <p>
                Specific and related neurons of each language: the hollow square is ${comparison.analyses[0]!.label},
                the dot ${lastChange(comparison).label}.
            </p>
            ${htmlTable(groupsTable(comparison), { formats: differenceWords })}
            <p class="paper">
                The means over trained and other languages correspond to table 2 of the paper, English against the rest
                to table 3.
            </p>`,
        numbers: htmlTable(table),
    });
}

function metric(comparison: Comparison, change: MetricChange): Section {
    const table = metricChangesTable(comparison, change.metric);
    const { noun, intervals, formatValue, formatChange: signed } = metricOf(change.metric);
    const formats = { before: formatValue, after: formatValue, change: signed, changeLow: signed, changeHigh: signed };
    return section(table, {
        title: `What changed, ${noun} by language`,
        spec: metricChangesFigure(change, comparison.trained),
        label: `The whole model’s ${noun} in each language before and after`,
        caption: html` <p>
                The whole model’s ${noun} in each language, ${fromTo(comparison)}: the hollow square is before, the dot
                after. Low and high are the limits of the change’s 95 % interval, ${intervals.changeBy}.
            </p>
            ${htmlTable(metricGroupsTable(comparison, change.metric), { formats })}`,
        numbers: htmlTable(table, { formats }),
    });
}

function classes(comparison: Comparison): Section {
    const table = transitionsTable(comparison);
    const { overlap, switched } = lastChange(comparison);
    return section(table, {
        title: 'Which neurons stay',
        spec: shareBars([
            { title: 'Neurons that keep their class', shares: neuronClasses.map((kind) => [kind, overlap[kind]]) },
        ]),
        label: 'Share of the neurons of each class that have the same class after',
        caption: html` <p>
                The share of each class’s neurons that have the same class after, ${fromTo(comparison)}. Of those that
                stay specific ${formatCount(switched.specific)} are of another language, of those that stay related
                ${formatCount(switched.related)} of other languages.
            </p>
            <p>
                Below are the numbers of neurons by class before and after; the neurons themselves are in
                comparison.json.
            </p>
            <p class="paper">The overlap corresponds to table 4 of the paper.</p>`,
        numbers: htmlTable(table, { formats: { overlap: formatShare } }),
    });
}

function series(comparison: Comparison): Section {
    const table = seriesTable(comparison);
    const share = formatShare;
    return section(table, {
        title: 'The series',
        spec: seriesFigure(comparison),
        label:
            'Number of specific, related and general neurons in each analysis of the series, ' +
            'and overlap with the first',
        caption: html` <p>
                The number of neurons of each class in each analysis, in the order given, and below the share of the
                first analysis’s neurons that still have their class.
            </p>
            <p class="paper">Corresponds to figs. 17–19 of the paper.</p>`,
        numbers: htmlTable(table, {
            formats: { 'specific overlap': share, 'related overlap': share, 'general overlap': share },
        }),
    });
}
