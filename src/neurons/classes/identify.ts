import { type Activations, sitesOf } from '../../activations/Activations.js';
import type { DatasetSource } from '../../activations/ActivationsSource.js';
import { countsDigest } from '../../activations/countsDigest.js';
import { textsSet } from '../../activations/textsSet.js';
import { checkSettings } from '../../settings/checkSetting.js';
import type { OptionsOf } from '../../settings/Setting.js';
import { identifyTable } from '../../settings/settings.js';
import { sum } from '../../support/averages.js';
import { defined } from '../../support/defined.js';
import { neuronsAt, type Site } from '../../engine/types/Site.js';
import { LanguageNeuronsError } from '../../errors.js';
import {
    activationProbabilities,
    assessable,
    type Probabilities,
    routingProbabilities,
} from '../scores/activationProbabilities.js';
import type { IdentifyMethod } from '../analysis/choices.js';
import { type Choice, choose, type Criteria } from './choose.js';
import { findStages } from './findStages.js';
import {
    type ExpertAnalysis,
    type LayerCounts,
    layerSizes,
    type NeuronAnalysis,
    type NeuronIndex,
    type Stability,
    type Unsourced,
} from '../analysis/NeuronAnalysis.js';
import { stability } from './stability.js';

/** See `identifyTable`. @inline */
export type IdentifyOptions = OptionsOf<typeof identifyTable>;

/**
 * Scores and classifies every neuron. Method `paper` (section 2 of the paper): of the
 * `round(n · topRate)` lowest scores, those high in one language are specific to it, those high in
 * more but not all related to them; high means above τ, the `bar` quantile of all probabilities.
 * Method `lape` (arXiv 2402.16438): the same with the entropy alone as score; neurons that are high in no
 * language are left out, and those high in all are related to all of them, as in its authors' code. General neurons
 * are those high in every language, among all neurons of the model. Neurons of experts that saw too few tokens of some
 * language are in no class; the experts are classified by the tokens that went through them. Counts kept in folds are
 * analysed for stability too.
 * @throws LanguageNeuronsError WRONG_USE, or EMPTY for a language without tokens
 */
export function identify(activations: Activations, options: IdentifyOptions = {}): NeuronAnalysis {
    checkSettings(options, identifyTable, {});
    const {
        folds,
        source: { dataset, ...source },
    } = activations;
    const { name, hash } = dataset;
    const analysis = {
        ...identifyOnce(activations, options),
        source: {
            ...source,
            dataset: { name, hash, ...defined({ set: textsSet(dataset) }) },
            counts: countsDigest(activations),
        },
    };
    if (folds === undefined) return analysis;
    // With fewer texts the same neurons are assessed.
    const { minRouted = identifyTable.minRouted.default } = options;
    const assessed = assessable(activations, minRouted);
    return {
        ...analysis,
        stability: {
            ...stability(activations, folds, analysis, (part) => identifyOnce(part, options, assessed)),
            ...repeatedTexts(dataset),
        },
    };
}

function repeatedTexts({ texts = {} }: DatasetSource): Pick<Stability, 'inSeveralFolds'> {
    const shares = Object.entries(texts).flatMap(([language, { inSeveralFolds = 0 }]) =>
        inSeveralFolds > 0 ? [[language, inSeveralFolds] as const] : [],
    );
    return shares.length === 0 ? {} : { inSeveralFolds: Object.fromEntries(shares) };
}

