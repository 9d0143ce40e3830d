import type { Comparison, MetricChange } from '../experiments/results/Comparison.js';
import type { DeactivationMatrix, DeactivationSet } from '../experiments/results/DeactivationMatrix.js';
import type { MetricWords } from '../experiments/metric/Metric.js';
import { caveatsOf, heldOutSentences } from '../experiments/matrices/caveats.js';
import { powerSentences } from '../experiments/power/powerWords.js';
import { shownShares } from '../experiments/metric/shownShares.js';
import type { DoseCurves } from '../experiments/results/DoseCurves.js';
import { meanWords } from '../experiments/statistics/meanEffect.js';
import { metricOf } from '../experiments/registry/metrics.js';
import { equalsP, formatShare } from '../support/format.js';
import { doneWords } from '../interventions/operationWords.js';
import { type LensFile, lensKinds } from '../lens/lensFile.js';
import { type LensShares, meanShares, meanTexts, sharesOf } from '../lens/meanShares.js';
import { analysisSites, type ExpertAnalysis, type NeuronAnalysis } from '../neurons/analysis/NeuronAnalysis.js';
import { changeWords } from '../report/sentences/comparisonSentences.js';
import { axisTitle, drawnCurves, type DrawnDose } from '../report/figures/doseFigure.js';
import type { DivergingScale } from '../report/figures/heatmap.js';
import { lensLabels, lensSentences, untoldSentence } from '../report/sections/lensSection.js';
import { commonScale, shownCell, type Side } from '../report/figures/shownCells.js';
import { cellsOf, type SetCell, setFacts, setsOf } from '../report/facts/matrixFacts.js';
import { isFiniteNumber } from '../report/facts/numbers.js';
import type { ReportInput } from '../report/input/Report.js';
import { doseSentences } from '../report/sections/doseSection.js';
import { setLabel, setSentences } from '../report/facts/setSentences.js';
import { expertClasses } from '../report/tables/expertsTable.js';
import { dosePoints } from '../experiments/resultFiles/doseTable.js';
import {
    type ComparedModel,
    type ComparedWith,
    type SiteComparison,
    type SiteCurves,
    type SiteDose,
    type SiteEffect,
    type SiteExperts,
    type SiteLens,
    type SiteMatrix,
    type SitePart,
    transitionClasses,
} from './resultsFormat.js';
import type { SiteSummary } from './siteFormat.js';

/** What the summary says of the results, and their files by path; each is made when it is asked for. */
export interface SiteResults {
    readonly parts: Pick<SiteSummary, 'matrices' | 'curves' | 'comparison' | 'lens' | 'experts'>;
    readonly files: ReadonlyMap<string, () => Buffer>;
}

/** Every result of a run folder, in the report's words, formats and colours. */
export function siteResults({ matrices, curves = [], comparison, lens, analysis }: ReportInput): SiteResults {
    const files = new Map<string, () => Buffer>();
    const part = (name: string, title: string, make: () => object): SitePart => {
        const path = `data/${name}.json`;
        files.set(path, () => Buffer.from(JSON.stringify(make())));
        return { title, path };
    };
    const sets = matrices.flatMap((matrix) => {
        const scale = commonScale(matrix);
        return setsOf(matrix).map(([name, set]) => ({ matrix, scale, name, set }));
    });
    const { experts } = analysis;
    return {
        parts: {
            matrices: sets.map(({ matrix, scale, name, set }, i) => {
                const { metric, operation } = matrix;
                const title = `${metricOf(metric).noun}, ${setLabel(name)} neurons ${doneWords(operation)}`;
                return part(`matrix.${i}`, title, () => siteMatrix(name, set, matrix, scale));
            }),
            curves: curves.map((one, i) => {
                const title = `${metricOf(one.metric).noun}, neurons ${doneWords(one.operation)}`;
                return part(`dose.${i}`, title, () => siteCurves(one));
            }),
            ...(comparison === undefined
                ? {}
                : { comparison: part('comparison', 'comparison', () => siteComparison(comparison)) }),
            ...(lens === undefined ? {} : { lens: part('lens', 'logit lens', () => siteLens(lens)) }),
            ...(experts === undefined
                ? {}
                : { experts: part('experts', 'experts', () => siteExperts(analysis, experts)) }),
        },
        files,
    };
}

