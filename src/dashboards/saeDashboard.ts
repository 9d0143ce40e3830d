import { neighbours } from '../examples/NeuronExamples.js';
import type { DashboardExcerpt, DashboardNeuron } from './DashboardNeuron.js';
import type { DashboardBatch } from './forms.js';

/** Share of a neuron's positive activations in each of the fifths that examples are drawn from. */
const ofQuantile = 0.2;

/**
 * A batch of neurons as SAEDashboard writes them: the fields of `NeuronpediaDashboardBatch` in
 * sae_dashboard/neuronpedia/neuronpedia_dashboard.py. Neuronpedia's convert-saedashboard-to-neuronpedia-export.py makes
 * an import of them. What is not known of a neuron, such as its correlations, is an empty list.
 */
export function saeDashboardBatch({ modelId, site, sourceSet, suffix, dataset, neurons }: DashboardBatch): unknown {
    return {
        model_id: modelId,
        layer: site.layer,
        sae_set: sourceSet,
        sae_id_suffix: suffix ?? null,
        features: neurons.map((neuron) => featureOf(neuron, dataset)),
    };
}

function featureOf(neuron: DashboardNeuron, dataset: string): unknown {
    const { index, raised, lowered, density, histogram, edges, excerpts } = neuron;
    const none: readonly number[] = [];
    return {
        feature_index: index,
        neuron_alignment_indices: none,
        neuron_alignment_values: none,
        neuron_alignment_l1: none,
        correlated_neurons_indices: none,
        correlated_neurons_l1: none,
        correlated_neurons_pearson: none,
        correlated_features_indices: none,
        correlated_features_l1: none,
        correlated_features_pearson: none,
        neg_str: lowered.map(({ token }) => token),
        neg_values: lowered.map(({ value }) => value),
        pos_str: raised.map(({ token }) => token),
        pos_values: raised.map(({ value }) => value),
        frac_nonzero: density,
        ...barsOf(histogram, edges),
        logits_hist_data_bar_heights: none,
        logits_hist_data_bar_values: none,
        n_prompts_total: 0, // texts are taken whole: there are no prompts of one length
        n_tokens_in_prompt: 2 * neighbours + 1,
        dataset,
        decoder_weights_dist: none,
        activations: excerpts.map((excerpt) => ({
            ...binOf(excerpt, excerpts),
            tokens: excerpt.tokens,
            values: excerpt.values,
            qualifying_token_index: excerpt.at,
        })),
        vector: none,
    };
}

/** The bins up to the last that has something, each at its middle. */
function barsOf(histogram: readonly number[], edges: readonly number[]): Record<string, readonly number[]> {
    const used = histogram.findLastIndex((count) => count > 0) + 1;
    const middle = (bin: number): number => (edges[bin]! + (edges[bin + 1] ?? edges[bin]!)) / 2;
    return {
        freq_hist_data_bar_values: Array.from({ length: used }, (_, bin) => Number(middle(bin).toPrecision(4))),
        freq_hist_data_bar_heights: histogram.slice(0, used),
    };
}

/** SAEDashboard's marks of the strongest, and the least and greatest example of a fifth. */
export function binOf(
    { quantile }: DashboardExcerpt,
    all: readonly DashboardExcerpt[],
): { readonly bin_min: number; readonly bin_max: number; readonly bin_contains: number } {
    const values = all.filter((other) => other.quantile === quantile).map(({ values: own, at }) => own[at]!);
    const greatest = Math.max(...values);
    if (quantile === undefined) return { bin_min: -1, bin_max: greatest, bin_contains: -1 };
    return { bin_min: Math.min(...values), bin_max: greatest, bin_contains: ofQuantile };
}
