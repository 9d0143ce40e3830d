import type { Activations } from '../activations/Activations.js';
import { surveyCorpus } from '../activations/surveyCorpus.js';
import { scriptOf } from '../languages/scriptOf.js';
import type { Probabilities } from '../neurons/scores/activationProbabilities.js';
import { choose } from '../neurons/classes/choose.js';
import { languageOverlap } from '../neurons/analysis/languageOverlap.js';
import { formatMeasured, formatShare } from '../support/format.js';
import { mean, sum } from '../support/averages.js';
import { drawFrom, randomGenerator } from '../support/randomGenerator.js';
import type { Check, CheckContext } from './Check.js';
import { type Finding, notTold, type Verdict } from './CheckResult.js';
import { nothingSpecific } from './nothingSpecific.js';
import { mixedFolds } from '../activations/mixedFolds.js';
import { breathe, enough, overlapOf, type SpecificRows, specificRows, tooFew } from './measures/foundNeurons.js';
import { probabilitiesOf, repeatedCriteria } from '../neurons/classes/repeatAnalysis.js';

/** How much less unrelated texts may share with the found neurons than parallel ones. */
const mostOfTopic = 0.1;
/** Draws of halves of the folds. */
const draws = 10;

/** Are the neurons of a language, or of its tokens' length, its script, or what its texts say? */
export const scriptCheck: Check = {
    name: 'script',
    question: "Are they of a language, or of its tokens' length, its script, or the topic of its texts?",
    needs: ['data'],
    cost: 'seconds, and a reading of the texts',
    settings: ['seed'],
    version: 1,
    run: checkScript,
};

async function checkScript(context: CheckContext): Promise<Finding> {
    const { activations, analysis, corpus, signal } = context;
    const texts = await corpus();
    if ((await surveyCorpus(texts, signal)).hash !== activations.source.dataset.hash) {
        return notTold('The texts are not those that were counted; give these as `data`.');
    }
    const probabilities = probabilitiesOf(activations, analysis);
    const criteria = repeatedCriteria(probabilities, analysis);
    const find = (one: Probabilities): SpecificRows => specificRows(one, choose(one, criteria));
    const found = find(probabilities);
    if (found.size === 0) return nothingSpecific;
    const sizes = await sizesOf(context);
    const again = (Object.keys(sizes) as (keyof typeof sizes)[]).map((unit) => {
        const rescaled = perUnit(probabilities, activations.tokens, sizes[unit]);
        return { unit, first: stillFirst(found, rescaled), overlap: overlapOf(found, find(rescaled)) };
    });
    const topics = await topicsOf(context, found, find);
    const scripts = scriptPairs(analysis);
    return {
        verdict: verdictOf(again, topics),
        sentence: sentenceOf(again, topics, scripts),
        numbers: [
            ...again.map(({ unit, first }) => ({
                ...{ name: `neurons whose language is first per ${unit}, too`, value: first },
                form: 'share' as const,
            })),
            ...again.map(({ unit, overlap }) => ({
                ...{ name: `overlap where the analysis is per ${unit}`, value: overlap },
                form: 'share' as const,
            })),
            { name: 'Jaccard of languages of one script', value: scripts.same, form: 'number' },
            { name: 'Jaccard of languages of different scripts', value: scripts.different, form: 'number' },
            { name: 'overlap of halves: parallel texts', value: topics?.parallel ?? null, form: 'share' },
            { name: 'overlap of halves: unrelated texts', value: topics?.unrelated ?? null, form: 'share' },
        ],
        table: tableOf(context, sizes),
        caption:
            'Of the specific neurons: those that are most active in the same language per byte and per sentence; ' +
            'those found again in half of the texts, the same half in every language or another one in each.',
        figure: {
            ...{ form: 'bars', title: 'specific neurons', numbers: 'share' },
            bars: [
                ...again.map(({ unit, first }) => ({
                    label: `per ${unit}`,
                    group: 'same language first',
                    value: first,
                })),
                ...Object.entries(topics ?? {}).map(([kind, value]: [string, number]) => ({
                    ...{ label: `half, ${kind}`, group: 'found again', value },
                })),
            ],
        },
    };
}

/** What is found where activations are counted per another unit. */
interface UnitOverlap {
    readonly unit: string;
    /** Share of the specific neurons whose language has the most activations per unit. */
    readonly first: number | null;
    readonly overlap: number | null;
}

function verdictOf(again: readonly UnitOverlap[], topics: Topics | undefined): Verdict {
    const first = Math.min(...again.map((one) => one.first ?? 0));
    const overlap = Math.min(...again.map((one) => one.overlap ?? 0));
    const lost = topics === undefined ? 0 : topics.parallel - topics.unrelated;
    if (first < tooFew) return 'fails';
    return Math.min(first, overlap) < enough || lost > mostOfTopic ? 'doubtful' : 'holds';
}

function tableOf(
    { activations, analysis }: CheckContext,
    sizes: Awaited<ReturnType<typeof sizesOf>>,
): NonNullable<Finding['table']> {
    return {
        columns: ['language', 'script', 'tokens', 'bytes', 'sentences', 'bytes a token', 'tokens a sentence'],
        rows: analysis.languages.map((language, k) => {
            const [tokens, bytes, sentences] = [Number(activations.tokens[k]), sizes.byte[k]!, sizes.sentence[k]!];
            return [
                ...[language, scriptOf(language).script, tokens, bytes, sentences],
                ...[bytes / tokens, tokens / sentences],
            ];
        }),
    };
}

