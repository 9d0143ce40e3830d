import { z } from 'zod';
import { activationsSourceShape } from '../../activations/ActivationsSource.js';
import { denseSites, neuronsAt, type Site, siteShape } from '../../engine/types/Site.js';
import type { DeepReadonly } from '../../support/DeepReadonly.js';
import { byName, nameShape } from '../../support/names.js';
import { identifyMethods, probabilityNames } from './choices.js';

/** Classes of neurons (section 2.2 of the paper). */
export const neuronClasses = ['specific', 'related', 'general'] as const;
export type NeuronClass = (typeof neuronClasses)[number];

/** `[site, index]`, both 0-based; in a dense model `[layer, neuron]`. See `Site`. */
export type NeuronIndex = readonly [site: number, index: number];

/** `[site, expert]`, both 0-based. */
export type ExpertIndex = readonly [site: number, expert: number];

const count = z.int().nonnegative();
const indices = z.array(z.tuple([count, count]));

const expertsShape = z.object({
    /** Which tokens the experts' neurons were measured on. */
    probability: z.enum(probabilityNames),
    /** Least tokens of every language that an expert must have seen for its neurons to be assessed. */
    minRouted: count,
    /** Neurons that were not assessed, and are in no class. */
    notAssessed: count,
    /** r of the experts of each routed site, by the site's number: [experts][languages]. */
    shares: byName(z.array(z.array(z.number()))),
    /** Threshold of r above which it is high. */
    threshold: z.number(),
    specific: byName(indices),
    related: byName(indices),
    general: indices,
});
/** Experts classified as neurons are, by the share of a language's tokens that go through them: r = n_e / T for p. */
export interface ExpertAnalysis extends DeepReadonly<z.output<typeof expertsShape>> {}

const layerCountsShape = z.object({ specific: count, related: count, general: count });
/** Numbers of neurons of one layer by class. */
export interface LayerCounts extends DeepReadonly<z.output<typeof layerCountsShape>> {}

/** The paper's four stages, in the order of the layers. */
export const stageNames = [
    'multilingual understanding',
    'shared semantic space reasoning',
    'multilingual output space transformation',
    'vocabulary space outputting',
] as const;

const stageShape = z.object({ name: z.enum(stageNames), first: count, last: count });
/** One stage: layers `first` to `last`, 0-based, both included. */
export interface Stage extends DeepReadonly<z.output<typeof stageShape>> {}

const stagesShape = z.object({
    /** Whether the layers show the four stages. */
    seen: z.boolean(),
    /** Why they are not seen, in words; absent where they are. */
    reason: z.string().optional(),
    /** The division that fits best, also where it is not good enough; empty with fewer than four layers. */
    stages: z.array(stageShape),
    /** Share of random orders of the layers that fit worse, in [0, 1]. */
    confidence: z.number(),
    /** The rule, in words. */
    rule: z.string(),
});
/** The result of `findStages`. */
export interface Stages extends DeepReadonly<z.output<typeof stagesShape>> {}

export const intervalShape = z.tuple([z.number(), z.number()]);
/** 95 % interval, `[low, high]`. */
export type Interval = readonly [low: number, high: number];

/** Intervals of the numbers of neurons of each language. */
export const languageIntervalsShape = byName(
    z.object({ specific: intervalShape, related: intervalShape, total: intervalShape }),
);

const classStabilityShape = z.object({
    /** Mean share of the class's neurons that keep it when one fold is left out; null for an empty class. */
    kept: z.number().nullable(),
    /** Mean overlap 2|A ∩ B| / (|A| + |B|) of the classes found on two halves; null where both are empty. */
    overlap: z.number().nullable(),
});
/** How much of a class would be found again on other texts. */
export interface ClassStability extends DeepReadonly<z.output<typeof classStabilityShape>> {}

const stabilityShape = z.object({
    folds: count,
    /** By language, the share of its different texts that are in several folds. Absent: none are. */
    inSeveralFolds: byName(z.number()).optional(),
    /** The number of divisions into halves over which `overlap` is averaged. */
    halves: count,
    classes: z.record(z.enum(neuronClasses), classStabilityShape),
    /** 95 % intervals of the numbers of neurons, by the delete-one-fold jackknife. */
    intervals: z.object({
        general: intervalShape,
        perLanguage: languageIntervalsShape,
    }),
});
/** Certainty of an analysis, from counts kept in folds (`collect --folds`). */
export interface Stability extends DeepReadonly<z.output<typeof stabilityShape>> {}

