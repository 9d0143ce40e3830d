import { z } from 'zod';
import { jsonNumber } from '../../files/jsonNumber.js';
import { identifyMethods } from '../../neurons/analysis/choices.js';
import { intervalShape, languageIntervalsShape, neuronClasses } from '../../neurons/analysis/NeuronAnalysis.js';
import type { DeepReadonly } from '../../support/DeepReadonly.js';
import { byName, nameShape } from '../../support/names.js';

const count = z.int();
const counts = z.array(count);

const classOrNone = z.enum(['none', ...neuronClasses]);
/** A class, or none of them. */
export type ClassOrNone = z.output<typeof classOrNone>;

export const groupNames = ['trained', 'others', 'english', 'rest'] as const;
/** Groups of languages: trained in the alignment or not, English or not. */
export type GroupName = (typeof groupNames)[number];

const numbersShape = z.object({ specific: z.number(), related: z.number(), total: z.number() });
/** Numbers of neurons of one language, or means over several. */
export interface LanguageNumbers extends DeepReadonly<z.output<typeof numbersShape>> {}

const groupChangeShape = z.object({
    languages: z.array(z.string()),
    before: numbersShape,
    after: numbersShape,
    change: numbersShape,
});
/** Means over a group of languages (tables 2 and 3 of the paper). */
export interface GroupChange extends DeepReadonly<z.output<typeof groupChangeShape>> {}

const layersShape = z.array(z.object({ specific: count, related: count, general: count }));
const analysisShape = z.object({
    /** Name for people, unique in the comparison. */
    label: z.string(),
    method: z.enum(identifyMethods),
    topRate: z.number(),
    bar: z.number(),
    lambda: z.number().nullable(),
    threshold: z.number(),
    selected: count,
    histogram: counts,
    histogramAll: counts,
    general: count,
    perLanguage: byName(numbersShape),
    layers: layersShape,
    /** Names its neurons; see `neuronsDigest`. */
    neurons: z.string(),
});
/** What a comparison keeps of each `NeuronAnalysis`, for series (figs. 17-19). */
export interface ComparedAnalysis extends DeepReadonly<z.output<typeof analysisShape>> {}

const metricGroupShape = z.object({
    languages: z.array(z.string()),
    before: jsonNumber,
    after: jsonNumber,
    change: jsonNumber,
    /** 95 % interval of the change; null for fewer than 3 texts, or one question. */
    interval: z.tuple([jsonNumber, jsonNumber]).nullable(),
    /** Of one language: two-sided, from the same texts or questions as the interval; absent where they tell nothing. */
    p: z.number().min(0).max(1).optional(),
    /** Benjamini and Hochberg's, over all languages of the metric that have a p. */
    q: z.number().min(0).max(1).optional(),
});
/** A metric's mean over some languages (`meanValue`), before and after. */
export interface MetricGroupChange extends DeepReadonly<z.output<typeof metricGroupShape>> {}

const metricChangeShape = z.object({
    /** Its name; see `metrics`. */
    metric: z.string(),
    perLanguage: byName(metricGroupShape),
    /** `all`, and each of the neurons' `groups` that has a language. */
    groups: z.partialRecord(z.enum(['all', ...groupNames]), metricGroupShape),
});
/** A metric of the whole model, before and after. */
export interface MetricChange extends DeepReadonly<z.output<typeof metricChangeShape>> {}

const changeShape = z.object({
    /** Label of the later analysis. */
    label: z.string(),
    /** By class (fig. 4), [n_layer]. */
    layers: layersShape,
    /** Selected neurons by N, index 0..l. */
    histogram: counts,
    /** All neurons by N (fig. 5), index 0..l. */
    histogramAll: counts,
    perLanguage: byName(numbersShape),
    /**
     * 95 % intervals of the changes of the classes and of `perLanguage`, from folds that hold the same texts of both
     * counts (`changeIntervals`). Absent: there are none.
     */
    intervals: z
        .object({
            folds: count,
            classes: z.record(z.enum(neuronClasses), intervalShape),
            perLanguage: languageIntervalsShape,
        })
        .optional(),
    /** Absent groups have no language: without `trained`, all languages are `others`. */
    groups: z.partialRecord(z.enum(groupNames), groupChangeShape),
    /** |A ∩ B| / |A| of each class, A the fiducial's (table 4); null where A is empty. */
    overlap: z.record(z.enum(neuronClasses), z.number().nullable()),
    /** Neurons by class before (outer) and after (inner). */
    transitions: z.record(classOrNone, z.record(classOrNone, count)),
    /** Neurons that stay specific (related), but of another language (of other languages). */
    switched: z.object({ specific: count, related: count }),
    /** The neurons behind each change of class, by layer, then neuron. */
    moved: z.array(z.object({ from: classOrNone, to: classOrNone, neurons: z.array(z.tuple([count, count])) })),
    /** Metrics of the whole models, where both were measured on the same texts or questions. */
    metrics: z.array(metricChangeShape),
});
/** One analysis against the first, the fiducial: differences are `after - before`. */
export interface AnalysisChange extends DeepReadonly<z.output<typeof changeShape>> {}

/** Analyses and changes are of the same languages and layers. */
export const comparisonShape = z
    .object({
        languages: z.array(nameShape).min(2),
        /** FFN width of each layer. */
        widths: counts,
        /** Languages that the alignment was trained on; may be empty. */
        trained: z.array(z.string()),
        /** Sentences on other differences, or the lack of any, that a reader should know. */
        notes: z.array(z.string()),
        /** In the order given; the first is the fiducial. */
        analyses: z.array(analysisShape).min(2),
        /** The changes of every analysis but the first. */
        changes: z.array(changeShape).min(1),
    })
    .refine(({ languages, trained, analyses, changes }) => {
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
    }, 'its parts differ in languages or layers');
/** Result of `compare`; what `comparison.json` holds. */
export interface Comparison extends DeepReadonly<z.output<typeof comparisonShape>> {}
