import type { CsvTable } from '../../files/csv.js';
import { neuronsOfShare } from '../../neurons/scores/rankNeurons.js';
import type { CellInterval } from '../results/DeactivationMatrix.js';
import type { DoseCurves } from '../results/DoseCurves.js';
import { effectOf } from './matrixTable.js';
import { meanEffect } from '../statistics/meanEffect.js';
import { metricOf } from '../registry/metrics.js';

/**
 * The effect of a dose on a metric: for a perplexity the change as a fraction of the whole model's, for an accuracy the
 * change of the share. null where it is not known.
 */
interface DoseEffect {
    readonly own: number | null;
    /** The same of as many random neurons: on average over the seeds, and the least and greatest of them. */
    readonly random: number | null;
    readonly lowest: number | null;
    readonly highest: number | null;
}

/** A language's neurons at one dose. */
export interface DosePoint {
    readonly language: string;
    /** Asked for, in (0, 1). */
    readonly share: number;
    /** Changed. */
    readonly neurons: number;
    /** The language has no more of them: fewer than asked for. */
    readonly isAll: boolean;
    /** In the language itself; null where it was not evaluated. */
    readonly inOwn: DoseEffect;
    /** Its interval (95 %), over the texts or questions. */
    readonly interval: CellInterval;
    /** In the mean over the other languages: see `meanEffect`. */
    readonly inOthers: DoseEffect;
}

/** The points of each language's curve, language by language, doses ascending. */
export function dosePoints({ metric, languages, total, doses }: DoseCurves): DosePoint[] {
    const words = metricOf(metric);
    const { relative } = words;
    return languages.flatMap((language) =>
        doses.map(({ share, set }): DosePoint => {
            const r = set.rows.indexOf(language);
            const own = set.columns.indexOf(language);
            const others = [...set.columns.keys()].filter((c) => c !== own);
            const effectIn = (columns: readonly number[]): DoseEffect => {
                const of = (row: readonly number[]): number | null =>
                    ifKnown(
                        columns.map((c) => effectOf(relative, row[c]!, set.baseline[c]!)),
                        (effects) => meanEffect(effects, words),
                    );
                const seeds = set.controls.map((grid) => of(grid[r]!));
                const known = seeds.filter((effect) => effect !== null);
                const all = known.length === seeds.length && seeds.length > 0;
                return {
                    own: of(set.change[r]!),
                    random: ifKnown(seeds, (effects) => meanEffect(effects, { relative: false })),
                    lowest: all ? Math.min(...known) : null,
                    highest: all ? Math.max(...known) : null,
                };
            };
            const interval = set.intervals.change[r]![own]!;
            const limit = (end: number): number => effectOf(relative, end, set.baseline[own]!)!;
            return {
                language,
                share,
                neurons: set.neurons[r]!,
                isAll: set.neurons[r]! < neuronsOfShare(total, share),
                inOwn: effectIn([own]),
                interval: interval === null ? null : [limit(interval[0]), limit(interval[1])],
                inOthers: effectIn(others),
            };
        }),
    );
}

/** One line for each language and dose. */
export function doseTable(curves: DoseCurves): CsvTable {
    const { total } = curves;
    return {
        columns: [
            'language',
            'dose',
            'neurons',
            'share',
            'own',
            'ownLow',
            'ownHigh',
            'ownRandom',
            'ownRandomLowest',
            'ownRandomHighest',
            'others',
            'othersRandom',
            'othersRandomLowest',
            'othersRandomHighest',
        ],
        rows: dosePoints(curves).map(({ language, share, neurons, inOwn, interval, inOthers }) => [
            language,
            share,
            neurons,
            neurons / total,
            inOwn.own,
            interval?.[0] ?? null,
            interval?.[1] ?? null,
            inOwn.random,
            inOwn.lowest,
            inOwn.highest,
            inOthers.own,
            inOthers.random,
            inOthers.lowest,
            inOthers.highest,
        ]),
    };
}

/** null where one is not known, or where there is none. */
function ifKnown(values: readonly (number | null)[], mean: (known: readonly number[]) => number): number | null {
    const known = values.filter((value) => value !== null);
    return known.length < values.length || known.length === 0 ? null : mean(known);
}
