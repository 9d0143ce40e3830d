import type { MetricChange, MetricGroupChange } from '../results/Comparison.js';
import { meanValue } from '../statistics/meanEffect.js';
import type { Estimate } from '../statistics/estimates.js';
import { metricOf } from '../registry/metrics.js';
import { type MeasuredWhole, wholeEstimate } from '../matrices/wholeEstimate.js';
import { average, difference } from '../statistics/resampling.js';
import { benjaminiHochberg } from '../../support/statistics.js';

/** Settings that do not shape the whole model's measurements, or only their last bits. */
const passedOver = ['controls', 'seed', 'matched', 'batch', 'context', 'device'];
/** The user's names of texts or questions: ignored where a hash of them is known. */
const names = ['data', 'questions'];

/**
 * Whether two models were measured alike, on the same texts or questions. Settings that only one of them has are
 * ignored.
 */
export function measuredAlike(a: MeasuredWhole, b: MeasuredWhole): boolean {
    const of = ({ metric, languages, whole }: MeasuredWhole): string =>
        JSON.stringify([
            metric,
            languages.toSorted(),
            languages.toSorted().map((language) => whole[language]?.weights),
        ]);
    return differingSettings(a, b).length === 0 && of(a) === of(b);
}

/** The settings of two measurements that differ, by name; see `measuredAlike`. */
export function differingSettings(
    { settings: a }: Pick<MeasuredWhole, 'settings'>,
    { settings: b }: Pick<MeasuredWhole, 'settings'>,
): string[] {
    const hashed = a.texts !== undefined && b.texts !== undefined;
    const isCompared = (name: string): boolean =>
        b[name] !== undefined && !passedOver.includes(name) && !(hashed && names.includes(name));
    return Object.keys(a).filter((name) => isCompared(name) && a[name] !== b[name]);
}

/**
 * The whole model's perplexity or accuracy before and after, by language and in the mean over groups of languages
 * (`meanValue`). Intervals are of the differences: of an accuracy as `accuracyDifferenceInterval`, of a perplexity by
 * bootstrap over the texts. Both models are taken on the same texts or questions, and languages with as many of them,
 * which may be parallel, on the same places. The change of each language has a p and a q, as the cells of a matrix.
 * @param groups languages by the name of their group; empty ones are left out
 */
export function metricChange(
    before: MeasuredWhole,
    after: MeasuredWhole,
    groups: Readonly<Record<string, readonly string[]>>,
): MetricChange {
    const kind = metricOf(before.metric);
    const { intervals } = kind;
    const measured = new Map(
        before.languages.map((language) => [
            language,
            { before: wholeEstimate(before, language), after: wholeEstimate(after, language) },
        ]),
    );
    const pairOf = (language: string) =>
        [after.whole[language]!.numerators, before.whole[language]!.numerators] as const;
    const pOf = (language: string): number | null =>
        intervals.pOfDifference({ after: measured.get(language)!.after, before: measured.get(language)!.before }, [
            pairOf(language),
        ]);
    const changeOf = (languages: readonly string[]): MetricGroupChange => {
        const chosen = languages.map((language) => measured.get(language)!);
        const over = (estimates: readonly Estimate[]): Estimate =>
            average(estimates, (values) => meanValue(values, kind));
        const [a, b] = [over(chosen.map((one) => one.before)), over(chosen.map((one) => one.after))];
        const change = difference(b, a);
        return {
            languages,
            before: a.value,
            after: b.value,
            change: change.value,
            interval: intervals.ofDifference(change, languages.map(pairOf)),
        };
    };
    const tests = testsOf(before.languages.map(pOf));
    const known = Object.entries(groups).map(
        ([name, members]) => [name, members.filter((language) => measured.has(language))] as const,
    );
    return {
        metric: before.metric,
        perLanguage: Object.fromEntries(
            before.languages.map((language, k) => [language, { ...changeOf([language]), ...tests[k] }]),
        ),
        groups: Object.fromEntries(
            known.filter(([, members]) => members.length > 0).map(([name, members]) => [name, changeOf(members)]),
        ),
    };
}

/** Each p with its q over all of them; nothing where there is no p. */
function testsOf(ps: readonly (number | null)[]): Pick<MetricGroupChange, 'p' | 'q'>[] {
    const qs = benjaminiHochberg(ps.map((p) => p ?? Number.NaN));
    return ps.map((p, k) => (p === null ? {} : { p, q: qs[k]! }));
}
