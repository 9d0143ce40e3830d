import type { Comparison, MetricChange } from '../../experiments/results/Comparison.js';
import { neuronClasses } from '../../neurons/analysis/NeuronAnalysis.js';
import { lastChange, wholeDifference } from '../sentences/comparisonSentences.js';
import { changesFigure, layerChangesFigure } from '../figures/changesFigure.js';
import { histogramChangesFigure } from '../figures/histogramFigure.js';
import { seriesFigure } from '../figures/seriesFigure.js';
import { shareBars } from '../figures/shareBars.js';
import { formatCount, formatDifference, formatNumber, formatP, formatShare } from '../../support/format.js';
import { html, type Html, withCode } from '../../support/html.js';
import { inUnit } from '../../experiments/metric/effectUnits.js';
import { effectOf } from '../../experiments/resultFiles/matrixTable.js';
import { changeCertainty, isTold } from '../../experiments/statistics/toldCell.js';
import { metricOf } from '../../experiments/registry/metrics.js';
import {
    asEffects,
    changeColumns,
    groupsTable,
    histogramChangesTable,
    intervalColumns,
    languageNumbersTable,
    layerChangesTable,
    metricChangesTable,
    metricGroupsTable,
    ofOneAnalysis,
    seriesTable,
    testColumns,
    transitionsTable,
} from '../tables/comparisonTables.js';
import { isFiniteNumber } from '../facts/numbers.js';
import type { DataTable } from '../tables/DataTable.js';
import { htmlTable } from '../tables/htmlTable.js';
import { section, type Section } from './Section.js';

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
    return section('comparison', table, {
        title: 'What changed, by layer',
        spec: layerChangesFigure(lastChange(comparison)),
        label: 'Change of the number of specific, related and general neurons in each layer',
        caption: html` <p>
                How the number of neurons of each class changed in each layer, ${fromTo(comparison)}. Above 0 there are
                more after. General neurons have a panel and a scale of their own; a panel without any change is left
                out.
            </p>
            <p class="paper">Corresponds to fig. 4 of the paper.</p>`,
        numbers: htmlTable(table, { formats: differenceWords }),
    });
}

function histogram(comparison: Comparison): Section {
    const table = histogramChangesTable(comparison);
    return section('comparison', table, {
        title: 'What changed, by number of languages',
        spec: histogramChangesFigure(lastChange(comparison)),
        label: 'Change of the number of neurons by the number of languages in which they are high',
        caption: html` <p>
                How the number of neurons changed, ${fromTo(comparison)}, by N, the number of languages in which they
                are high: all neurons of the model above, the selected ones below. A panel without any change is left
                out. A rise at the right says that more neurons are shared by many languages.
            </p>
            <p class="paper">Corresponds to fig. 5 of the paper.</p>`,
        numbers: htmlTable(table, { formats: differenceWords }),
    });
}

function languages(comparison: Comparison): Section {
    const table = languageNumbersTable(comparison);
    const groups = ofOneAnalysis(groupsTable(comparison), comparison);
    const { perLanguage, intervals } = lastChange(comparison);
    const [first, last] = [comparison.analyses[0]!, comparison.analyses.at(-1)!];
    const rows = comparison.languages.map((language) => ({
        language,
        change: perLanguage[language]?.total ?? null,
        interval: intervals?.perLanguage[language]?.total ?? null,
        text: [first, last].map((one) => formatCount(one.perLanguage[language]?.total)).join(' → '),
    }));
    return section('comparison', table, {
        title: 'What changed, by language',
        spec: changesFigure(rows, {
            trained: comparison.trained,
            title: 'change of specific + related neurons',
            whole: true,
        }),
        label: 'Change of the number of specific and related neurons of each language',
        wide: true,
        caption: html` <p>
                The change of the number of specific and related neurons of each language, ${fromTo(comparison)}. At the
                end of a row are the numbers before and after.
                ${
                    intervals === undefined
                        ? withCode(
                              'How sure the changes are is not known: collect both with `folds: 5` on the same ' +
                                  'texts, and they get intervals.',
                          )
                        : 'The whiskers are 95 % intervals of the changes; those that hold 0 are grey. They come ' +
                          `from leaving out each of ${intervals.folds} parts of the texts in turn, the same of both ` +
                          'models, while λ stays (jackknife).'
                }
                Means over groups of languages:
            </p>
            ${htmlTable(groups, {
                headings: Object.fromEntries(
                    groups.columns.map((name, i) => [
                        name,
                        i > 0 && /^\w+$/.test(name) ? `${name}, before` : name.replace(' ', ', '),
                    ]),
                ),
                formats: Object.fromEntries(
                    groups.columns.map((name) => [name, name.endsWith('change') ? formatMeanDifference : formatMean]),
                ),
            })}
            <p class="paper">
                The means over trained and other languages correspond to table 2 of the paper, English against the rest
                to table 3.
            </p>`,
        numbers: htmlTable(table, {
            formats: Object.fromEntries(intervalColumns.map((name) => [name, formatChangeIfAny])),
        }),
    });
}

