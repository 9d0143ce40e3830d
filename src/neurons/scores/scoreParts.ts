import type { Probabilities } from './activationProbabilities.js';

/** The two parts of the score of each neuron, both independent of λ. Length n each. */
export interface ScoreParts {
    /** Normalised entropy H(p') / ln l. */
    readonly entropy: Float64Array;
    /** Normalised maximum max_k p_k / (h / l), h = 1 + 1/2 + … + 1/l. */
    readonly maximum: Float64Array;
}

/** Lower bound of a probability inside the entropy, of the authors' code. */
const least = 1e-12;

/**
 * The parts of eq. 5 in the normalised form of the authors' released code, which made their published
 * mask: score = H(p') / ln l − λ · max_k p_k / (h / l), where p' is p over its sum, uniform where
 * the sum is 0.
 */
export function scoreParts({ p, n, l }: Pick<Probabilities, 'p' | 'n' | 'l'>): ScoreParts {
    let harmonic = 0;
    for (let k = 1; k <= l; k++) harmonic += 1 / k;
    const entropyScale = Math.log(l);
    const maximumScale = harmonic / l;
    const entropy = new Float64Array(n);
    const maximum = new Float64Array(n);
    for (let j = 0; j < n; j++) {
        let sum = 0;
        let most = 0;
        for (let k = 0; k < l; k++) {
            const value = p[j * l + k]!;
            sum += value;
            if (value > most) most = value;
        }
        let h = 0;
        for (let k = 0; k < l; k++) {
            const share = Math.max(sum > 0 ? p[j * l + k]! / sum : 1 / l, least);
            h -= share * Math.log(share);
        }
        entropy[j] = h / entropyScale;
        maximum[j] = most / maximumScale;
    }
    return { entropy, maximum };
}

/** score = entropy − λ · maximum (eq. 5), written to `into`, length n. */
export function scoreAt({ entropy, maximum }: ScoreParts, lambda: number, into: Float64Array): Float64Array {
    for (let j = 0; j < into.length; j++) into[j] = entropy[j]! - lambda * maximum[j]!;
    return into;
}