/** Bytes and sentences of the counted texts, by language. */
async function sizesOf({ corpus, analysis, signal }: CheckContext): Promise<Record<'byte' | 'sentence', number[]>> {
    const texts = await corpus();
    const sizes = { byte: [] as number[], sentence: [] as number[] };
    for (const language of analysis.languages) {
        const segmenter = new Intl.Segmenter(language, { granularity: 'sentence' });
        let [bytes, sentences] = [0, 0];
        for await (const { response } of texts.samples(language)) {
            bytes += Buffer.byteLength(response);
            sentences += Array.from(segmenter.segment(response)).length;
            await breathe(signal);
        }
        sizes.byte.push(bytes);
        sizes.sentence.push(sentences);
    }
    return sizes;
}

/**
 * Activations per unit instead of per token: p · tokens / units of the language, in units of such a size that all
 * languages together have as many of them as tokens.
 * @param units of each language
 */
export function perUnit<P extends Probabilities>(probabilities: P, tokens: BigInt64Array, units: readonly number[]): P {
    const { p, l } = probabilities;
    const allTokens = sum(Array.from(tokens, Number));
    const allUnits = sum(units);
    const factors = units.map((own, k) => ((Number(tokens[k]) / own) * allUnits) / allTokens);
    return { ...probabilities, p: p.map((value, i) => value * factors[i % l]!) };
}

/** The share of neurons that are most active in the language they are specific to; null: there are none. */
export function stillFirst(found: SpecificRows, { p, l }: Probabilities): number | null {
    if (found.size === 0) return null;
    const kept = [...found].filter(([row, language]) => {
        const own = p.subarray(row * l, (row + 1) * l);
        return own.every((value, k) => k === language || value < own[language]!);
    });
    return kept.length / found.size;
}

/** Mean Jaccard index of pairs of languages that share a script, and of those that do not; null: there is no pair. */
export function scriptPairs(analysis: Pick<CheckContext['analysis'], 'languages' | 'neurons'>): {
    readonly same: number | null;
    readonly different: number | null;
} {
    const { languages, jaccard } = languageOverlap(analysis);
    const scripts = languages.map((language) => scriptOf(language).script);
    const pairs = languages.flatMap((_, a) =>
        languages.slice(a + 1).map((_, i) => ({
            value: jaccard[a]![a + 1 + i],
            same: scripts[a] === scripts[a + 1 + i],
        })),
    );
    const meanOf = (same: boolean): number | null =>
        mean(pairs.filter((pair) => pair.same === same).flatMap(({ value }) => value ?? []));
    return { same: meanOf(true), different: meanOf(false) };
}

/** Mean overlaps of what halves of the texts find with the found neurons. */
interface Topics {
    /** Every language has the same half: where the texts are translations, its texts say the same. */
    readonly parallel: number;
    /** Every language has a half of its own. */
    readonly unrelated: number;
}

/** Undefined without folds, or with fewer than four. */
async function topicsOf(
    { activations, analysis, settings, progress, signal }: CheckContext,
    found: SpecificRows,
    find: (probabilities: Probabilities) => SpecificRows,
): Promise<Topics | undefined> {
    const { folds = [], languages } = activations;
    if (folds.length < 4 || found.size === 0) return undefined;
    const overlaps = { parallel: [] as number[], unrelated: [] as number[] };
    progress.stage('halves of the texts', 2 * draws);
    const halfOf = (draw: number, language: number): number[] => {
        const all = folds.map((_, fold) => fold);
        return drawFrom(all, Math.floor(folds.length / 2), randomGenerator(settings.seed, draw, language));
    };
    for (let draw = 0; draw < draws; draw++) {
        for (const [kind, list] of Object.entries(overlaps)) {
            await breathe(signal);
            const chosen = languages.map((_, k) => halfOf(draw, kind === 'parallel' ? 0 : k));
            const counts: Activations = { ...activations, ...mixedFolds(folds, chosen) };
            list.push(overlapOf(found, find(probabilitiesOf(activations, analysis, counts))) ?? 0);
            progress.advance(1);
        }
    }
    return { parallel: mean(overlaps.parallel)!, unrelated: mean(overlaps.unrelated)! };
}

function sentenceOf(
    again: readonly UnitOverlap[],
    topics: Topics | undefined,
    { same, different }: ReturnType<typeof scriptPairs>,
): string {
    const units = again.map(({ unit, first }) => `per ${unit} for ${formatShare(first)} of them`).join(', ');
    const jaccards = `${formatMeasured(same)}, others of ${formatMeasured(different)}`;
    const script =
        same === null || different === null
            ? []
            : [`Languages of one script share neurons with a Jaccard index of ${jaccards}.`];
    const topic =
        topics === undefined
            ? 'Counts with at least 4 `folds` would tell whether the topic of the texts matters.'
            : `The same half of the texts in every language finds ${formatShare(topics.parallel)} of them again, ` +
              `another half in each ${formatShare(topics.unrelated)}.`;
    const overlaps = again.map(({ unit, overlap }) => `${formatShare(overlap)} per ${unit}`).join(', ');
    const first = `Specific neurons are most active in their language not only per token: ${units}.`;
    const repeated = `The analysis finds again of them: ${overlaps}.`;
    return [first, repeated, ...script, topic].join(' ');
}
