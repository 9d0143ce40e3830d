import { modelName, sourceDifferences } from '../../activations/sourceDifferences.js';
import { neuronsAt, sameSites, siteName } from '../../engine/types/Site.js';
import { LanguageNeuronsError, wrongUse } from '../../errors.js';
import { sum } from '../../support/averages.js';
import { defined } from '../../support/defined.js';
import { languageAmong } from '../../languages/languageAmong.js';
import { siteStarts, locator } from '../../neurons/analysis/flatIndex.js';
import {
    analysisSites,
    type LayerCounts,
    layerSizes,
    type NeuronAnalysis,
    type NeuronClass,
    neuronClasses,
    type NeuronIndex,
} from '../../neurons/analysis/NeuronAnalysis.js';
import { neuronsDigest } from '../../neurons/analysis/neuronsDigest.js';
import type {
    AnalysisChange,
    ClassOrNone,
    ComparedAnalysis,
    Comparison,
    GroupChange,
    GroupName,
    LanguageNumbers,
} from '../results/Comparison.js';
import { changeIntervals, type FoldedAnalysis } from '../statistics/changeIntervals.js';
import { measuredAlike, metricChange } from './compareMetrics.js';
import { cutOffNote, cutOffShare, isCutFault } from './cutOff.js';
import type { DeactivationMatrix } from '../results/DeactivationMatrix.js';

const classesOrNone: readonly ClassOrNone[] = ['none', ...neuronClasses];

/** An analysis and its name for people. */
export interface LabelledAnalysis extends FoldedAnalysis {
    readonly label: string;
    /** The matrices that were measured on the model. */
    readonly matrices?: readonly DeactivationMatrix[] | undefined;
}

/**
 * Compares analyses of one model before and after alignment, or of a series of checkpoints, each with
 * the first (section 5 of the paper: figs. 4 and 5, tables 2 to 4; series: figs. 17 to 19).
 * @param trainedIn languages that the alignment was trained on; the others are averaged apart (table 2)
 * @throws LanguageNeuronsError WRONG_USE for fewer than two analyses, equal labels or an unknown trained
 * language; MISMATCH for analyses of different shapes, languages or methods, saying how they differ
 */
export function compare(analyses: readonly LabelledAnalysis[], trainedIn: readonly string[] = []): Comparison {
    const [first, ...later] = analyses;
    if (first === undefined || later.length === 0) {
        throw wrongUse(`a comparison takes at least two analyses, not ${analyses.length}`);
    }
    if (new Set(analyses.map(({ label }) => label)).size !== analyses.length) {
        throw wrongUse(
            `two of the analyses have the same name (${analyses.map(({ label }) => label).join(', ')}); ` +
                'give each its own',
        );
    }
    const { languages, widths } = first.analysis;
    const unknown = trainedIn.filter((language) => languageAmong(language, languages) === undefined);
    if (unknown.length > 0) {
        throw wrongUse(
            `\`trained\`: ${unknown.join(', ')} missing from the analysed languages (${languages.join(', ')})`,
        );
    }
    const trained = trainedIn.map((language) => languageAmong(language, languages)!);
    for (const other of later) checkAlike(first, other);
    return {
        languages,
        widths,
        trained,
        notes: later.flatMap((other) => notesOn(first, other)),
        analyses: analyses.map(summary),
        changes: later.map((other) => changeOf(first, other, trained)),
    };
}

function checkAlike(first: LabelledAnalysis, other: LabelledAnalysis): void {
    const mismatch = (what: string): LanguageNeuronsError =>
        new LanguageNeuronsError('MISMATCH', `${first.label} and ${other.label} cannot be compared: ${what}`);
    const [a, b] = [first.analysis, other.analysis];
    const only = (one: NeuronAnalysis, two: NeuronAnalysis): string =>
        one.languages.filter((language) => !two.languages.includes(language)).join(', ');
    const [onlyFirst, onlyOther] = [only(a, b), only(b, a)];
    if (onlyFirst !== '') throw mismatch(`${onlyFirst} only in ${first.label}; collect the same languages for both`);
    if (onlyOther !== '') throw mismatch(`${onlyOther} only in ${other.label}; collect the same languages for both`);
    const [sites, others] = [analysisSites(a), analysisSites(b)];
    const [layers, otherLayers] = [layerSizes(sites).length, layerSizes(others).length];
    if (layers !== otherLayers) throw mismatch(`the models have ${layers} and ${otherLayers} layers`);
    const wider = sites.findIndex((site, i) => others[i] === undefined || neuronsAt(site) !== neuronsAt(others[i]));
    if (wider !== -1)
        throw mismatch(`${siteName(sites[wider]!)} has ${a.widths[wider]!} and ${b.widths[wider] ?? 0} neurons`);
    if (!sameSites(sites, others)) throw mismatch('their FFNs are not of the same kinds');
    if (a.experts?.probability !== b.experts?.probability)
        throw mismatch(
            'one was identified by conditional probabilities, the other by joint ones; ' +
                'run identify with the same `probability` on both',
        );
    for (const [what, x, y] of [
        ['method', a.method, b.method],
        ['top rate', a.topRate, b.topRate],
        ['bar', a.bar, b.bar],
    ] as const) {
        if (x !== y)
            throw mismatch(
                `their neurons were selected with ${what} ${x} and ${y}; run identify with the same settings on both`,
            );
    }
}

