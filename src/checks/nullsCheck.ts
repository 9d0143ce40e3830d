import type { Activations } from '../activations/Activations.js';
import type { Probabilities } from '../neurons/scores/activationProbabilities.js';
import { choose } from '../neurons/classes/choose.js';
import { scoreAt, scoreParts } from '../neurons/scores/scoreParts.js';
import { formatShare } from '../support/format.js';
import { inParts } from '../support/progress.js';
import { mean } from '../support/averages.js';
import { chanceDraws } from './measures/chanceDraws.js';
import type { Check, CheckContext } from './Check.js';
import type { CheckNumber, Finding, Verdict } from './CheckResult.js';
import { nothingSpecific } from './nothingSpecific.js';
import {
    breathe,
    type ClassSizes,
    classSizes,
    sizesByLayer,
    type SpecificRows,
    specificRows,
} from './measures/foundNeurons.js';
import { criteriaOf, probabilitiesOf, repeatedCriteria } from '../neurons/classes/repeatAnalysis.js';
import { type NullCounts, nullCounts, nulls } from './nullCounts.js';

/** False discovery shares up to which a finding holds, and above which it fails. */
const few = 0.05;
const many = 0.2;
/** Least share of the neurons that are to be found again in romanized texts. */
const half = 0.5;

/** What does the same procedure find where there is less to find, or nothing? */
export const nullsCheck: Check = {
    name: 'nulls',
    question: 'What does the same procedure find in an untrained model, random tokens, shuffled or romanized texts?',
    needs: ['model', 'data'],
    cost: 'five passes over the texts',
    settings: ['repeats', 'seed'],
    version: 5,
    run: checkNulls,
};

/** What is found in some counts. */
interface Found {
    readonly specific: SpecificRows;
    readonly sizes: ClassSizes;
    /** Specific neurons by layer. */
    readonly layers: readonly number[];
    /** Neurons with a score up to the largest selected one of the analysis, above its τ in exactly one language. */
    readonly atSameBars: number;
    /** Of the specific neurons of the analysis, those that are specific to the same language here too. */
    readonly again: ReadonlySet<number>;
}

async function checkNulls(context: CheckContext): Promise<Finding> {
    const { activations, analysis } = context;
    const measure = measureAgainst(context);
    const ofCounts = (counts: Activations): Found => measure(probabilitiesOf(activations, analysis, counts));
    const found = ofCounts(activations);
    if (found.specific.size === 0) return nothingSpecific;
    const rows: [NullCounts | undefined, Found][] = [[undefined, found], ...(await foundInNulls(context, ofCounts))];
    const permuted = await alikeLanguages(context, measure);
    const of = (name: string): Found => rows.find(([one]) => one?.name === name)![1];
    const shareOf = (some: number): number => some / found.specific.size;
    const falseShares = [
        ...rows.flatMap(([one, { atSameBars }]) =>
            one?.empty === true ? [{ name: one.name, value: shareOf(atSameBars) }] : [],
        ),
        { name: permuted.name, value: shareOf(permuted.atSameBars) },
    ].sort((a, b) => b.value - a.value);
    const kept = { romanized: of('romanized').again, shuffled: of('words shuffled').again };
    const [ofTokens, pooled] = [of('random tokens of the language').again, of('random tokens, pooled').again];
    const surviving = [...kept.romanized].filter((row) => kept.shuffled.has(row) && !pooled.has(row));
    const beyond = surviving.filter((row) => !ofTokens.has(row));
    const most = falseShares[0]!;
    return {
        verdict: verdictOf(most.value, shareOf(kept.romanized.size)),
        sentence: sentenceOf(most, shareOf(kept.romanized.size), shareOf(ofTokens.size), shareOf(surviving.length)),
        numbers: [
            ...falseShares.map(({ name, value }) => shareNumber(`false discovery share by ${name}`, value)),
            shareNumber('found again in romanized texts', shareOf(kept.romanized.size)),
            shareNumber('found again with words shuffled', shareOf(kept.shuffled.size)),
            shareNumber('found again in random tokens of the language', shareOf(ofTokens.size)),
            shareNumber('survive all: romanized and shuffled, not pooled', shareOf(surviving.length)),
            shareNumber('of these, not in random tokens of the language', shareOf(beyond.length)),
        ],
        table: {
            columns: [
                ...['counts', 'specific', 'related', 'general', 'specific at the same bars', 'found again'],
                ...found.layers.map((_, layer) => `layer ${layer}`),
            ],
            rows: [
                ...rows.map(([one, found]) =>
                    rowOf(one?.name ?? 'the analysis', found, one?.untrained === true ? null : found.again.size),
                ),
                rowOf(permuted.name, permuted, permuted.again),
            ],
        },
        caption: `Specific neurons of each layer, of ${analysis.languages.length} languages together.`,
        figure: {
            ...{ form: 'lines', xTitle: 'layer', xLog: false, yTitle: 'specific neurons', numbers: 'count' },
            lines: [
                ...rows.map(([one, { layers }]) => lineOf(one?.name ?? 'the analysis', layers)),
                lineOf(permuted.name, permuted.layers),
            ],
        },
    };
}

