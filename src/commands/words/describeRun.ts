import type { DeactivationMatrix, DeactivationSet } from '../../experiments/results/DeactivationMatrix.js';
import { wholeEstimate } from '../../experiments/matrices/wholeEstimate.js';
import { metricOf } from '../../experiments/registry/metrics.js';
import { headline } from '../../report/sentences/headline.js';
import type { ExaminedModel } from '../../run/examineModel.js';
import { type AlignedCell, type AlignedColumn, alignedTable, type Tone } from './alignedTable.js';
import { beyondControlIn } from '../../experiments/statistics/toldCell.js';
import { toneOf } from './effectCells.js';
import { plainText } from '../../support/plainText.js';
import { wrapText } from '../../support/wrapText.js';

/** A model of a run with its name for people. */
export interface NamedModel extends Pick<ExaminedModel, 'analysis' | 'matrices'> {
    readonly label: string;
}

/** The set that the table shows: where it was measured, that of the report's headline. */
const mainSet = 'specific+related';

interface Column extends AlignedColumn {
    readonly of: (language: string) => AlignedCell;
}

/**
 * A row for each language: its neurons, and each metric without them. Of one model beside random neurons, of several
 * beside each other; the report has the rest.
 */
export function describeRun(models: readonly NamedModel[]): string {
    const columns: Column[] = [
        { heading: 'language', of: (language) => language },
        ...models.map(({ label, analysis }): Column => ({
            ...(models.length > 1 ? { group: 'neurons', heading: label } : { heading: 'neurons' }),
            right: true,
            of: (language) => String(analysis.perLanguage[language]!.total),
        })),
        ...models[0]!.matrices.flatMap((_, i) =>
            models.length > 1 ? besideEachOther(models, i) : besideRandom(models[0]!.matrices[i]!),
        ),
    ];
    const { languages } = models[0]!.analysis;
    const rows = languages.map((language) => columns.map(({ of }) => of(language)));
    const [name, set] = shownSet(models[0]!.matrices[0]!);
    const without = `${models.length > 1 ? ' →' : ', and'} without a language's ${name} neurons`;
    return `the whole model${set === undefined ? '' : without}:\n${alignedTable(columns, rows)}`;
}

/** What was found, in a sentence of at most so many columns a line; all its spaces are plain. */
export function foundWords(model: Pick<ExaminedModel, 'analysis' | 'matrices'>, width: number): string[] {
    return wrapText(plainText(headline(model)).replaceAll(/\s/g, ' '), width);
}

function besideRandom(matrix: DeactivationMatrix): Column[] {
    const { metric } = matrix;
    const [, set] = shownSet(matrix);
    const { number, unit } = bare(metric);
    const column = (heading: string, of: Column['of']): Column => ({
        group: `${metricOf(metric).noun}${unit}`,
        heading,
        right: true,
        of,
    });
    if (set === undefined) return [column('whole', (language) => wholeNumber(matrix, language))];
    const cells = (heading: string, of: (r: number, c: number) => AlignedCell): Column =>
        column(heading, (language) => inSet(set, language, of));
    return [
        cells('whole', (_, c) => number(set.baseline[c]!)),
        cells('without', (r, c) => ({ text: number(set.values[r]![c]!), tone: toneIn(metric, set, r, c) })),
        cells('random', (r, c) => number(set.baseline[c]! + set.control[r]![c]!)),
    ];
}

function besideEachOther(models: readonly NamedModel[], i: number): Column[] {
    return models.flatMap(({ label, matrices }) => {
        const matrix = matrices[i];
        if (matrix === undefined) return [];
        const { metric } = matrix;
        const [, set] = shownSet(matrix);
        const { number, unit } = bare(metric);
        return {
            group: `${metricOf(metric).noun}${unit}`,
            heading: label,
            right: true,
            of: (language: string) =>
                set === undefined
                    ? wholeNumber(matrix, language)
                    : inSet(set, language, (r, c) => ({
                          text: `${number(set.baseline[c]!)} → ${number(set.values[r]![c]!)}`,
                          tone: toneIn(metric, set, r, c),
                      })),
        };
    });
}

/** Of a matrix without sets, which has the whole model alone. */
function wholeNumber(matrix: DeactivationMatrix, language: string): string {
    if (!matrix.languages.includes(language)) return '';
    return bare(matrix.metric).number(wholeEstimate(matrix, language).value);
}

/** A metric's numbers without their unit, which stands in a heading. */
function bare(metric: string): { readonly number: (value: number) => string; readonly unit: string } {
    const { formatPlain } = metricOf(metric);
    const isShare = formatPlain(0).endsWith('%');
    return { number: (value) => formatPlain(value).replace(/\s*%$/, ''), unit: isShare ? ' (%)' : '' };
}

function shownSet({ sets }: DeactivationMatrix): [name: string, set: DeactivationSet | undefined] {
    const all = Object.entries(sets);
    return all.find(([name]) => name === mainSet) ?? all.at(-1) ?? ['', undefined];
}

function inSet(set: DeactivationSet, language: string, of: (r: number, c: number) => AlignedCell): AlignedCell {
    const [r, c] = [set.rows.indexOf(language), set.columns.indexOf(language)];
    return r < 0 || c < 0 ? '' : of(r, c);
}

/** By what the neurons do beyond random ones. */
function toneIn(metric: string, set: DeactivationSet, r: number, c: number): Tone | undefined {
    return toneOf(metric, set.beyondControl[r]![c]!, beyondControlIn(set, r, c));
}
