import {
    type ActiveShare,
    type Example,
    type LanguageExamples,
    type NeuronExamples,
    ofQuantile,
    quantiles,
    type SampledExample,
} from './NeuronExamples.js';
import { priorityOf, SampledTokens } from './SampledTokens.js';
import { StrongestTokens } from './StrongestTokens.js';

/**
 * What two parts of the texts tell of a neuron, together: the same in whatever order parts are joined.
 * @param seed of the sample
 */
export function joinExamples(a: NeuronExamples, b: NeuronExamples, seed: number): NeuronExamples {
    const sample = new SampledTokens<SampledExample>();
    for (const one of [...a.sample, ...b.sample]) sample.add(one, priorityOf(one.key, one.position, seed));
    return {
        languages: joinByName(a.languages, b.languages, joinLanguages),
        kinds: joinByName(a.kinds, b.kinds, addShares),
        wordBeginnings: addShares(a.wordBeginnings, b.wordBeginnings),
        sample: sample.all(),
    };
}

/** The examples that are shown: the strongest of each language, and some of each fifth of the sample. */
export function finishExamples(found: NeuronExamples, languages: readonly string[]): NeuronExamples {
    return {
        ...found,
        languages: Object.fromEntries(
            languages.flatMap((language) => {
                const own = found.languages[language];
                if (own === undefined) return [];
                return [[language, { ...own, strongest: strongestOf(own.strongest).chosen() }] as const];
            }),
        ),
        kinds: Object.fromEntries(Object.entries(found.kinds).sort(([a], [b]) => (a < b ? -1 : 1))),
        sample: ofEachQuantile(found.sample),
    };
}

/** Of each fifth those that were drawn first. */
function ofEachQuantile(sample: readonly SampledExample[]): SampledExample[] {
    const drawn = new Map(sample.map((one, i) => [one, i]));
    const ascending = [...sample].sort((a, b) => a.value - b.value || drawn.get(a)! - drawn.get(b)!);
    return Array.from({ length: quantiles }, (_, q) => {
        const [from, to] = [q, q + 1].map((one) => Math.round((one * ascending.length) / quantiles));
        const group = ascending.slice(from, to);
        const first = [...group].sort((a, b) => drawn.get(a)! - drawn.get(b)!).slice(0, ofQuantile);
        return group.filter((one) => first.includes(one)).map((one) => ({ ...one, quantile: q + 1 }));
    }).flat();
}

function joinLanguages(a: LanguageExamples, b: LanguageExamples): LanguageExamples {
    return {
        active: a.active + b.active,
        histogram: a.histogram.map((count, bin) => count + b.histogram[bin]!),
        strongest: strongestOf([...a.strongest, ...b.strongest]).all(),
    };
}

function strongestOf(examples: readonly Example[]): StrongestTokens<Example> {
    const strongest = new StrongestTokens<Example>();
    for (const one of examples) strongest.add(one);
    return strongest;
}

function addShares(a: ActiveShare, b: ActiveShare): ActiveShare {
    return { active: a.active + b.active, sum: a.sum + b.sum };
}

export function joinByName<T>(
    a: Readonly<Record<string, T>>,
    b: Readonly<Record<string, T>>,
    join: (x: T, y: T) => T,
): Record<string, T> {
    const joined = { ...a };
    for (const [name, value] of Object.entries(b))
        joined[name] = Object.hasOwn(joined, name) ? join(joined[name]!, value) : value;
    return joined;
}
