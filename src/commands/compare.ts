import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { compare, type LabelledAnalysis } from '../experiments/compare.js';
import type {
    AnalysisChange,
    Comparison,
    GroupChange,
    MetricChange,
    MetricGroupChange,
} from '../experiments/Comparison.js';
import { writeComparison } from '../experiments/comparisonFile.js';
import { readMatrices } from '../experiments/matrixFile.js';
import { withFolder } from '../files/folderLock.js';
import { readNeurons } from '../neurons/neuronsFile.js';
import { metricOf } from '../experiments/metrics.js';
import { changeWords } from '../report/changeWords.js';
import { reportOn } from '../report/reportOn.js';
import type { CommandArguments, CommandContext, CommandResult } from './CommandDeclaration.js';
import type { compareDeclaration } from './declarations.js';

/**
 * `compare`: OUT/comparison.json, and OUT/report.html of the last analysis with the comparison in it
 * where its counts are at hand. OUT is by default the folder of the last analysis.
 */
export async function compareCommand(
    args: CommandArguments<typeof compareDeclaration>,
    { say }: CommandContext,
): Promise<CommandResult> {
    const paths = [args.before, args.after, ...(args.more ?? [])];
    const places = await Promise.all(paths.map(placeOf));
    const analyses: LabelledAnalysis[] = [];
    for (const [i, { folder, neurons }] of places.entries()) {
        analyses.push({
            label: labelOf(i, paths),
            analysis: await readNeurons(neurons),
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
}

/** A run folder, or a neurons.json in one. */
async function placeOf(path: string): Promise<{ folder: string; neurons: string }> {
    const file = (await stat(path).catch(() => undefined))?.isFile() === true;
    return file ? { folder: dirname(path), neurons: path } : { folder: path, neurons: join(path, 'neurons.json') };
}

/** The last part of a path, or all of it where another ends alike. */
function labelOf(i: number, paths: readonly string[]): string {
    const names = paths.map((path) => basename(path));
    const name = names[i]!;
    if (names.filter((other) => other === name).length === 1) return name;
    return paths.filter((other) => other === paths[i]).length === 1 ? paths[i]! : `${paths[i]!} (${i + 1})`;
}

export function describeChange({ analyses, trained }: Comparison, change: AnalysisChange): string {
    const share = (value: number | null): string => (value === null ? 'n/a' : value.toFixed(3));
    const group = (name: string, groupChange: GroupChange | undefined): string[] =>
        groupChange === undefined
            ? []
            : [
                  `  ${name}: ${groupChange.before.total.toFixed(1)} → ${groupChange.after.total.toFixed(1)} ` +
                      `neurons a language (${signed(groupChange.change.total)})`,
              ];
    const { overlap, groups, layers, metrics } = change;
    const sum = (kind: 'specific' | 'related' | 'general'): string =>
        signed(
            layers.reduce((all, layer) => all + layer[kind], 0),
            0,
        );
    return [
        `${analyses[0]!.label} → ${change.label}: specific ${sum('specific')}, related ${sum('related')}, ` +
            `general ${sum('general')}`,
        ...group(`trained (${trained.join(', ')})`, groups.trained),
        ...group(trained.length === 0 ? 'all' : 'others', groups.others),
        ...group('English', groups.english),
        ...group('the rest', groups.rest),
        ...metrics.map(describeMetric),
        `  overlap: specific ${share(overlap.specific)}, related ${share(overlap.related)}, ` +
            `general ${share(overlap.general)}`,
    ].join('\n');
}

function describeMetric({ metric, groups, perLanguage }: MetricChange): string {
    const { noun, formatValue } = metricOf(metric);
    const one = (group: MetricGroupChange): string =>
        `${formatValue(group.before)} → ${formatValue(group.after)} (${changeWords(metric, group)})`;
    const named = { all: 'all', trained: 'trained', others: 'others', english: 'English', rest: 'the rest' };
    return [
        `  ${noun}:`,
        ...Object.entries(groups).map(([name, of]) => `    ${named[name as keyof typeof named]}: ${one(of)}`),
        ...Object.entries(perLanguage).map(([language, of]) => `    ${language}: ${one(of)}`),
    ].join('\n');
}

function signed(value: number, digits = 1): string {
    return `${value >= 0 ? '+' : ''}${value.toFixed(digits)}`;
}