/** What is found in each null's counts. */
async function foundInNulls(
    context: CheckContext,
    ofCounts: (counts: Activations) => Found,
): Promise<[NullCounts, Found][]> {
    const rows: [NullCounts, Found][] = [];
    const parts = inParts(
        context.progress,
        nulls.map(() => 1),
    );
    for (const [i, one] of nulls.entries()) {
        const counted = await nullCounts(one, { ...context, progress: parts[i]! });
        if (counted !== undefined) rows.push([one, ofCounts(counted)]);
    }
    return rows;
}

function shareNumber(name: string, value: number): CheckNumber {
    return { name, value, form: 'share' };
}

type Numbers = Pick<Found, 'sizes' | 'layers' | 'atSameBars'>;

function rowOf(name: string, { sizes, atSameBars, layers }: Numbers, again: number | null): (string | number | null)[] {
    return [name, sizes.specific, sizes.related, sizes.general, atSameBars, again, ...layers];
}

function lineOf(label: string, layers: readonly number[]): { label: string; points: { x: number; y: number }[] } {
    return { label, points: layers.map((y, x) => ({ x, y })) };
}

/** What is found on average over draws of languages that do not differ; see `chanceDraws`. */
async function alikeLanguages(
    { activations, analysis, settings: { repeats, seed }, signal }: CheckContext,
    measure: (probabilities: Probabilities) => Found,
): Promise<Numbers & { readonly name: string; readonly again: number }> {
    const { by, draw } = chanceDraws(activations, analysis);
    const drawn: Found[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
        await breathe(signal);
        drawn.push(measure(draw(seed, repeat)));
    }
    const meanOf = (of: (one: Found) => number): number => mean(drawn.map(of))!;
    const sizes = { ...drawn[0]!.sizes };
    for (const kind of Object.keys(sizes) as (keyof ClassSizes)[])
        Object.assign(sizes, { [kind]: meanOf((one) => one.sizes[kind]) });
    return {
        name: `${by === 'permuted' ? 'labels permuted over texts' : 'tokens dealt to languages'}, mean of ${repeats}`,
        sizes,
        layers: drawn[0]!.layers.map((_, layer) => meanOf(({ layers }) => layers[layer]!)),
        atSameBars: meanOf(({ atSameBars }) => atSameBars),
        again: meanOf(({ again }) => again.size),
    };
}

/** Finds neurons in probabilities as the analysis does, and by its own bars. */
function measureAgainst({ activations, analysis }: CheckContext): (probabilities: Probabilities) => Found {
    const probabilities = probabilitiesOf(activations, analysis);
    const criteria = repeatedCriteria(probabilities, analysis);
    const choice = choose(probabilities, criteriaOf(analysis));
    const own = specificRows(probabilities, choice);
    const lambda = analysis.lambda ?? 0;
    const scoresOf = ({ p, n, l }: typeof probabilities): Float64Array =>
        scoreAt(scoreParts({ p, n, l }), lambda, new Float64Array(n));
    const scores = scoresOf(probabilities);
    const highest = choice.selected.reduce((most, row) => Math.max(most, scores[row]!), -Infinity);
    return (others) => {
        const chosen = choose(others, criteria);
        const specific = specificRows(others, chosen);
        const high = (row: number): number => {
            let N = 0;
            for (let k = 0; k < others.l; k++) if (others.p[row * others.l + k]! > choice.threshold) N++;
            return N;
        };
        return {
            specific,
            sizes: classSizes(chosen, others, analysis.method),
            layers: sizesByLayer(specific, others, analysis),
            atSameBars: scoresOf(others).filter((score, row) => score <= highest && high(row) === 1).length,
            again: new Set([...own].filter(([row, language]) => specific.get(row) === language).map(([row]) => row)),
        };
    };
}

function verdictOf(falseShare: number, romanized: number): Verdict {
    if (falseShare > many) return 'fails';
    return falseShare > few || romanized < half ? 'doubtful' : 'holds';
}

function sentenceOf(
    { name, value }: { readonly name: string; readonly value: number },
    romanized: number,
    ofTokens: number,
    surviving: number,
): string {
    const many = `${formatShare(value)} as many neurons pass the same bars`;
    const found =
        value <= few
            ? `Where there is nothing to find, at most ${many}.`
            : `Where there is nothing to find, ${many} (${name}): so many of those found may be chance.`;
    const script =
        romanized < half
            ? `Only ${formatShare(romanized)} are found again in romanized texts: the others may be of a script.`
            : `${formatShare(romanized)} are found again in romanized texts.`;
    const tokens = `${formatShare(ofTokens)} are found in random tokens of the language: they need no context`;
    return `${found} ${script} ${tokens}. ${formatShare(surviving)} survive all.`;
}
