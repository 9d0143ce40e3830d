import { surveyCorpus } from '../activations/surveyCorpus.js';
import type { Corpus } from '../corpus/Corpus.js';
import { textsOfFolds } from '../corpus/textsOfFolds.js';
import { difference, fewestWithInterval } from '../experiments/statistics/resampling.js';
import { analysisOfFolds } from '../neurons/classes/repeatAnalysis.js';
import { formatList, formatQuantity } from '../support/format.js';
import { inParts } from '../support/progress.js';
import type { Check, CheckContext } from './Check.js';
import { type Finding, notTold } from './CheckResult.js';
import {
    damageCells,
    damageColumns,
    firstShare,
    formatDifferenceOf,
    formatEstimate,
    indexBars,
    meanIndex,
    numberOf,
    ownDamages,
    ownNeurons,
    type OwnNeurons,
    verdictOfIndex,
    withOwnNeurons,
} from './damages.js';
import type { Damage } from './measures/selectivity.js';

/** Does a conclusion hold on other texts than its neurons were found on? */
export const heldOutCheck: Check = {
    name: 'held-out',
    question: 'Do neurons that are found on one half of the texts harm their language on the other half?',
    needs: ['model', 'data'],
    cost: 'two passes over the texts for each language',
    settings: ['set'],
    version: 2,
    run: async (context) => {
        const missing = await whatIsMissing(context);
        return missing === undefined ? withOwnNeurons(context, () => checkHeldOut(context)) : notTold(missing);
    },
};

/** Whether the counts have halves, and the texts are the counted ones, so that each text's half is known. */
async function whatIsMissing({ activations, corpus, signal }: CheckContext): Promise<string | undefined> {
    const { folds = [], source } = activations;
    if (folds.length < 2) return 'Counts in at least 2 `folds` would tell.';
    const texts = source.dataset.texts ?? {};
    const { languages } = await surveyCorpus(await corpus(), signal);
    const few = [...languages].filter(([, { samples }]) => textsOfHalf(samples, folds.length) < fewestWithInterval);
    const others = [...languages].filter(([language, { digest }]) => texts[language]?.digest !== digest);
    const named = (some: typeof others): string => formatList(some.map(([language]) => language));
    if (others.length === 0)
        return few.length === 0
            ? undefined
            : `A half of the texts in ${named(few)} has fewer than ${fewestWithInterval}, so no interval; count more.`;
    return (
        `The texts in ${named(others)} are not those that were counted, whose halves are known; ` +
        'give these as `data`.'
    );
}

/** How many of so many texts `collect` counts into every second fold from the second on, the smaller half. */
function textsOfHalf(texts: number, folds: number): number {
    return Math.floor(texts / folds) * Math.floor(folds / 2) + Math.floor((texts % folds) / 2);
}

/** The damage that the neurons of one half of the texts do, on each half. */
interface Half {
    readonly language: string;
    readonly found: string;
    readonly neurons: number;
    readonly circular: Damage;
    readonly heldOut: Damage;
}

const halfNames = ['even parts', 'odd parts'] as const;

async function checkHeldOut(context: CheckContext): Promise<Finding> {
    const corpus = await context.corpus();
    const folds = context.activations.folds!;
    const halves = halfNames.map((found, half) => {
        const parts = [...folds.keys()].filter((fold) => fold % 2 === half);
        const own = ownIn(context, corpus.languages, parts);
        return { found, own, texts: textsOfFolds(corpus, parts, folds.length) };
    });
    const engine = await context.engine();
    const rows: Half[] = [];
    const parts = inParts(context.progress, [1, 1, 1, 1]).values();
    for (const [half, { found, own, texts }] of halves.entries()) {
        const on = (corpus: Corpus): Promise<Damage[]> =>
            ownDamages(
                { ...context, corpus: () => Promise.resolve(corpus), progress: parts.next().value! },
                engine,
                own,
            );
        const [circular, heldOut] = [await on(texts), await on(halves[1 - half]!.texts)];
        for (const [row, { language, neurons }] of own.entries())
            rows.push({
                ...{ language, found, neurons: neurons.length },
                ...{ circular: circular[row]!, heldOut: heldOut[row]! },
            });
    }
    if (rows.length > 0) return findingOf(rows);
    const { set } = context.settings;
    return notTold(`On half of the texts, no language has neurons in the set ${set}; count more texts.`);
}

/** The neurons that the analysis finds in some parts of the texts, of the languages that have any. */
function ownIn(context: CheckContext, languages: readonly string[], parts: readonly number[]): OwnNeurons[] {
    const { analysis: found } = analysisOfFolds(context.activations, context.analysis, parts);
    return ownNeurons(found, languages, context.settings.set);
}

function findingOf(rows: readonly Half[]): Finding {
    const [circular, heldOut] = [rows.map((row) => row.circular), rows.map((row) => row.heldOut)];
    const [circularIndex, index] = [meanIndex(circular), meanIndex(heldOut)];
    const added = difference(circularIndex, index);
    const first = firstShare(heldOut);
    const groups = [
        ['on other texts', heldOut],
        ['on the texts they were found on', circular],
    ] as const;
    return {
        verdict: verdictOfIndex(index, first),
        sentence:
            `On texts that they were not found on, neurons harm their own language most in ` +
            `${Math.round(first * rows.length)} of ${formatQuantity(rows.length, 'case')} (each language, each half ` +
            `of the texts); the selectivity index is ${formatEstimate(index)} nats a token. Measuring on the texts ` +
            `that they were found on (circular) adds ${formatDifferenceOf(added)}.`,
        numbers: [
            numberOf('selectivity index on other texts, nats a token', index),
            numberOf('on the texts that neurons were found on', circularIndex),
            numberOf('what being circular adds', added),
            { name: 'own language first on other texts', value: first, form: 'share' },
        ],
        table: {
            columns: ['measured', 'found on', 'language', 'neurons', ...damageColumns],
            rows: groups.flatMap(([measured, damages]) =>
                damages.map((damage, i) => [
                    ...[measured, rows[i]!.found, rows[i]!.language, rows[i]!.neurons],
                    ...damageCells(damage),
                ]),
            ),
        },
        caption:
            'Neurons are found on each half of the texts apart and set to 0. The selectivity index of each language, ' +
            'in nats a token, on the other half, and on the half that they were found on.',
        figure: indexBars(
            groups.map(([group, damages]) => [
                group,
                damages.map((damage, i) => [`${rows[i]!.language}, ${rows[i]!.found}`, damage]),
            ]),
        ),
    };
}
