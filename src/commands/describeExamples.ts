import type { ExamplesHead } from '../examples/examplesFile.js';
import { neuronName } from '../neurons/neuronNames.js';
import { formatQuantity } from '../support/format.js';

/** What a file of examples holds, as a command answers it. */
export function summaryOf({ sites, neurons, tokens, strongest }: ExamplesHead): object {
    const names = neurons.map((neuron) => neuronName(sites, neuron));
    return { tokens, neurons: names.map((neuron, j) => ({ neuron, strongest: strongest[j] ?? [] })) };
}

export function describeExamples({ neurons, languages }: ExamplesHead): string {
    return `examples of ${formatQuantity(neurons.length, 'neuron')} in ${formatQuantity(languages.length, 'language')}`;
}