function siteMatrix(name: string, set: DeactivationSet, matrix: DeactivationMatrix, scale: DivergingScale): SiteMatrix {
    const words = metricOf(matrix.metric);
    const effect = (cell: SetCell, side: Side): SiteEffect => {
        const { effect, position, text, isMissing, note } = shownCell(cell, side, words, scale);
        return { text, words: isMissing ? 'not measured' : words.formatEffect(effect), position, note };
    };
    return {
        noun: words.noun,
        unit: words.unit,
        done: doneWords(matrix.operation),
        sentences: [
            ...heldOutSentences(matrix),
            ...caveatsOf(matrix),
            ...powerSentences(set, words),
            ...setSentences(setFacts(name, set, matrix)),
        ].join(' '),
        samples: words.samples.toLowerCase(),
        rows: set.rows,
        columns: set.columns,
        neurons: set.neurons,
        baselines: set.baseline.map((value) => words.formatValue(value)),
        cells: cellsOf(set, matrix.metric).map((row, r) =>
            row.map((cell, c) => ({
                own: effect(cell, 'own'),
                control: effect(cell, 'control'),
                harm: isFiniteNumber(cell.effect) ? words.harm * cell.effect : null,
                value: words.formatValue(cell.value),
                interval: cell.interval === null ? '' : intervalWords(cell.interval, words.formatEffect),
                q: cell.q === null ? '' : equalsP('q', cell.q),
                samples: cell.samples,
                ...(set.shares === undefined ? {} : { shares: shareLines(set, r, c, words) }),
            })),
        ),
    };
}

function shareLines(set: DeactivationSet, r: number, c: number, metric: MetricWords): string[] {
    return shownShares(set, metric).map(
        ({ words, share: { baseline, values } }) =>
            `${words.words}: ${formatShare(baseline[c]!)} becomes ${formatShare(values[r]![c]!)}`,
    );
}

function intervalWords([low, high]: readonly [number, number], format: (value: number) => string): string {
    // Of a metric that falls below a negative baseline the limits change places.
    return `${format(Math.min(low, high))} to ${format(Math.max(low, high))}`;
}

function siteCurves(curves: DoseCurves): SiteCurves {
    const words = metricOf(curves.metric);
    const { languages, ...axes } = drawnCurves(curves);
    const dose = ({ point, share, own, others, random, lowest, highest }: DrawnDose): SiteDose => ({
        share,
        neurons: point.neurons,
        own,
        others,
        random,
        lowest,
        highest,
        words: {
            own: words.formatEffect(point.inOwn.own),
            interval: point.interval === null ? '' : intervalWords(point.interval, words.formatEffect),
            others: words.formatEffect(point.inOthers.own),
            random: words.formatEffect(point.inOwn.random),
        },
    });
    return {
        noun: words.noun,
        done: doneWords(curves.operation),
        sentences: [...heldOutSentences(curves), ...doseSentences(dosePoints(curves), curves)].join(' '),
        axis: axisTitle(words),
        isLogarithmic: words.relative,
        ...axes,
        seeds: curves.doses[0]?.set.controls.length ?? 0,
        languages: languages.map(({ language, doses }) => ({ tag: language, doses: doses.map(dose) })),
    };
}

function siteComparison(comparison: Comparison): SiteComparison {
    const { languages, trained, notes, analyses, changes } = comparison;
    const models = analyses.map(({ label, layers, perLanguage }): ComparedModel => ({
        label,
        layers,
        perLanguage: languages.map((language) => perLanguage[language]!),
    }));
    const [first, ...later] = models;
    return {
        first: first!,
        others: later.map((model, i): ComparedWith => {
            const { overlap, switched, transitions, metrics } = changes[i]!;
            return {
                ...model,
                overlap,
                switched,
                transitions: transitionClasses.map((from) => transitionClasses.map((to) => transitions[from][to])),
                metrics: metrics.map(metricChange),
            };
        }),
        languages,
        trained,
        notes,
    };
}

/** The whole models' metric in each language, and in the mean over all. */
function metricChange({ metric, perLanguage, groups }: MetricChange): ComparedWith['metrics'][number] {
    const { noun, formatValue, relative } = metricOf(metric);
    const all = groups.all === undefined ? [] : ([[`all, ${meanWords({ relative })}`, groups.all]] as const);
    return {
        noun,
        rows: [...Object.entries(perLanguage), ...all].map(([language, change]) => ({
            language,
            before: formatValue(change.before),
            after: formatValue(change.after),
            change: changeWords(metric, change),
        })),
    };
}

function siteLens(lens: LensFile): SiteLens {
    const listed = (shares: LensShares): number[] => lensKinds.map((kind) => shares[kind]);
    return {
        sentences: `${lensSentences(lens)} ${untoldSentence}`,
        kinds: lensKinds.map((kind) => lensLabels[kind]),
        meanTexts: meanTexts(lens),
        means: meanShares(lens).map(listed),
        languages: lens.languages.map(({ language, tokens, layers }) => ({
            tag: language,
            tokens,
            shares: layers.map((layer) => listed(sharesOf(layer, tokens))),
        })),
    };
}

function siteExperts(analysis: NeuronAnalysis, experts: ExpertAnalysis): SiteExperts {
    const sites = analysisSites(analysis);
    const classes = expertClasses(experts);
    return {
        threshold: experts.threshold,
        sites: Object.entries(experts.shares).map(([site, shares]) => ({
            layer: sites[Number(site)]!.layer,
            shares,
            classes: shares.map((_, expert) => classes.get(`${site},${expert}`) ?? 'none'),
        })),
    };
}
