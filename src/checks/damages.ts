import { join } from 'node:path';
import { surveyCorpus } from '../activations/surveyCorpus.js';
import type { Engine } from '../engine/Engine.js';
import { conditionOf } from '../experiments/conditions/conditions.js';
import type { Estimate } from '../experiments/statistics/estimates.js';
import { perplexityMetric } from '../experiments/textMetrics/perplexity.js';
import { average, bootstrapInterval, fewestWithInterval } from '../experiments/statistics/resampling.js';
import { type Damage, damageOf, risesOf } from './measures/selectivity.js';
import { deactivation } from '../interventions/Operation.js';
import { type ModelState, wholeModel } from '../interventions/ModelState.js';
import { analysisSites, type NeuronAnalysis, type NeuronIndex } from '../neurons/analysis/NeuronAnalysis.js';
import type { NeuronSetName } from '../neurons/sets/neuronSets.js';
import { neuronsOf } from '../neurons/sets/neuronsOf.js';
import { formatList, formatMeasured } from '../support/format.js';
import type { CheckContext } from './Check.js';
import { checksName } from './checkFile.js';
import { type CheckFigure, type CheckNumber, type Finding, notTold, type Verdict } from './CheckResult.js';

/** The share of languages for which a conclusion has to hold. */
export const mostLanguages = 0.75;

/** A language with neurons of its own: its place among the languages of the texts, and those neurons. */
export interface OwnNeurons {
    readonly language: string;
    readonly place: number;
    readonly neurons: readonly NeuronIndex[];
}

/**
 * Runs a check of damages with those languages of the texts that have neurons in the set; says what is missing where
 * languages cannot be compared.
 * @param run gets all languages of the texts too
 */
export async function withOwnNeurons(
    { analysis, corpus, settings: { set }, signal }: CheckContext,
    run: (own: readonly OwnNeurons[], languages: readonly string[]) => Promise<Finding>,
): Promise<Finding> {
    const { languages } = await corpus();
    const own = ownNeurons(analysis, languages, set);
    const { languages: surveys } = await surveyCorpus(await corpus(), signal);
    const few = [...surveys].filter(([, { samples }]) => samples < fewestWithInterval).map(([language]) => language);
    if (languages.length >= 2 && own.length > 0 && few.length === 0) return run(own, languages);
    const sentence =
        languages.length < 2
            ? 'The texts have one language; give texts of at least two with `data`.'
            : few.length > 0
              ? `Fewer than ${fewestWithInterval} texts, as of ${formatList(few)}, have no interval; ` +
                'give more with `data`.'
              : `No language has neurons in the set ${set}; choose another \`set\`.`;
    return notTold(sentence);
}

/** Those of some languages that have any. */
export function ownNeurons(analysis: NeuronAnalysis, languages: readonly string[], set: NeuronSetName): OwnNeurons[] {
    return languages
        .map((language, place) => ({ language, place, neurons: neuronsOf(analysis, language, set) }))
        .filter(({ neurons }) => neurons.length > 0);
}

/** The state in which some neurons are set to 0. */
export function stateWithout(analysis: NeuronAnalysis, neurons: readonly NeuronIndex[]): ModelState {
    return conditionOf(neurons, deactivation, { sites: analysisSites(analysis) });
}

/**
 * Measures the rise of log-perplexity in every language of the texts under each state. Cells are kept in a
 * journal of the checks' folder: in that of `deactivate` they would be taken for work of its that was stopped.
 */
export async function measureRises(
    { folder, corpus, progress, signal }: CheckContext,
    engine: Engine,
    states: readonly ModelState[],
): Promise<(state: ModelState) => Estimate[]> {
    const metric = perplexityMetric(await corpus());
    const distinct = new Map([wholeModel, ...states].map((state) => [state.name, state]));
    const context = { engine, folder: join(folder, checksName), known: [], signal, progress };
    const measured = await metric.measure([...distinct.values()], context);
    return risesOf(measured, wholeModel, metric.languages);
}

/** What each language's own neurons do when they are set to 0, in a model on the texts of the context. */
export async function ownDamages(context: CheckContext, engine: Engine, own: readonly OwnNeurons[]): Promise<Damage[]> {
    const states = own.map(({ neurons }) => stateWithout(context.analysis, neurons));
    const rises = await measureRises(context, engine, states);
    return states.map((state, row) => damageOf(rises(state), own[row]!.place));
}

/** The selectivity index on average over languages. */
export function meanIndex(damages: readonly Damage[]): Estimate {
    return average(damages.map(({ selectivity }) => selectivity));
}

/** The share of languages that are harmed most by their own neurons. */
export function firstShare(damages: readonly Damage[]): number {
    return damages.filter(({ rank }) => rank === 1).length / damages.length;
}

/** By a selectivity index on average over languages, and the share of them that are harmed most. */
export function verdictOfIndex(index: Estimate, first: number): Verdict {
    if (!isAbove0(index)) return 'fails';
    return first >= mostLanguages ? 'holds' : 'doubtful';
}

/** Bars of the selectivity index, a group for each way that damages were measured. */
export function indexBars(
    groups: readonly (readonly [group: string, rows: readonly (readonly [language: string, damage: Damage])[]])[],
): CheckFigure {
    return {
        form: 'bars',
        title: 'selectivity index (nats a token)',
        numbers: 'number',
        bars: groups[0]![1].flatMap((_, row) =>
            groups.map(([group, rows]) => {
                const [label, { selectivity }] = rows[row]!;
                return { label, group, value: selectivity.value, ...intervalOf(selectivity) };
            }),
        ),
    };
}

/** The damage of several states together, on average over them. */
export function meanDamage(rises: readonly (readonly Estimate[])[], place: number): Damage {
    return damageOf(
        rises[0]!.map((_, k) => average(rises.map((one) => one[k]!))),
        place,
    );
}

/** The field `interval` of an estimate that has one. */
export function intervalOf(estimate: Estimate): { interval?: readonly [low: number, high: number] } {
    const interval = bootstrapInterval(estimate);
    return interval === null ? {} : { interval };
}

/** An estimate as a check's number, in nats a token. */
export function numberOf(name: string, estimate: Estimate): CheckNumber {
    return { name, value: estimate.value, ...intervalOf(estimate), form: 'number' };
}

/** Whether the whole interval of an estimate is above 0. */
export function isAbove0(estimate: Estimate): boolean {
    return (bootstrapInterval(estimate)?.[0] ?? Number.NEGATIVE_INFINITY) > 0;
}

/** Columns of a table for `damageCells`. */
export const damageColumns = ['own', 'others', 'selectivity', 'low', 'high', 'rank'];

/** A damage in a table: rises in nats a token, the selectivity index with its interval, the place. */
export function damageCells({ own, others, selectivity, rank }: Damage): (number | null)[] {
    const limits = bootstrapInterval(selectivity) ?? [null, null];
    return [own.value, others.value, selectivity.value, ...limits, rank];
}

/** An estimate with its interval, such as `0.310 (95 %: 0.282 to 0.341)`. */
export function formatEstimate(estimate: Estimate): string {
    const interval = bootstrapInterval(estimate);
    const value = formatMeasured(estimate.value);
    if (interval === null) return value;
    return `${value} (95 %: ${interval.map(formatMeasured).join(' to ')})`;
}

/** A difference with its interval, and whether it is told from 0. */
export function formatDifferenceOf(more: Estimate): string {
    const limits = bootstrapInterval(more);
    const isTold = limits === null || limits[0] > 0 || limits[1] < 0;
    return `${formatEstimate(more)}${isTold ? '' : ', not told from 0'}`;
}
