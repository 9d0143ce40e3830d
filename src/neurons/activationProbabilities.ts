import type { Activations } from '../activations/Activations.js';
import { toNumbers } from '../activations/toNumbers.js';
import { LanguageNeuronsError } from '../errors.js';

/** Activation probabilities of all neurons of a model, layers one behind another. */
export interface Probabilities {
    /** p[n, l], row-major: the share of counted tokens for which the neuron was active (eq. 4). */
    readonly p: Float64Array;
    /** Neurons of the model. */
    readonly n: number;
    /** Languages. */
    readonly l: number;
    /** FFN width of each layer. */
    readonly widths: readonly number[];
}

/**
 * p = counts / tokens (eq. 4).
 * @throws LanguageNeuronsError WRONG_USE for fewer than two languages, EMPTY for one without tokens
 */
export function activationProbabilities({ languages, counts, tokens }: Activations): Probabilities {
    const l = languages.length;
    if (l < 2) throw new LanguageNeuronsError('WRONG_USE', `language neurons need at least two languages to compare, not ${l}; collect more`);
    const totals = Array.from(tokens, Number);
    for (const [k, total] of totals.entries()) {
        if (total === 0) throw new LanguageNeuronsError('EMPTY', `language ${languages[k]!} has no counted tokens; collect texts in it or leave it out`);
    }
    const widths = counts.map((layer) => layer.length / l);
    const n = widths.reduce((sum, width) => sum + width, 0);
    const p = new Float64Array(n * l);
    let at = 0;
    for (const layer of counts) {
        const numbers = toNumbers(layer);
        for (let j = 0; j < numbers.length; j += l) {
            for (let k = 0; k < l; k++) p[at++] = numbers[j + k]! / totals[k]!;
        }
    }
    return { p, n, l, widths };
}
