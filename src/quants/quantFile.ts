import type { Cell } from '../experiments/statistics/estimates.js';
import {
    bootstrapInterval,
    combined,
    difference,
    drawResamples,
    estimate,
} from '../experiments/statistics/resampling.js';
import { sum } from '../support/averages.js';
import type { Quants, QuantFile, QuantLanguage } from './quantsFile.js';
import type { FileScores } from './scores.js';
import type { Certain, Survival } from './survival.js';

/** What was measured of a language in one file. */
export interface MeasuredLanguage {
    readonly scores: FileScores;
    readonly reference: FileScores;
    readonly survival: Survival;
}

type Units = Pick<Cell, 'numerators' | 'weights'>;

/** The numbers of a language, with 95 % intervals over its texts, the same for both files. */
export function languageNumbers({ scores, reference, survival }: MeasuredLanguage): QuantLanguage {
    const draws = drawResamples(scores.tokens.length);
    const unitsOf = (numerators: readonly number[]): Units => ({
        numerators: Float64Array.from(numerators),
        weights: Float64Array.from(scores.tokens),
    });
    const losses = ({ logProbabilities }: FileScores): Units => unitsOf(logProbabilities.map((value) => -value));
    const of = (units: Units, from = (mean: number): number => mean): Certain => {
        const found = estimate(units, draws, from);
        return { value: found.value, interval: bootstrapInterval(found) };
    };
    const same = (mean: number): number => mean;
    const rise = difference(estimate(losses(scores), draws, same), estimate(losses(reference), draws, same));
    const changes = combined([rise], ([change]) => Math.expm1(change!));
    return {
        tokens: sum(scores.tokens),
        perplexity: of(losses(scores), Math.exp),
        perplexityChange: { value: changes.value, interval: bootstrapInterval(changes) },
        kl: of(unitsOf(scores.divergences)),
        sameTop: of(unitsOf(scores.agreed)),
        specificBefore: survival.before,
        specific: survival.after,
        overlap: survival.overlap,
        moved: survival.moved,
        own: survival.own,
    };
}

/** The upper end of a KL divergence's interval; null where texts are too few for one, so that nothing is shown. */
export function upperKl({ kl }: Pick<QuantLanguage, 'kl'>): number | null {
    return kl.interval?.[1] ?? null;
}

/** Whether a language's KL divergence is shown to be under a bound. */
export function isUnder(numbers: Pick<QuantLanguage, 'kl'>, bound: number): boolean {
    const upper = upperKl(numbers);
    return upper !== null && upper < bound;
}

/** The languages in which a file's KL divergence has no interval. */
export function withoutInterval({ perLanguage }: QuantFile): string[] {
    return Object.entries(perLanguage).flatMap(([language, numbers]) => (upperKl(numbers) === null ? [language] : []));
}

/** The smallest file, by bytes, but for the reference, whose KL is shown to be under a bound in every language. */
export function smallestUnder(
    [, ...files]: readonly QuantFile[],
    { languages, maxKl }: Pick<Quants, 'languages' | 'maxKl'>,
): string | null {
    const good = files.filter(({ perLanguage }) => languages.every((one) => isUnder(perLanguage[one]!, maxKl)));
    const [smallest] = good.toSorted((a, b) => a.bytes - b.bytes);
    return smallest?.name ?? null;
}

/** The language of a file whose KL is largest. */
export function worstLanguage({ perLanguage }: QuantFile): string {
    return Object.entries(perLanguage).reduce((a, b) => (b[1].kl.value > a[1].kl.value ? b : a))[0];
}

/** Names of the files without what all of them begin with; a name that would be empty stays whole. */
export function shortNames(files: readonly Pick<QuantFile, 'name'>[]): ReadonlyMap<string, string> {
    const names = files.map(({ name }) => name);
    const [first = ''] = names;
    const same = [...first].findIndex((letter, i) => names.some((name) => name[i] !== letter));
    const common = same === -1 ? first : first.slice(0, same);
    const isWhole = names.every((name) => name.length === common.length || /[.\-_]/.test(name[common.length]!));
    const prefix = isWhole ? common : common.replace(/[^.\-_]*$/, '');
    return new Map(names.map((name) => [name, name.slice(prefix.length).replace(/^[.\-_]+/, '') || name]));
}
