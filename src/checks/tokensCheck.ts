import type { Activations, Counts } from '../activations/Activations.js';
import { choose } from '../neurons/classes/choose.js';
import { formatCount, formatShare } from '../support/format.js';
import { mean } from '../support/averages.js';
import { drawFrom, randomGenerator } from '../support/randomGenerator.js';
import type { Check, CheckContext } from './Check.js';
import { type CheckNumber, type Finding, type LinesFigure, notTold, type Verdict } from './CheckResult.js';
import { breathe, enough, type SpecificRows, specificRows, tooFew } from './measures/foundNeurons.js';
import { probabilitiesOf, repeatedCriteria } from '../neurons/classes/repeatAnalysis.js';
import { mixedFolds } from '../activations/mixedFolds.js';

/** Pairs of parts that are drawn of each size. */
const draws = 5;
/** Fewer folds give fewer than two sizes of parts. */
const leastFolds = 4;

/** Are there enough tokens? Finds the neurons in parts of the texts that have none in common. */
export const tokensCheck: Check = {
    name: 'tokens',
    question: 'Would as many other texts give the same neurons?',
    needs: [],
    cost: 'seconds',
    settings: ['seed'],
    version: 1,
    run: checkTokens,
};

/** How two disjoint parts of the texts, of one size, agree on the specific neurons. */
interface Size {
    /** Mean tokens of a language in a part. */
    readonly tokens: number;
    /** Mean over draws of 2|A ∩ B| / (|A| + |B|), of all languages and of each; null where nothing is found. */
    readonly all: number | null;
    readonly languages: readonly (number | null)[];
}

async function checkTokens(context: CheckContext): Promise<Finding> {
    const { activations, progress, signal } = context;
    const { folds = [], languages } = activations;
    if (folds.length < leastFolds) {
        return notTold(`Counts with at least ${leastFolds} \`folds\` would tell.`);
    }
    const find = finderOf(context);
    const numbers = partSizes(folds.length);
    progress.stage('parts of the texts', numbers.length * draws);
    const sizes: Size[] = [];
    for (const size of numbers) {
        const pairs: Pair[] = [];
        for (let draw = 0; draw < draws; draw++) {
            await breathe(signal);
            pairs.push(pairOf(folds, size, draw, context, find));
            progress.advance(1);
        }
        sizes.push(sizeOf(pairs, languages));
    }
    return findingOf(sizes, languages);
}

/** Folds in a part: 1, 2, 4 … and half of all. */
export function partSizes(folds: number): number[] {
    const half = Math.floor(folds / 2);
    const sizes: number[] = [];
    for (let size = 1; size < half; size *= 2) sizes.push(size);
    return [...sizes, half];
}

type Find = (counts: Counts) => SpecificRows;

function finderOf({ activations, analysis }: CheckContext): Find {
    const criteria = repeatedCriteria(probabilitiesOf(activations, analysis), analysis);
    return (counts) => {
        const part: Activations = { ...activations, ...counts };
        const probabilities = probabilitiesOf(activations, analysis, part);
        return specificRows(probabilities, choose(probabilities, criteria));
    };
}

interface Pair {
    readonly tokens: number;
    readonly found: readonly [SpecificRows, SpecificRows];
}

/** The same folds in every language, so that parallel texts stay parallel. */
function pairOf(
    folds: readonly Counts[],
    size: number,
    draw: number,
    { activations: { languages }, settings }: CheckContext,
    find: Find,
): Pair {
    const chosen = drawFrom([...folds.keys()], 2 * size, randomGenerator(settings.seed, size, draw));
    const parts = [chosen.slice(0, size), chosen.slice(size)].map((part) =>
        mixedFolds(
            folds,
            languages.map(() => part),
        ),
    );
    const tokens = parts.flatMap((part) => Array.from(part.tokens, Number));
    const [one, other] = parts.map(find);
    return { tokens: mean(tokens)!, found: [one!, other!] };
}