/** An analysis without its source and stability. */
export function identifyOnce(activations: Activations, options: IdentifyOptions, assessed?: Uint32Array): Unsourced {
    const {
        method = identifyTable.method.default,
        topRate = identifyTable.topRate.default,
        bar = identifyTable.bar.default,
        lambda = identifyTable.lambda.default,
        probability = identifyTable.probability.default,
        minRouted = identifyTable.minRouted.default,
    } = options;
    const begin = performance.now();
    const { languages } = activations;
    const sites = sitesOf(activations);
    const probabilities = activationProbabilities(activations, { probability, minRouted }, assessed);
    if (probabilities.n === 0) {
        throw new LanguageNeuronsError(
            'EMPTY',
            `no expert saw ${minRouted} tokens of every language; collect more texts, or lower \`minRouted\``,
        );
    }
    const criteria = { method, topRate, bar, lambda };
    const { threshold, high, ...chosen } = choose(probabilities, criteria);
    const milliseconds = performance.now() - begin;

    const { selected } = chosen;
    const neurons = classify(probabilities, languages, method, { threshold, high, selected });
    const layers = layerCounts(neurons, sites);
    const widths = sites.map(neuronsAt);
    const routing = routingProbabilities(activations);
    const notAssessed = sum(widths) - probabilities.n;
    return {
        method,
        languages,
        widths,
        ...defined({ sites: activations.sites }),
        ...(routing === undefined
            ? {}
            : { experts: { probability, minRouted, notAssessed, ...classifyExperts(routing, languages, criteria) } }),
        topRate,
        bar,
        lambda: chosen.lambda,
        threshold,
        selected: selected.length,
        histogram: histogramOf(
            Uint16Array.from(selected, (j) => high[j]!),
            languages.length,
        ),
        histogramAll: histogramOf(high, languages.length),
        general: neurons.general.length,
        perLanguage: sizesByLanguage(neurons, languages),
        layers,
        stages: findStages(layers, layerSizes(sites)),
        milliseconds,
        neurons,
    };
}

/** [l + 1]: rows by N, from 0 to the number of languages. */
function histogramOf(high: Uint16Array, l: number): number[] {
    const histogram = new Array<number>(l + 1).fill(0);
    for (const N of high) histogram[N]!++;
    return histogram;
}

function sizesByLanguage(
    { specific, related }: NeuronAnalysis['neurons'],
    languages: readonly string[],
): NeuronAnalysis['perLanguage'] {
    return Object.fromEntries(
        languages.map((language) => {
            const [s, r] = [specific[language]!.length, related[language]!.length];
            return [language, { specific: s, related: r, total: s + r }];
        }),
    );
}

/** Experts classified as neurons are, by r = n_e / T in place of p. */
function classifyExperts(
    routing: Probabilities,
    languages: readonly string[],
    criteria: Criteria,
): Pick<ExpertAnalysis, 'shares' | 'threshold' | 'specific' | 'related' | 'general'> {
    const { threshold, high, selected } = choose(routing, criteria);
    const shares: Record<string, number[][]> = {};
    for (let row = 0; row < routing.n; row++) {
        const [site] = routing.locate(row);
        (shares[site] ??= []).push([...routing.p.subarray(row * routing.l, (row + 1) * routing.l)]);
    }
    return { shares, threshold, ...classify(routing, languages, criteria.method, { threshold, high, selected }) };
}

function classify(
    { p, n, l, locate }: Probabilities,
    languages: readonly string[],
    method: IdentifyMethod,
    { threshold, high, selected }: Pick<Choice, 'threshold' | 'high' | 'selected'>,
): NeuronAnalysis['neurons'] {
    const specific: Record<string, NeuronIndex[]> = Object.fromEntries(languages.map((language) => [language, []]));
    const related: Record<string, NeuronIndex[]> = Object.fromEntries(languages.map((language) => [language, []]));
    const general: NeuronIndex[] = [];
    for (const j of selected) {
        const N = high[j]!;
        if (N === 0 || (N === l && method !== 'lape')) continue;
        const index = locate(j);
        const lists = N === 1 ? specific : related;
        for (const [k, language] of languages.entries()) {
            if (p[j * l + k]! > threshold) lists[language]!.push(index);
        }
    }
    for (let j = 0; j < n; j++) if (high[j] === l) general.push(locate(j));
    return { specific, related, general };
}

/** Numbers of neurons by layer; a related one counts once. */
function layerCounts({ specific, related, general }: NeuronAnalysis['neurons'], sites: readonly Site[]): LayerCounts[] {
    const layers = layerSizes(sites).map(() => ({ specific: 0, related: 0, general: 0 }));
    const once = new Map(
        Object.values(related)
            .flat()
            .map((index) => [index.join(), index]),
    );
    for (const [kind, list] of [
        ['specific', Object.values(specific).flat()],
        ['related', once.values()],
        ['general', general],
    ] as const) {
        for (const [site] of list) layers[sites[site]!.layer]![kind]++;
    }
    return layers;
}
