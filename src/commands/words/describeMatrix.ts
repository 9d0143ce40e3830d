import { isDeactivation } from '../../interventions/Operation.js';
import { doneWords } from '../../interventions/operationWords.js';
import type { ShareWords } from '../../experiments/metric/Metric.js';
import { metricOf } from '../../experiments/registry/metrics.js';
import { shownShares } from '../../experiments/metric/shownShares.js';
import type {
    DeactivationMatrix,
    DeactivationSet,
    LanguageCounts,
    Share,
} from '../../experiments/results/DeactivationMatrix.js';
import { caveatsOf, heldOutSentences } from '../../experiments/matrices/caveats.js';
import { powerSentences } from '../../experiments/power/powerWords.js';
import { beyondControlIn } from '../../experiments/statistics/toldCell.js';
import { formatP, formatPlainShare } from '../../support/format.js';
import { wrapText } from '../../support/wrapText.js';
import { type AlignedColumn, alignedTable } from './alignedTable.js';
import { changeCells, effectUnit, toneOf } from './effectCells.js';

/**
 * For each set a table: what changing a language's neurons does to it, what random neurons do, and the difference.
 * @param asked sets to describe; the matrix may hold others, measured earlier. Default: all
 */
export function describeMatrix(matrix: DeactivationMatrix, asked?: readonly string[]): string {
    const { metric, operation, sets } = matrix;
    const tables = Object.entries(sets)
        .filter(([name]) => asked?.includes(name) !== false)
        .map(([name, set]) =>
            [
                `${name}: ${metricOf(metric).noun} of the own language, neurons ${doneWords(operation)}`,
                ...(set.neurons.every((neurons) => neurons === 0)
                    ? ['no language has neurons in this set: nothing was changed']
                    : []),
                ...powerLines(set, metric),
                setTable(set, matrix),
                ...sharesTable(set, matrix),
            ].join('\n'),
        );
    const caveats = [...heldOutSentences(matrix), ...caveatsOf(matrix)].flatMap((sentence) =>
        wrapText(sentence, process.stdout.columns ?? 80),
    );
    return [...(caveats.length === 0 ? [] : [caveats.join('\n')]), ...tables].join('\n\n');
}

/** What the cells can tell at all, where some of them tell nothing. */
function powerLines(set: DeactivationSet, metric: string): string[] {
    const sentences = powerSentences(set, metricOf(metric));
    return sentences.length === 0 ? [] : wrapText(sentences.join(' '), process.stdout.columns ?? 80);
}

/** What the column of a cell with changed neurons is called. */
function changedHeading({ operation }: Pick<DeactivationMatrix, 'operation'>): string {
    return isDeactivation(operation) ? 'without' : 'changed';
}

function setTable(set: DeactivationSet, { metric, operation }: DeactivationMatrix): string {
    const { formatPlain: format } = metricOf(metric);
    const columns: AlignedColumn[] = [
        { heading: 'language' },
        ...['neurons', 'whole', changedHeading({ operation }), 'random'].map((heading) => ({ heading, right: true })),
        ...['change', '95 %', 'q'].map((heading) => ({
            group: `beyond random, ${effectUnit(metric)}`,
            heading,
            right: true,
        })),
    ];
    const rows = set.rows.map((language, r) => {
        const c = set.columns.indexOf(language);
        const before = set.baseline[c]!;
        const change = set.beyondControl[r]![c]!;
        const certainty = beyondControlIn(set, r, c);
        const values = [before, set.values[r]![c]!, before + set.control[r]![c]!].map(format);
        const cells = changeCells(metric, { before, change, ...certainty });
        const q = { text: certainty.q === null ? '' : formatP(certainty.q), tone: toneOf(metric, change, certainty) };
        return [language, String(set.neurons[r]!), ...values, ...cells, q];
    });
    return alignedTable(columns, rows);
}

/** Shares of answers or tokens: what is not seen in the metric, where there is any of it. */
function sharesTable(set: DeactivationSet, matrix: DeactivationMatrix): string[] {
    const { rows, columns, baseline, values } = set;
    const kind = metricOf(matrix.metric);
    const words = (before: number, after: number): string => `${formatPlainShare(before)} → ${formatPlainShare(after)}`;
    const of = ({ baseline: whole, values: changed }: Share, r: number): string => {
        const c = columns.indexOf(rows[r]!);
        return words(whole[c] ?? 0, changed[r]?.[c] ?? 0);
    };
    const value = { baseline, values };
    const isNew = ({ usual }: ShareWords, share: Share): boolean => {
        if (usual === undefined) return true;
        const known = (r: number): string => (usual === 'value' ? of(value, r) : words(usual, usual));
        return rows.some((_, r) => of(share, r) !== known(r));
    };
    const shares = shownShares(set, kind).flatMap(({ words: of, share }) =>
        of.heading !== undefined && isNew(of, share) ? [{ heading: of.heading, share }] : [],
    );
    const others = insteadColumns(set, matrix);
    if (shares.length === 0 && others.length === 0) return [];
    return [
        `of these ${kind.sharesOf ?? 'answers'}, whole → ${changedHeading(matrix)}`,
        alignedTable(
            [
                { heading: 'language' },
                ...shares.map(({ heading }) => ({ heading, right: true })),
                ...others.map(({ heading }) => ({ heading })),
            ],
            rows.map((language, r) => [
                language,
                ...shares.map(({ share }) => of(share, r)),
                ...others.map(({ of }) => of(r)),
            ]),
        ),
    ];
}

/** Most languages that a cell names. */
const mostNamed = 2;

/** In which languages answers are instead of the one asked, most frequent first. */
function insteadColumns(
    { rows, columns, instead, samples }: DeactivationSet,
    matrix: DeactivationMatrix,
): { readonly heading: string; readonly of: (r: number) => string }[] {
    if (instead === undefined) return [];
    const words = (counts: LanguageCounts, r: number, c: number): string => {
        const named = Object.entries(counts).sort(([, a], [, b]) => b - a);
        const shown = named
            .slice(0, mostNamed)
            .map(([language, count]) => `${language} ${Math.round((100 * count) / samples[r]![c]!)} %`);
        return [...shown, ...(named.length > mostNamed ? ['…'] : [])].join(', ');
    };
    const own = (r: number): number => columns.indexOf(rows[r]!);
    return [
        { heading: 'instead in', of: (r: number) => words(instead.baseline[own(r)] ?? {}, r, own(r)) },
        {
            heading: `${changedHeading(matrix)}, in`,
            of: (r: number) => words(instead.values[r]?.[own(r)] ?? {}, r, own(r)),
        },
    ].filter(({ of }) => rows.some((_, r) => of(r) !== ''));
}
