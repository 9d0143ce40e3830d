import {
    type ClassOrNone,
    type Comparison,
    type GroupName,
    groupNames,
    type MetricChange,
    type MetricGroupChange,
} from '../../experiments/results/Comparison.js';
import { effectOf } from '../../experiments/resultFiles/matrixTable.js';
import { metricOf } from '../../experiments/registry/metrics.js';
import { neuronClasses } from '../../neurons/analysis/NeuronAnalysis.js';
import { sum } from '../../support/averages.js';
import type { Measured } from '../facts/numbers.js';
import type { DataCell, DataTable } from './DataTable.js';

const fromClasses: readonly ClassOrNone[] = [...neuronClasses, 'none'];

/** Change of each layer's neurons by class, for every analysis after the first. */
export function layerChangesTable({ changes }: Comparison): DataTable {
    return {
        name: 'comparison-layers',
        columns: ['analysis', 'layer', ...neuronClasses],
        rows: changes.flatMap(({ label, layers }) =>
            layers.map((layer, index): DataCell[] => [label, index, ...neuronClasses.map((kind) => layer[kind])]),
        ),
    };
}

/** Change of the number of neurons by N, selected ones and all. */
export function histogramChangesTable({ changes }: Comparison): DataTable {
    return {
        name: 'comparison-histogram',
        columns: ['analysis', 'N', 'selected', 'all'],
        rows: changes.flatMap(({ label, histogram, histogramAll }) =>
            histogramAll.map((all, n): DataCell[] => [label, n, histogram[n] ?? 0, all]),
        ),
    };
}

/** Of the changes of `languageNumbersTable`. */
export const intervalColumns: readonly string[] = ['total change', 'total change low', 'total change high'];

/** Numbers of neurons of each language in every analysis, with 95 % intervals of their changes where there are. */
export function languageNumbersTable({ languages, analyses, changes, trained }: Comparison): DataTable {
    const isKnown = changes.some(({ intervals }) => intervals !== undefined);
    const changeOf = (i: number, language: string): DataCell[] => {
        const { perLanguage, intervals } = changes[i - 1] ?? {};
        return [perLanguage?.[language]?.total ?? null, ...(intervals?.perLanguage[language]?.total ?? [null, null])];
    };
    return {
        name: 'comparison-languages',
        columns: [
            'language',
            'trained',
            'analysis',
            'specific',
            'related',
            'total',
            ...(isKnown ? intervalColumns : []),
        ],
        rows: languages.flatMap((language) =>
            analyses.map(({ label, perLanguage }, i): DataCell[] => {
                const numbers = perLanguage[language];
                return [
                    language,
                    trained.includes(language) ? 'yes' : 'no',
                    label,
                    numbers?.specific ?? null,
                    numbers?.related ?? null,
                    numbers?.total ?? null,
                    ...(isKnown ? changeOf(i, language) : []),
                ];
            }),
        ),
    };
}

/** Means over groups of languages: tables 2 and 3 of the paper. */
export function groupsTable({ changes, trained }: Comparison): DataTable {
    const names = groupLabels(trained);
    const kinds = ['specific', 'related', 'total'] as const;
    return {
        name: 'comparison-groups',
        columns: ['languages', 'analysis', ...kinds.flatMap((kind) => [kind, `${kind} after`, `${kind} change`])],
        rows: changes.flatMap(({ label, groups }) =>
            groupNames.flatMap((key): DataCell[][] => {
                const group = groups[key];
                if (group === undefined) return [];
                const { before, after, change } = group;
                return [[names[key], label, ...kinds.flatMap((kind) => [before[kind], after[kind], change[kind]])]];
            }),
        ),
    };
}

/** A table of a comparison as the page shows it: of one change, the analysis is known. */
export function ofOneAnalysis({ name, columns, rows }: DataTable, { changes }: Comparison): DataTable {
    const place = columns.indexOf('analysis');
    if (changes.length > 1 || place < 0) return { name, columns, rows };
    const kept = <T>(cells: readonly T[]): T[] => cells.filter((_, i) => i !== place);
    return { name, columns: kept(columns), rows: rows.map(kept) };
}