function sizeOf(pairs: readonly Pair[], languages: readonly string[]): Size {
    const over = (language?: number): number | null => {
        const values = pairs.map(({ found: [a, b] }) => agreement(a, b, language)).filter((value) => value !== null);
        return mean(values);
    };
    return {
        tokens: mean(pairs.map(({ tokens }) => tokens))!,
        all: over(),
        languages: languages.map((_, language) => over(language)),
    };
}

/** 2|A ∩ B| / (|A| + |B|), of one language or of all: a neuron of another language in B is not the same. */
export function agreement(a: SpecificRows, b: SpecificRows, language?: number): number | null {
    const counted = (of: number): boolean => language === undefined || of === language;
    let [both, together] = [0, 0];
    for (const [row, of] of a) {
        if (!counted(of)) continue;
        together++;
        if (b.get(row) === of) both++;
    }
    for (const of of b.values()) if (counted(of)) together++;
    return together === 0 ? null : (2 * both) / together;
}

function findingOf(sizes: readonly Size[], languages: readonly string[]): Finding {
    const largest = sizes.at(-1)!;
    const reached = sizes.find(({ all }) => all !== null && all >= enough);
    const least = languages
        .map((language, k) => ({ language, value: largest.languages[k]! }))
        .filter(({ value }) => value !== null)
        .sort((a, b) => a.value - b.value)[0];
    const numbers: CheckNumber[] = [
        { name: 'agreement of two halves of the texts', value: largest.all, form: 'share' },
        { name: 'tokens a language in a half', value: Math.round(largest.tokens), form: 'count' },
        {
            name: `tokens a language for an agreement of ${formatShare(enough)}`,
            value: reached === undefined ? null : Math.round(reached.tokens),
            form: 'count',
        },
    ];
    return {
        verdict: verdictOf(largest.all),
        sentence: sentenceOf(largest, reached, least),
        numbers,
        table: {
            columns: ['tokens a language', 'all', ...languages],
            rows: sizes.map((size) => [Math.round(size.tokens), size.all, ...size.languages]),
        },
        caption:
            'Two parts of the texts with no text in common are analysed apart. A point is the share of their ' +
            `specific neurons on which they agree, 2|A ∩ B| / (|A| + |B|), on average over ${draws} pairs of parts.`,
        figure: figureOf(sizes, languages),
    };
}

function verdictOf(all: number | null): Verdict {
    if (all === null) return 'not told';
    return all >= enough ? 'holds' : all >= tooFew ? 'doubtful' : 'fails';
}

function sentenceOf(
    { tokens, all }: Size,
    reached: Size | undefined,
    least: { readonly language: string; readonly value: number } | undefined,
): string {
    const each = `${formatCount(Math.round(tokens))} tokens a language`;
    if (all === null || least === undefined) return `In parts of ${each}, no specific neuron is found.`;
    const last = `, least on those of ${least.language} (${formatShare(least.value)})`;
    const halves = `Two halves of the texts, of ${each}, agree on ${formatShare(all)} of the specific neurons${last}.`;
    const enoughTokens =
        reached === undefined
            ? `More texts are needed for ${formatShare(enough)}.`
            : `${formatCount(Math.round(reached.tokens))} tokens a language give ${formatShare(enough)} or more.`;
    return `${halves} ${enoughTokens}`;
}

function figureOf(sizes: readonly Size[], languages: readonly string[]): LinesFigure {
    const line = (label: string, of: (size: Size) => number | null | undefined): LinesFigure['lines'][number] => ({
        label,
        points: sizes.flatMap((size) => {
            const y = of(size);
            return y == null ? [] : [{ x: size.tokens, y }];
        }),
    });
    return {
        form: 'lines',
        xTitle: 'tokens a language in each part',
        xLog: true,
        yTitle: 'agreement on specific neurons',
        numbers: 'share',
        lines: [
            line('all languages', ({ all }) => all),
            ...languages.map((language, k) => line(language, (size) => size.languages[k])),
        ].filter(({ points }) => points.length > 0),
    };
}
