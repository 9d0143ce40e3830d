import { type Choice, chooseAmong, type Criteria, highAbove } from '../neurons/classes/choose.js';
import type { Probabilities } from '../neurons/scores/activationProbabilities.js';
import { scoreParts } from '../neurons/scores/scoreParts.js';
import { kthSmallest, roundHalfToEven } from '../neurons/scores/selectLowest.js';
import { formatShare } from '../support/format.js';
import type { Check, CheckContext } from './Check.js';
import type { Finding, Verdict } from './CheckResult.js';
import { nothingSpecific } from './nothingSpecific.js';
import {
    breathe,
    type ClassSizes,
    classSizes,
    enough,
    overlapOf,
    type SpecificRows,
    specificRows,
    tooFew,
} from './measures/foundNeurons.js';
import { probabilitiesOf, repeatedCriteria } from '../neurons/classes/repeatAnalysis.js';

/** Factors on the top rate, and on the share of probabilities above the bar: the middle is what was chosen. */
const factors = [0.25, 0.5, 1, 2, 4] as const;
const middle = 2;
/** The quantile of a language's own probabilities above which the threshold rule calls one high. */
const thresholdQuantile = 0.9;

/** Would other settings, or another method, have found the same neurons? */
export const settingsCheck: Check = {
    name: 'settings',
    question: 'Would other settings, or another method, find the same neurons?',
    needs: [],
    cost: 'seconds',
    settings: [],
    version: 1,
    run: checkSettings,
};

/** What the methods are called in sentences. */
const methodNames = { paper: "the paper's score", lape: 'LAPE' } as const;

/** What one choice of settings finds. */
interface Point {
    readonly method: string;
    readonly topRate: number;
    readonly bar: number;
    readonly lambda: number | null;
    readonly threshold: number | null;
    readonly specific: SpecificRows;
    readonly sizes: ClassSizes;
    readonly selected: number;
}

async function checkSettings(context: CheckContext): Promise<Finding> {
    const { activations, analysis } = context;
    const probabilities = probabilitiesOf(activations, analysis);
    const criteria = repeatedCriteria(probabilities, analysis);
    const map = await settingsMap(probabilities, criteria, context);
    const chosen = map[middle]![middle]!;
    if (chosen.specific.size === 0) return nothingSpecific;
    const methods = otherMethods(probabilities, criteria);
    const overlaps = map.map((row) => row.map(({ specific }) => overlapOf(chosen.specific, specific)));
    const neighbours = [
        ...[middle - 1, middle + 1].map((i) => overlaps[i]?.[middle]),
        ...[middle - 1, middle + 1].map((i) => overlaps[middle]?.[i]),
    ].filter((value) => value != null);
    const least = neighbours.length === 0 ? null : Math.min(...neighbours);
    const none = chosen.sizes.none / chosen.selected;
    const others = methods.map((point) => ({ name: point.method, value: overlapOf(chosen.specific, point.specific) }));
    return {
        verdict: verdictOf(least, none, others[0]!.value),
        sentence: sentenceOf(least, none, others),
        numbers: [
            { name: 'least overlap with settings half or twice as strict', value: least, form: 'share' },
            ...others.map(({ name, value }) => ({ name: `overlap with ${name}`, value, form: 'share' as const })),
            { name: 'selected neurons that are high in no language', value: none, form: 'share' },
        ],
        table: tableOf([...map.flat(), ...methods], chosen),
        caption:
            'The number in a cell is the overlap of the specific neurons found with a top rate and a bar with those ' +
            'of the chosen settings, which are outlined: the share of the smaller set that is also in the other, ' +
            'of the same language.',
        figure: {
            form: 'grid',
            title: 'overlap with the chosen settings',
            numbers: 'share',
            rowTitle: 'bar',
            columnTitle: 'top rate',
            rows: map.map(([point]) => formatShare(point!.bar)),
            columns: map[0]!.map(({ topRate }) => formatShare(topRate)),
            values: overlaps,
            outlined: [[middle, middle]],
            grey: [],
        },
    };
}

