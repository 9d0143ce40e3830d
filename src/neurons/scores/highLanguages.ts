import type { Probabilities } from './activationProbabilities.js';

/** N of each neuron: the number of languages in which its probability is strictly above τ. Length n. */
export function highLanguages({ p, n, l }: Probabilities, threshold: number): Uint16Array {
    const high = new Uint16Array(n);
    for (let j = 0; j < n; j++) {
        let N = 0;
        for (let k = 0; k < l; k++) if (p[j * l + k]! > threshold) N++;
        high[j] = N;
    }
    return high;
}
