import { join } from 'node:path';
import { z } from 'zod';
import { defined } from '../support/defined.js';
import { byName, nameShape } from '../support/names.js';
import { LanguageNeuronsError } from '../errors.js';
import { readTextIfAny, writeFileAtomic } from '../files/fileAccess.js';
import { jsonNumber } from '../files/jsonNumber.js';
import { nonFinite } from '../files/nonFinite.js';
import type { Comparison } from './Comparison.js';
import { type MetricName, metricNames } from './DeactivationMatrix.js';

const count = z.int();
const counts = z.array(count);
const layer = z.object({ specific: count, related: count, general: count });
const numbers = z.object({ specific: z.number(), related: z.number(), total: z.number() });
const group = z.object({ languages: z.array(z.string()), before: numbers, after: numbers, change: numbers }).optional();
const measured = z.union([jsonNumber, z.null().transform(() => Infinity)]); // null in format 2
const metricGroup = z.object({
    languages: z.array(z.string()),
    before: measured,
    after: measured,
    change: measured,
    interval: z.tuple([measured, measured]).nullable(),
});
const classes = z.enum(['none', 'specific', 'related', 'general']);
const share = z.number().nullable();
/** 3: numbers that are not finite by name, notes. Format 2 is still read. */
const version = 3;
const plainShape = z.object({
    format: z.literal('language-neurons/comparison'),
    version: z.union([z.literal(2), z.literal(version)]),
    notes: z.array(z.string()).default([]),
    languages: z.array(nameShape).min(2),
    widths: counts,
    trained: z.array(z.string()),
    analyses: z
        .array(
            z.object({
                label: z.string(),
                method: z.enum(['paper', 'lape']),
                topRate: z.number(),
                bar: z.number(),
                lambda: z.number().nullable(),
                threshold: z.number(),
                selected: count,
                histogram: counts,
                histogramAll: counts,
                general: count,
                neurons: z.string().optional(),
                perLanguage: byName(numbers),
                layers: z.array(layer),
            }),
        )
        .min(2),
    changes: z
        .array(
            z.object({
                label: z.string(),
                layers: z.array(layer),
                histogram: counts,
                histogramAll: counts,
                perLanguage: byName(numbers),
                groups: z.object({ trained: group, others: group, english: group, rest: group }),
                overlap: z.object({ specific: share, related: share, general: share }),
                transitions: z.record(classes, z.record(classes, count)),
                switched: z.object({ specific: count, related: count }),
                moved: z.array(z.object({ from: classes, to: classes, neurons: z.array(z.tuple([count, count])) })),
                metrics: z.array(
                    z.object({
                        metric: z.enum(metricNames as [MetricName, ...MetricName[]]),
                        perLanguage: byName(metricGroup),
                        groups: z
                            .object({
                                all: metricGroup,
                                trained: metricGroup,
                                others: metricGroup,
                                english: metricGroup,
                                rest: metricGroup,
                            })
                            .partial(),
                    }),
                ),
            }),
        )
        .min(1),
});

/** Analyses and changes of the same languages and layers, a change for every analysis but the first. */
const shape = plainShape.refine(({ languages, trained, analyses, changes }) => {
    const isWhole = (one: (typeof analyses)[number] | (typeof changes)[number]): boolean =>
        one.layers.length === analyses[0]!.layers.length &&
        [one.histogram, one.histogramAll].every(({ length }) => length === languages.length + 1) &&
        languages.every((language) => Object.hasOwn(one.perLanguage, language));
    return (
        new Set(languages).size === languages.length &&
        trained.every((language) => languages.includes(language)) &&
        changes.length === analyses.length - 1 &&
        changes.every(({ label }, i) => label === analyses[i + 1]!.label) &&
        [...analyses, ...changes].every(isWhole)
    );
});

export function comparisonPath(folder: string): string {
    return join(folder, 'comparison.json');
}

/** @throws LanguageNeuronsError UNWRITABLE */
export async function writeComparison(folder: string, comparison: Comparison): Promise<void> {
    await writeFileAtomic(
        comparisonPath(folder),
        `${JSON.stringify({ format: 'language-neurons/comparison', version, ...comparison }, nonFinite)}\n`,
    );
}

/**
 * The comparison of a run folder, or undefined where it has none.
 * @throws LanguageNeuronsError NOT_FOUND where it cannot be read, DAMAGED
 */
export async function readComparison(folder: string): Promise<Comparison | undefined> {
    const path = comparisonPath(folder);
    const text = await readTextIfAny(path);
    if (text === undefined) return undefined;
    try {
        const { format: _, version: __, ...comparison } = shape.parse(JSON.parse(text));
        return {
            ...comparison,
            changes: comparison.changes.map((change) => ({
                ...change,
                metrics: change.metrics.map((one) => ({ ...one, groups: defined(one.groups) })),
            })),
        };
    } catch (cause) {
        throw new LanguageNeuronsError('DAMAGED', `${path}: not a comparison of this version; run compare again`, {
            cause,
        });
    }
}