/** A point for each bar, then each top rate. */
async function settingsMap(
    probabilities: Probabilities,
    { method, topRate, bar, lambda }: Criteria,
    { progress, signal }: CheckContext,
): Promise<Point[][]> {
    const parts = scoreParts(probabilities);
    progress.stage('settings', factors.length ** 2);
    const map: Point[][] = [];
    for (const looser of factors) {
        const at = looser === 1 ? bar : Math.max(0.5, Number((1 - (1 - bar) * looser).toPrecision(12)));
        const high = highAbove(probabilities, at);
        const row: Point[] = [];
        for (const factor of factors) {
            await breathe(signal);
            const rate = Math.min(0.5, topRate * factor);
            const choice = chooseAmong(parts, high, { method, topRate: rate, lambda });
            row.push(pointOf(probabilities, choice, { method, topRate: rate, bar: at }));
            progress.advance(1);
        }
        map.push(row);
    }
    return map;
}

function pointOf(
    probabilities: Probabilities,
    choice: Choice,
    { method, topRate, bar }: Pick<Criteria, 'method' | 'topRate' | 'bar'>,
): Point {
    const { selected, lambda, threshold } = choice;
    const specific = specificRows(probabilities, choice);
    const sizes = classSizes(choice, probabilities, method);
    return { method: methodNames[method], topRate, bar, lambda, threshold, specific, sizes, selected: selected.length };
}

/** The other method of `identify`, and a threshold alone. */
function otherMethods(probabilities: Probabilities, { method, topRate, bar }: Criteria): Point[] {
    const other = method === 'paper' ? ('lape' as const) : ('paper' as const);
    const criteria = { method: other, topRate, bar, lambda: 'auto' } as const;
    const choice = chooseAmong(scoreParts(probabilities), highAbove(probabilities, bar), criteria);
    return [pointOf(probabilities, choice, criteria), thresholdPoint(probabilities)];
}

/**
 * The rule of a threshold alone: a neuron is specific to the one language in which its probability is above the 90 %
 * quantile of that language's own probabilities. After ActProb-90p (arXiv 2503.17456), which takes the quantile of
 * activations; counts have none.
 */
function thresholdPoint({ p, n, l }: Probabilities): Point {
    const high = new Uint16Array(n);
    const language = new Int32Array(n);
    for (let k = 0; k < l; k++) {
        const own = Float64Array.from({ length: n }, (_, row) => p[row * l + k]!);
        const threshold = kthSmallest(own, Math.max(1, roundHalfToEven(n * thresholdQuantile)));
        for (let row = 0; row < n; row++) {
            if (own[row]! <= threshold) continue;
            high[row]!++;
            language[row] = k;
        }
    }
    const specific = new Map<number, number>();
    for (let row = 0; row < n; row++) if (high[row] === 1) specific.set(row, language[row]!);
    const sizes = classSizes({ high, selected: Uint32Array.from({ length: n }, (_, row) => row) }, { l }, 'paper');
    return {
        ...{ method: 'a threshold alone', topRate: 1, bar: thresholdQuantile, lambda: null, threshold: null },
        ...{ specific, sizes, selected: n },
    };
}

function verdictOf(least: number | null, none: number, otherMethod: number | null): Verdict {
    if (least === null || least < tooFew) return 'fails';
    return least < enough || none > tooFew || (otherMethod ?? 0) < tooFew ? 'doubtful' : 'holds';
}

function sentenceOf(
    least: number | null,
    none: number,
    others: readonly { readonly name: string; readonly value: number | null }[],
): string {
    const near =
        least === null
            ? 'With half or twice the top rate, or a bar half or twice as strict, no specific neuron is found.'
            : `${least === 1 ? 'All' : `At least ${formatShare(least)}`} of the specific neurons are found as well ` +
              'with half or twice the top rate and with a bar half or twice as strict.';
    const said = others.map(({ name, value }) => `${name} shares ${formatShare(value)}`).join(', ');
    const most =
        none > tooFew
            ? ` ${formatShare(none)} of the selected neurons are high in no language: τ is above what selective ` +
              'neurons reach; lower `bar`.'
            : '';
    return `${near} Of the smaller of two sets of specific neurons, ${said}.${most}`;
}

function tableOf(points: readonly Point[], chosen: Point): NonNullable<Finding['table']> {
    const columns = ['method', 'top rate', 'bar', 'lambda', 'tau', 'specific', 'related', 'general', 'in no class'];
    return {
        columns: [...columns, 'overlap'],
        rows: points.map(({ method, topRate, bar, lambda, threshold, specific, sizes }) => [
            ...[method, topRate, bar, lambda, threshold],
            ...[sizes.specific, sizes.related, sizes.general, sizes.none],
            overlapOf(chosen.specific, specific),
        ]),
    };
}