/** The first matrix of each metric: every matrix holds the whole model's measurements too. */
function ofWholeModel({ matrices = [] }: LabelledAnalysis): readonly DeactivationMatrix[] {
    return matrices.filter((matrix, i) => matrices.findIndex(({ metric }) => metric === matrix.metric) === i);
}

/** Notes for a reader of two runs: whether the models are one and the same, and what else differs. */
function notesOn(first: LabelledAnalysis, other: LabelledAnalysis): string[] {
    const [a, b] = [first.analysis.source, other.analysis.source];
    const unlike = ofWholeModel(first).filter(
        (matrix) =>
            (other.matrices ?? []).some(({ metric }) => metric === matrix.metric) &&
            !(other.matrices ?? []).some((measured) => measuredAlike(matrix, measured)),
    );
    const accuracies = [first, other].flatMap((one) =>
        ofWholeModel(one)
            .filter((matrix) => isCutFault(matrix) && cutOffShare(matrix) !== undefined)
            .map((matrix) => [one.label, matrix] as const),
    );
    const cutOff = accuracies.length === 2 ? cutOffNote(accuracies) : undefined;
    const metrics = unlike.map(
        ({ metric }) =>
            `${metric} of ${other.label} was measured differently from that of ${first.label}, ` +
            'on other texts, questions or languages, in another order or with other settings; they are not compared.',
    );
    if (cutOff !== undefined) metrics.push(cutOff);
    const both = `${first.label} and ${other.label}`;
    const settings = settingsNotes(both, first.analysis, other.analysis);
    // In whatever order texts come, their counts are added.
    const differences = sourceDifferences(a, b, { model: false, order: false });
    const same = a.model.fingerprint !== '' && a.model.fingerprint === b.model.fingerprint;
    return [
        ...(same ? [`${both} are the same model (${modelName(a)}): no alignment made the changes.`] : []),
        ...(differences.length === 0 ? [] : [`${both} differ in more than the model: ${differences.join(', ')}.`]),
        ...settings,
        ...metrics,
    ];
}

/** Notes on settings that may differ, since `auto` finds a λ for each run. */
function settingsNotes(both: string, a: NeuronAnalysis, b: NeuronAnalysis): string[] {
    const minRouted = [a, b].map(({ experts }) => experts?.minRouted);
    return [
        ...(a.lambda === b.lambda
            ? []
            : [
                  `The neurons of ${both} were selected with λ = ${a.lambda ?? 'none'} and ${b.lambda ?? 'none'}: ` +
                      'this may cause part of the changes; identify with the same `lambda` shows which.',
              ]),
        ...(minRouted[0] === minRouted[1]
            ? []
            : [
                  `The experts' neurons of ${both} were assessed from ${minRouted.join(' and ')} tokens on; ` +
                      'identify both with the same `minRouted`.',
              ]),
    ];
}

function summary({ label, analysis }: LabelledAnalysis): ComparedAnalysis {
    const { method, topRate, bar, lambda, threshold, selected, histogram, histogramAll, general, perLanguage, layers } =
        analysis;
    return {
        label,
        method,
        topRate,
        bar,
        lambda,
        threshold,
        selected,
        histogram,
        histogramAll,
        general,
        perLanguage,
        layers,
        neurons: neuronsDigest(analysis),
    };
}