/** Empty for the analysis that the others are compared with. */
function formatChangeIfAny(value: number | null): string {
    return value === null ? '' : wholeDifference(value);
}

/** Means over few languages are not known better than to a tenth of a neuron. */
const toTenth = (value: number | null): number | null => (value === null ? null : Math.round(10 * value) / 10);
const formatMean = (value: number | null): string => formatNumber(toTenth(value));
const formatMeanDifference = (value: number | null): string => formatDifference(toTenth(value));

function metric(comparison: Comparison, change: MetricChange): Section {
    const table = metricChangesTable(comparison, change.metric);
    const words = metricOf(change.metric);
    const { noun, intervals, relative, unit, formatValue, formatEffect } = words;
    const shown = (of: DataTable): Html =>
        htmlTable(asEffects(ofOneAnalysis(of, comparison), change.metric), {
            headings: { changeLow: '95 % from', changeHigh: 'to', changeP: 'p', changeQ: 'q' },
            formats: {
                before: formatValue,
                after: formatValue,
                ...Object.fromEntries(changeColumns.map((name) => [name, formatEffect])),
                ...Object.fromEntries(testColumns.map((name) => [name, formatPIfAny])),
            },
        });
    const rows = Object.entries(change.perLanguage).map(([language, one]) => {
        const shownEffect = (value: number): number => inUnit(effectOf(relative, value, one.before) ?? NaN, words);
        const interval = one.interval?.map(shownEffect);
        return {
            language,
            change: shownEffect(one.change),
            interval: interval?.every(isFiniteNumber) === true ? ([interval[0]!, interval[1]!] as const) : null,
            told: isTold(changeCertainty(one)),
            text: `${formatValue(one.before)} → ${formatValue(one.after)}`,
        };
    });
    return section('comparison', table, {
        title: `What changed, ${noun} by language`,
        spec: changesFigure(rows, { trained: comparison.trained, title: `change of ${noun} in ${unit}` }),
        label: `Change of the whole model’s ${noun} in each language, with its interval`,
        wide: true,
        caption: html` <p>
                The change of the whole model’s ${noun} in each language, ${fromTo(comparison)}, with its 95 % interval,
                ${intervals.changeBy}; grey where ${greyRule(change)}. At the end of a row the values before and after.
                ${relative ? 'Geometric means' : 'Means'} over groups of languages:
            </p>
            ${shown(metricGroupsTable(comparison, change.metric))}`,
        numbers: shown(table),
    });
}

const formatPIfAny = (p: number | null): string => (p === null ? '' : formatP(p));

/** By which rule of `isTold` a language is grey. */
function greyRule({ perLanguage }: MetricChange): string {
    const isTested = Object.values(perLanguage).some(({ q }) => q !== undefined);
    return isTested ? 'q, by Benjamini and Hochberg over the languages, is above 5 %' : 'the interval holds 0';
}

function classes(comparison: Comparison): Section {
    const table = transitionsTable(comparison);
    const { overlap, switched } = lastChange(comparison);
    return section('comparison', table, {
        title: 'Which neurons stay',
        spec: shareBars([
            { title: 'Neurons that keep their class', shares: neuronClasses.map((kind) => [kind, overlap[kind]]) },
        ]),
        label: 'Share of the neurons of each class that have the same class after',
        caption: html` <p>
                The share of each class’s neurons that keep the class, ${fromTo(comparison)}. Of those that stay
                specific, ${formatCount(switched.specific)} became specific to another language; of those that stay
                related, ${formatCount(switched.related)} became related to other languages.
            </p>
            <p>
                The numbers below count the neurons by class before and after. comparison.json lists the neurons
                themselves.
            </p>
            <p class="paper">The overlap corresponds to table 4 of the paper.</p>`,
        numbers: htmlTable(table, { formats: { overlap: formatShare } }),
    });
}

function series(comparison: Comparison): Section {
    const table = seriesTable(comparison);
    const share = formatShare;
    return section('comparison', table, {
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
