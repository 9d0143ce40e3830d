import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { compare, type LabelledAnalysis } from '../experiments/comparisons/compare.js';
import {
    type AnalysisChange,
    type Comparison,
    groupNames,
    type MetricChange,
    type MetricGroupChange,
} from '../experiments/results/Comparison.js';
import { writeComparison } from '../experiments/resultFiles/comparisonFile.js';
import { readMatrices } from '../experiments/resultFiles/matrixFile.js';
import { changeCertainty } from '../experiments/statistics/toldCell.js';
import { withFolder } from '../files/folderLock.js';
import { neuronsPath, readNeurons } from '../neurons/analysis/neuronsFile.js';
import { numbersWithoutFolds } from '../neurons/classes/withoutFolds.js';
import { metricOf } from '../experiments/registry/metrics.js';
import { reportOn } from '../report/reportOn.js';
import { sum } from '../support/averages.js';
import { formatP } from '../support/format.js';
import { type AlignedCell, alignedTable } from './words/alignedTable.js';
import type { CommandOf } from './arguments/CommandDeclaration.js';
import type { compareDeclaration } from './arguments/declarations.js';
import { changeCells, effectUnit, toneOf } from './words/effectCells.js';

/**
 * `compare`: OUT/comparison.json, and OUT/report.html of the last analysis with the comparison in it
 * where its counts are at hand. OUT is by default the folder of the last analysis.
 */
export const compareCommand: CommandOf<typeof compareDeclaration> = async (args, { say }) => {
    const paths = [args.before, args.after, ...(args.more ?? [])];
    const places = await Promise.all(paths.map(placeOf));
    const analyses: LabelledAnalysis[] = [];
    for (const [i, { folder, neurons }] of places.entries()) {
        const analysis = await readNeurons(neurons);
        analyses.push({
            label: labelOf(i, paths),
            analysis,
            withoutFolds: await numbersWithoutFolds(folder, analysis),
            matrices: await readMatrices(folder),
        });
    }
    const comparison = compare(analyses, args.trained);
    for (const note of comparison.notes) say(note);
    const { folder } = places.at(-1)!;
    const out = args.out ?? folder;
    await withFolder(out, 'compare', () => writeComparison(out, comparison));
    const counted = (await stat(join(folder, 'activations.safetensors')).catch(() => undefined)) !== undefined;
    if (counted) await reportOn(folder, { out, excel: args.excel });
    else say(`${folder}: holds no counts, so there is no report; the comparison is in ${out}/comparison.json`);
    const text = [
        ...comparison.changes.map((change) => describeChange(comparison, change)),
        ...(counted ? [`report: ${join(out, 'report.html')}`] : []),
    ];
    return { json: comparison, text: text.join('\n') };
};

/** A run folder, or a neurons.json in one. */
async function placeOf(path: string): Promise<{ folder: string; neurons: string }> {
    const file = (await stat(path).catch(() => undefined))?.isFile() === true;
    return file ? { folder: dirname(path), neurons: path } : { folder: path, neurons: neuronsPath(path) };
}

/** The last part of a path, or all of it where another ends alike. */
function labelOf(i: number, paths: readonly string[]): string {
    const names = paths.map((path) => basename(path));
    const name = names[i]!;
    if (names.filter((other) => other === name).length === 1) return name;
    return paths.filter((other) => other === paths[i]).length === 1 ? paths[i]! : `${paths[i]!} (${i + 1})`;
}

/** What became of the neurons and of each metric, a table each. */
export function describeChange({ analyses, trained }: Comparison, change: AnalysisChange): string {
    const share = (value: number | null): string => (value === null ? 'n/a' : value.toFixed(3));
    const { overlap, groups, layers, metrics } = change;
    const inAll = (kind: 'specific' | 'related' | 'general'): string =>
        signed(
            sum(layers, (layer) => layer[kind]),
            0,
        );
    const names: Readonly<Record<string, string>> = {
        all: 'all',
        trained: `trained (${trained.join(', ')})`,
        others: trained.length === 0 ? 'all' : 'others',
        english: 'English',
        rest: 'the rest',
    };
    return [
        `${analyses[0]!.label} → ${change.label}: specific ${inAll('specific')}, related ${inAll('related')}, ` +
            `general ${inAll('general')}`,
        `overlap: specific ${share(overlap.specific)}, related ${share(overlap.related)}, ` +
            `general ${share(overlap.general)}`,
        neuronsTable(groups, names),
        ...metrics.map((metric) => metricTable(metric, names)),
    ].join('\n');
}

function neuronsTable(groups: AnalysisChange['groups'], names: Readonly<Record<string, string>>): string {
    const columns = ['before', 'after', 'change'].map((heading) => ({
        group: 'neurons a language',
        heading,
        right: true,
    }));
    const rows = groupNames.flatMap((name) => {
        const of = groups[name];
        if (of === undefined) return [];
        const { before, after, change } = of;
        return [[names[name]!, before.total.toFixed(1), after.total.toFixed(1), signed(change.total)]];
    });
    return alignedTable([{ heading: 'languages', elastic: true }, ...columns], rows);
}

function metricTable({ metric, groups, perLanguage }: MetricChange, names: Readonly<Record<string, string>>): string {
    const { noun, formatPlain } = metricOf(metric);
    const isTested = Object.values(perLanguage).some(({ q }) => q !== undefined);
    const headings = ['before', 'after', `change, ${effectUnit(metric)}`, '95 %', ...(isTested ? ['q'] : [])];
    const columns = headings.map((heading) => ({ group: noun, heading, right: true }));
    const of = (name: string, one: MetricGroupChange): AlignedCell[] => [
        ...[name, formatPlain(one.before), formatPlain(one.after)],
        ...changeCells(metric, { ...one, ...changeCertainty(one) }),
        ...(isTested ? [qCell(metric, one)] : []),
    ];
    const rows = [
        ...Object.entries(groups).map(([name, one]) => of(names[name]!, one)),
        ...Object.entries(perLanguage).map(([language, one]) => of(language, one)),
    ];
    return alignedTable([{ heading: 'languages', elastic: true }, ...columns], rows);
}

function qCell(metric: string, one: MetricGroupChange): AlignedCell {
    const certainty = changeCertainty(one);
    return { text: one.q === undefined ? '' : formatP(one.q), tone: toneOf(metric, one.change, certainty) };
}

function signed(value: number, digits = 1): string {
    return `${value >= 0 ? '+' : ''}${value.toFixed(digits)}`;
}
