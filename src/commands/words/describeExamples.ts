import type { ExamplesHead } from '../../examples/examplesFile.js';
import { strongestTokens } from '../../examples/strongestTable.js';
import { neuronName } from '../../neurons/tables/neuronNames.js';
import { formatQuantity } from '../../support/format.js';

/** What a file of examples holds, as a command answers it. */
export function summaryOf(head: ExamplesHead): object {
    const names = head.neurons.map((neuron) => neuronName(head.sites, neuron));
    return {
        tokens: head.tokens,
        neurons: names.map((neuron, j) => ({ neuron, strongest: strongestTokens(head, j) })),
    };
}

export function describeExamples({ neurons, languages }: ExamplesHead): string {
    return `examples of ${formatQuantity(neurons.length, 'neuron')} in ${formatQuantity(languages.length, 'language')}`;
}
