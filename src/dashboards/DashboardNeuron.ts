import type { NeuronExamples } from '../examples/NeuronExamples.js';
import type { ExamplesHead } from '../examples/examplesFile.js';
import { sum } from '../support/averages.js';
import { storedToken } from '../support/storedToken.js';

/** An excerpt of a text in which a neuron is active. */
export interface DashboardExcerpt {
    readonly tokens: readonly string[];
    /** Activation of each token; 0: not active. */
    readonly values: readonly number[];
    /** Index of the token that it is an example of. */
    readonly at: number;
    /** Fifth of the neuron's positive activations that it was drawn from, 1 to 5; undefined: one of the strongest. */
    readonly quantile: number | undefined;
}

/** A token and what a neuron adds to its logit. */
export interface DashboardLogit {
    readonly token: string;
    readonly value: number;
}

/** What dashboards show of a neuron. */
export interface DashboardNeuron {
    /** Among the neurons of its site: expert · width + index. */
    readonly index: number;
    /** Share of the counted tokens for which it was active. */
    readonly density: number;
    /** Largest first. */
    readonly raised: readonly DashboardLogit[];
    /** Smallest first. */
    readonly lowered: readonly DashboardLogit[];
    /** Counts of positive activations between `edges[i]` and `edges[i + 1]`, in all languages. */
    readonly histogram: readonly number[];
    readonly edges: readonly number[];
    readonly excerpts: readonly DashboardExcerpt[];
    /** Its class in words, such as `specific to zh`; undefined without one. */
    readonly described: string | undefined;
}

/** What is known of a neuron besides its examples. */
export type DashboardFacts = Pick<DashboardNeuron, 'index' | 'raised' | 'lowered' | 'described'>;

/** A neuron as dashboards show it; undefined where no token made it active. */
export function dashboardNeuron(
    { languages, sample }: NeuronExamples,
    { edges, tokens }: Pick<ExamplesHead, 'edges' | 'tokens'>,
    facts: DashboardFacts,
): DashboardNeuron | undefined {
    const all = Object.values(languages);
    const active = sum(all, (one) => one.active);
    if (active === 0) return undefined;
    const excerpts = [
        ...all.flatMap(({ strongest }) => strongest.map((example) => ({ ...example, quantile: undefined }))),
        ...sample.map((example) => ({ ...example, quantile: example.quantile })),
    ].map(({ tokens: shown, values, at, value, quantile }): DashboardExcerpt => ({
        tokens: shown.map(storedToken),
        values: values.map((one, i) => (i === at ? Number(value.toPrecision(4)) : one)),
        at,
        quantile,
    }));
    return {
        ...facts,
        density: active / sum(Object.values(tokens)),
        histogram: edges.map((_, bin) => sum(all, ({ histogram }) => histogram[bin] ?? 0)),
        edges,
        excerpts: excerpts.sort((a, b) => rank(a) - rank(b) || b.values[b.at]! - a.values[a.at]!),
    };
}

/** The strongest first, then from the highest fifth down. */
function rank({ quantile }: DashboardExcerpt): number {
    return quantile === undefined ? 0 : 6 - quantile;
}