function changeOf(first: LabelledAnalysis, other: LabelledAnalysis, trained: readonly string[]): AnalysisChange {
    const { label, analysis: b, matrices = [] } = other;
    const a = first.analysis;
    const { languages } = a;
    const english = languageAmong('en', languages);
    const minus = (after: readonly number[], before: readonly number[]): number[] =>
        after.map((value, i) => value - before[i]!);
    const groups: Partial<Record<GroupName, readonly string[]>> = {
        trained: languages.filter((language) => trained.includes(language)),
        others: languages.filter((language) => !trained.includes(language)),
        ...(english !== undefined
            ? { english: [english], rest: languages.filter((language) => language !== english) }
            : {}),
    };
    return {
        label,
        layers: b.layers.map((layer, i) => differences(layer, a.layers[i]!, neuronClasses) satisfies LayerCounts),
        histogram: minus(b.histogram, a.histogram),
        histogramAll: minus(b.histogramAll, a.histogramAll),
        perLanguage: Object.fromEntries(
            languages.map((language) => [language, numbersChange(a.perLanguage[language]!, b.perLanguage[language]!)]),
        ),
        ...defined({ intervals: changeIntervals(first, other) }),
        groups: Object.fromEntries(
            Object.entries(groups)
                .filter(([, members]) => members.length > 0)
                .map(([name, members]) => [name, groupChange(a, b, members)]),
        ),
        ...movements(a, b),
        metrics: ofWholeModel(first).flatMap((before) => {
            const after = matrices.find((matrix) => measuredAlike(before, matrix));
            return after === undefined ? [] : [metricChange(before, after, { all: languages, ...groups })];
        }),
    };
}

function differences<K extends string>(
    after: Readonly<Record<K, number>>,
    before: Readonly<Record<K, number>>,
    keys: readonly K[],
): Record<K, number> {
    return Object.fromEntries(keys.map((key) => [key, after[key] - before[key]])) as Record<K, number>;
}

const numbersChange = (before: LanguageNumbers, after: LanguageNumbers): LanguageNumbers =>
    differences(after, before, ['specific', 'related', 'total']);

function groupChange(a: NeuronAnalysis, b: NeuronAnalysis, languages: readonly string[]): GroupChange {
    const mean = ({ perLanguage }: NeuronAnalysis): LanguageNumbers => {
        const of = (key: keyof LanguageNumbers): number =>
            sum(languages, (language) => perLanguage[language]![key]) / languages.length;
        return { specific: of('specific'), related: of('related'), total: of('total') };
    };
    const [before, after] = [mean(a), mean(b)];
    return { languages, before, after, change: numbersChange(before, after) };
}

/** A neuron with its class, and the languages of that class. */
interface Membership {
    readonly kind: NeuronClass;
    readonly languages: string;
}

function movements(
    a: NeuronAnalysis,
    b: NeuronAnalysis,
): Pick<AnalysisChange, 'overlap' | 'transitions' | 'switched' | 'moved'> {
    const [before, after] = [memberships(a, a.languages), memberships(b, a.languages)];
    const all = sum(a.widths);
    const transitions = Object.fromEntries(
        classesOrNone.map((from) => [from, Object.fromEntries(classesOrNone.map((to) => [to, 0]))]),
    ) as Record<ClassOrNone, Record<ClassOrNone, number>>;
    const switched = { specific: 0, related: 0 };
    const lists = new Map<string, NeuronIndex[]>();
    const keys = [...new Set([...before.keys(), ...after.keys()])].sort((x, y) => x - y);
    const locate = locator(a.widths);
    for (const key of keys) {
        const [was, is] = [before.get(key), after.get(key)];
        const from: ClassOrNone = was?.kind ?? 'none';
        const to: ClassOrNone = is?.kind ?? 'none';
        transitions[from][to]++;
        if (from === to) {
            if (from !== 'general' && from !== 'none' && was!.languages !== is!.languages) switched[from]++;
            continue;
        }
        const name = `${from} ${to}`;
        if (!lists.has(name)) lists.set(name, []);
        lists.get(name)!.push(locate(key));
    }
    transitions.none.none = all - keys.length;
    const overlap = Object.fromEntries(
        neuronClasses.map((kind) => {
            const had = sum(classesOrNone, (to) => transitions[kind][to]);
            return [kind, had === 0 ? null : transitions[kind][kind] / had];
        }),
    ) as Record<NeuronClass, number | null>;
    const moved = classesOrNone
        .flatMap((from) => classesOrNone.map((to) => ({ from, to, neurons: lists.get(`${from} ${to}`) ?? [] })))
        .filter(({ neurons }) => neurons.length > 0);
    return { overlap, transitions, switched, moved };
}

/** The classified neurons by their flat index, languages in the order given; a language's own are not general too. */
function memberships({ widths, neurons }: NeuronAnalysis, languages: readonly string[]): Map<number, Membership> {
    const starts = siteStarts(widths);
    const found = new Map<number, Membership>();
    for (const kind of ['specific', 'related'] as const) {
        for (const language of languages) {
            for (const [site, index] of neurons[kind][language]!) {
                const key = starts[site]! + index;
                const had = found.get(key);
                found.set(key, { kind, languages: had === undefined ? language : `${had.languages},${language}` });
            }
        }
    }
    for (const [site, index] of neurons.general) {
        const key = starts[site]! + index;
        if (!found.has(key)) found.set(key, { kind: 'general', languages: '' });
    }
    return found;
}