const sourceShape = activationsSourceShape.extend({
    /** See `countsDigest`. */
    counts: z.string(),
});
/** The counts behind an analysis, and what made them. */
export interface AnalysisSource extends DeepReadonly<z.output<typeof sourceShape>> {}

export const analysisShape = z
    .object({
        method: z.enum(identifyMethods),
        languages: z.array(nameShape).min(2),
        /** The number of neurons at each site; in a dense model, the FFN width of each layer. */
        widths: z.array(count).min(1),
        /** Absent: the model is dense, and each layer is a site. */
        sites: z.array(siteShape).min(1).optional(),
        /** Absent: the model has no routed experts. */
        experts: expertsShape.optional(),
        /** Share of all neurons assessed that is selected. */
        topRate: z.number(),
        /** Quantile of all activation probabilities above which one counts as high. */
        bar: z.number(),
        /** Weight λ of the maximum in the score; null for LAPE, which has none. */
        lambda: z.number().nullable(),
        /** Threshold τ: the `bar` quantile of all activation probabilities. */
        threshold: z.number(),
        /** Number of selected neurons. */
        selected: count,
        /** Selected neurons by N, the number of languages in which they are high; index 0..l. */
        histogram: z.array(count),
        /** All neurons assessed by N; index 0..l. */
        histogramAll: z.array(count),
        /** Number of general neurons (N = l over all neurons). */
        general: count,
        perLanguage: byName(z.object({ specific: count, related: count, total: count })),
        /** Numbers of neurons by layer, over all its sites. */
        layers: z.array(layerCountsShape),
        /** Scoring and λ sweep alone, in milliseconds. */
        milliseconds: z.number(),
        stages: stagesShape,
        /** Present where the counts were kept in folds. */
        stability: stabilityShape.optional(),
        /** What it was made from. */
        source: sourceShape,
        /** The neurons of each language, and the general ones. Sorted by site, then index. */
        neurons: z.object({ specific: byName(indices), related: byName(indices), general: indices }),
    })
    .refine(
        ({ languages, widths, sites, layers, histogram, histogramAll, perLanguage, neurons, experts, stability }) =>
            new Set(languages).size === languages.length &&
            layers.length === layerSizes(analysisSites({ sites, widths })).length &&
            (sites === undefined || sites.map(neuronsAt).join() === widths.join()) &&
            [histogram, histogramAll].every(({ length }) => length === languages.length + 1) &&
            languages.every((language) =>
                [
                    ...[perLanguage, neurons.specific, neurons.related],
                    ...(experts === undefined ? [] : [experts.specific, experts.related]),
                    ...(stability === undefined ? [] : [stability.intervals.perLanguage]),
                ].every((lists) => Object.hasOwn(lists, language)),
            ) &&
            Object.values(experts?.shares ?? {})
                .flat()
                .every(({ length }) => length === languages.length),
        'its parts differ in languages or layers',
    )
    .refine(
        ({ widths, neurons }) =>
            [...Object.values(neurons.specific), ...Object.values(neurons.related), neurons.general]
                .flat()
                .every(([site, index]) => index < (widths[site] ?? 0)),
        'names neurons that the model does not have',
    );
/** Result of `identify`; what `neurons.json` holds and `identify --json` prints (without `neurons`). */
export interface NeuronAnalysis extends DeepReadonly<z.output<typeof analysisShape>> {}

/** An analysis of counts from any source. */
export type Unsourced = Omit<NeuronAnalysis, 'source'>;

/** Where the neurons of an analysis are. */
export function analysisSites({ sites, widths }: Pick<NeuronAnalysis, 'sites' | 'widths'>): readonly Site[] {
    return sites ?? denseSites(widths);
}

/** The number of neurons in each layer, all its sites together; 0 where it has none. */
export function layerSizes(sites: readonly Site[]): number[] {
    const widths = new Array<number>(Math.max(...sites.map(({ layer }) => layer)) + 1).fill(0);
    for (const { layer, width, experts } of sites) widths[layer]! += width * experts;
    return widths;
}