/** A metric's table with changes as effects: relative where the metric's are. */
export function asEffects({ name, columns, rows }: DataTable, metric: string): DataTable {
    const { relative } = metricOf(metric);
    const before = columns.indexOf('before');
    const changes = changeColumns.map((column) => columns.indexOf(column));
    return {
        name,
        columns,
        rows: rows.map((row) =>
            row.map((cell, i) =>
                changes.includes(i) ? effectOf(relative, cell as Measured, row[before] as Measured) : cell,
            ),
        ),
    };
}

/** The whole model's metric in each language, before and after; limits (95 %), P and Q are of the change. */
export function metricChangesTable({ changes }: Comparison, metric: string): DataTable {
    return {
        name: `comparison-${metric}`,
        columns: ['language', ...metricColumns, ...testColumns],
        rows: metricRows(changes, metric, ({ perLanguage }) => Object.entries(perLanguage), true),
    };
}

/** Its means over groups of languages. */
export function metricGroupsTable({ changes, trained }: Comparison, metric: string): DataTable {
    const names = { all: 'all', ...groupLabels(trained) };
    const rows = metricRows(changes, metric, ({ groups }) =>
        (['all', ...groupNames] as const).flatMap((key) =>
            groups[key] === undefined ? [] : [[names[key], groups[key]] as const],
        ),
    );
    return { name: `comparison-${metric}-groups`, columns: ['languages', ...metricColumns], rows };
}

/** Of changes and their limits. */
export const changeColumns: readonly string[] = ['change', 'changeLow', 'changeHigh'];
/** Of a language's change; see `MetricGroupChange`. */
export const testColumns: readonly string[] = ['changeP', 'changeQ'];
const metricColumns = ['analysis', 'before', 'after', ...changeColumns];

function metricRows(
    changes: Comparison['changes'],
    metric: string,
    named: (change: MetricChange) => readonly (readonly [string, MetricGroupChange])[],
    isTested = false,
): DataCell[][] {
    return changes.flatMap(({ label, metrics }) =>
        metrics
            .filter((one) => one.metric === metric)
            .flatMap(named)
            .map(([name, { before, after, change, interval, p, q }]): DataCell[] => [
                name,
                label,
                before,
                after,
                change,
                interval?.[0] ?? null,
                interval?.[1] ?? null,
                ...(isTested ? [p ?? null, q ?? null] : []),
            ]),
    );
}

function groupLabels(trained: readonly string[]): Readonly<Record<GroupName, string>> {
    return {
        trained: `trained (${trained.join(', ')})`,
        others: trained.length === 0 ? 'all languages' : 'other languages',
        english: 'English',
        rest: 'all but English',
    };
}

/** Class before and after, and what is shared: table 4 of the paper and the transitions behind it. */
export function transitionsTable({ changes }: Comparison): DataTable {
    return {
        name: 'comparison-classes',
        columns: ['before', 'analysis', ...fromClasses.map((to) => `to ${to}`), 'overlap'],
        rows: changes.flatMap(({ label, transitions, overlap }) =>
            fromClasses.map((from): DataCell[] => [
                from,
                label,
                ...fromClasses.map((to) => transitions[from][to]),
                from === 'none' ? null : overlap[from],
            ]),
        ),
    };
}

/** Numbers of neurons by class along a series, and their overlap with the first analysis. */
export function seriesTable({ analyses, changes }: Comparison): DataTable {
    return {
        name: 'series',
        columns: ['analysis', ...neuronClasses, ...neuronClasses.map((kind) => `${kind} overlap`)],
        rows: analyses.map(({ label, layers }, index) => {
            const overlap = changes[index - 1]?.overlap;
            return [
                label,
                ...neuronClasses.map((kind) => sum(layers, (layer) => layer[kind])),
                ...neuronClasses.map((kind) => (index === 0 ? 1 : (overlap?.[kind] ?? null))),
            ];
        }),
    };
}
