import { z } from 'zod';
import { neuronsAt } from '../engine/Site.js';
import { LanguageNeuronsError } from '../errors.js';
import { modelShape, settingsShape, sitesShape, versionsShape } from '../activations/sourceShapes.js';
import { readTextIfAny, writeFileAtomic } from '../files/fileAccess.js';
import { byName, nameShape } from '../support/names.js';
import { probabilityNames } from './choices.js';
import { analysisSites, layerWidths, type NeuronAnalysis, stageNames } from './NeuronAnalysis.js';

/**
 * 2: stages, stability and LAPE. 3: source. 4: sites and experts; what has none is still written as 3. Format 2 is
 * still read.
 */
const [dense, withSites] = [3, 4] as const;
const count = z.int().nonnegative();
const index = z.tuple([count, count]);
const byLanguage = byName(z.array(index));
const stages = z.object({
    seen: z.boolean(),
    reason: z.string().optional(),
    confidence: z.number(),
    rule: z.string(),
    stages: z.array(z.object({ name: z.enum(stageNames), first: count, last: count })),
});
const interval = z.tuple([z.number(), z.number()]);
const sureness = z.object({ kept: z.number().nullable(), overlap: z.number().nullable() });
const stability = z.object({
    folds: count,
    halves: count,
    inSeveralFolds: byName(z.number()).optional(),
    classes: z.object({ specific: sureness, related: sureness, general: sureness }),
    intervals: z.object({
        general: interval,
        perLanguage: byName(z.object({ specific: interval, related: interval, total: interval })),
    }),
});
const source = z.object({
    model: modelShape,
    dataset: z.object({ name: z.string(), hash: z.string(), set: z.string().optional() }),
    settings: settingsShape.optional(),
    versions: versionsShape,
    counts: z.string(),
});
const experts = z.object({
    probability: z.enum(probabilityNames),
    minRouted: count,
    notAssessed: count,
    shares: byName(z.array(z.array(z.number()))),
    threshold: z.number(),
    specific: byLanguage,
    related: byLanguage,
    general: z.array(index),
});
const shape = z
    .object({
        format: z.literal('language-neurons/neurons'),
        version: z.union([z.literal(2), z.literal(dense), z.literal(withSites)]),
        method: z.enum(['paper', 'lape']),
        languages: z.array(nameShape).min(2),
        widths: z.array(count).min(1),
        sites: sitesShape.optional(),
        experts: experts.optional(),
        topRate: z.number(),
        bar: z.number(),
        lambda: z.number().nullable(),
        threshold: z.number(),
        selected: count,
        histogram: z.array(count),
        histogramAll: z.array(count),
        general: count,
        perLanguage: byName(z.object({ specific: count, related: count, total: count })),
        layers: z.array(z.object({ specific: count, related: count, general: count })),
        milliseconds: z.number(),
        stages,
        stability: stability.optional(),
        source: source.optional(),
        neurons: z.object({ specific: byLanguage, related: byLanguage, general: z.array(index) }),
    })
    .refine(
        ({ languages, widths, sites, layers, histogram, histogramAll, perLanguage, neurons, experts, stability }) =>
            new Set(languages).size === languages.length &&
            layers.length === layerWidths(analysisSites({ sites, widths })).length &&
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
    );

/**
 * Writes `neurons.json`: one line a property, one a language's neurons, so that it can be read and
 * compared.
 * @throws LanguageNeuronsError UNWRITABLE
 */
export async function writeNeurons(path: string, analysis: NeuronAnalysis): Promise<void> {
    const { neurons, ...rest } = analysis;
    const lines = (lists: Readonly<Record<string, unknown>>): string =>
        `{\n${Object.entries(lists)
            .map(([key, list]) => `   ${JSON.stringify(key)}: ${JSON.stringify(list)}`)
            .join(',\n')}\n  }`;
    const head = Object.entries({
        format: 'language-neurons/neurons',
        version: rest.sites === undefined ? dense : withSites,
        ...rest,
    }).map(([key, value]) => ` ${JSON.stringify(key)}: ${JSON.stringify(value)}`);
    const body =
        ` "neurons": {\n  "specific": ${lines(neurons.specific)},\n` +
        `  "related": ${lines(neurons.related)},\n  "general": ${JSON.stringify(neurons.general)}\n }`;
    await writeFileAtomic(path, `{\n${[...head, body].join(',\n')}\n}\n`);
}

/** @throws LanguageNeuronsError NOT_FOUND, or DAMAGED saying what is wrong */
export async function readNeurons(path: string): Promise<NeuronAnalysis> {
    const text = await readTextIfAny(path);
    if (text === undefined) throw new LanguageNeuronsError('NOT_FOUND', `${path}: no such file; run identify first`);
    let analysis: NeuronAnalysis;
    try {
        const { format: _, version: __, ...rest } = shape.parse(JSON.parse(text));
        analysis = rest;
    } catch (cause) {
        throw new LanguageNeuronsError('DAMAGED', `${path}: not an analysis of this version; run identify again`, {
            cause,
        });
    }
    const { widths, neurons } = analysis;
    const all = [...Object.values(neurons.specific), ...Object.values(neurons.related), neurons.general].flat();
    if (all.some(([layer, neuron]) => neuron >= (widths[layer] ?? 0))) {
        throw new LanguageNeuronsError(
            'DAMAGED',
            `${path}: names neurons that the model does not have; run identify again`,
        );
    }
    return analysis;
}
