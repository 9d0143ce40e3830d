import type { NeuronExamples } from './NeuronExamples.js';

/** Different tokens that a neuron is known by. */
const shown = 5;

/** A neuron's strongest tokens in whatever language, each different one once, blanks around it aside. */
export function strongestOf({ languages }: Pick<NeuronExamples, 'languages'>): string[] {
    const all = Object.values(languages)
        .flatMap(({ strongest }) => strongest)
        .sort((a, b) => b.value - a.value);
    const different = new Set<string>();
    for (const { tokens, at } of all) {
        const token = tokens[at]!.trim();
        if (token !== '') different.add(token);
        if (different.size === shown) break;
    }
    return [...different];
}
