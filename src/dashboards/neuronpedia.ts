import { binOf } from './saeDashboard.js';
import type { DashboardNeuron } from './DashboardNeuron.js';
import type { DashboardBatch } from './forms.js';

/** Most tokens of a list that Neuronpedia takes. */
const mostLogits = 20;
/** Most characters of an explanation there. */
const mostWords = 512;

/**
 * A batch of neurons as the body of a request to Neuronpedia's `POST /api/feature/upload-batch`: the fields of
 * `uploadBatchSchema` (apps/webapp/app/api/feature/upload-batch/route.tsx). The source set is made there first.
 */
export function neuronpediaBatch({ modelId, source, neurons }: DashboardBatch): unknown {
    return { modelId, source, features: neurons.map(featureOf) };
}

function featureOf({ index, density, raised, lowered, described, excerpts }: DashboardNeuron): unknown {
    return {
        index,
        density,
        topLogits: raised.slice(0, mostLogits),
        bottomLogits: lowered.slice(0, mostLogits),
        explanations: described === undefined ? [] : [{ text: cut(described) }],
        activations: excerpts.map((excerpt) => {
            const { tokens, values, quantile } = excerpt;
            if (quantile === undefined) return { tokens, values };
            const { bin_min: quantileMin, bin_max: quantileMax, bin_contains } = binOf(excerpt, excerpts);
            return { tokens, values, quantileMin, quantileMax, quantileFraction: bin_contains };
        }),
    };
}

/** Of a neuron of very many languages, the first of them. */
function cut(words: string): string {
    return words.length > mostWords ? `${words.slice(0, mostWords - 1)}…` : words;
}
