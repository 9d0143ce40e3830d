import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { Activations, Counts } from '../../src/activations/Activations.js';
import { addCounts } from '../../src/activations/addCounts.js';
import { randomGenerator } from '../../src/support/randomGenerator.js';
import { someSource } from './analysed.js';

export interface PlantedOptions {
    readonly seed: number;
    /** Neurons, in one layer. */
    readonly neurons: number;
    /** The first of them are specific: neuron j is active for most tokens of language j mod l, few of others. */
    readonly planted: number;
    /** Tokens of each language. */
    readonly tokens: number;
    readonly folds?: number;
    /** Rates of the neurons that are no language's: from here to there. */
    readonly rates?: readonly [number, number];
}

const languages = ['en', 'de', 'zh', 'fr'];
const l = languages.length;

/** Counts of independent tokens: some neurons are a language's, all others are active alike in every language. */
export function plantedCounts(options: PlantedOptions): Activations {
    const { folds, tokens } = options;
    const { counts: _, ...source } = someSource;
    const parts = Array.from({ length: folds ?? 1 }, (_, fold) => partOf(options, fold, tokens / (folds ?? 1)));
    return { languages, source, ...addCounts(parts), ...(folds === undefined ? {} : { folds: parts }) };
}

function partOf({ seed, neurons, planted, rates = [0.02, 0.5] }: PlantedOptions, fold: number, tokens: number): Counts {
    const generator = randomGenerator(seed, fold);
    const ofNeurons = randomGenerator(seed); // the same in each part
    const [least, most] = rates;
    const counts = new BigInt64Array(neurons * l);
    for (let row = 0; row < neurons; row++) {
        const usual = least + ((most - least) * uniformInt(ofNeurons, 0, 9999)) / 9999;
        for (let k = 0; k < l; k++) {
            const rate = row < planted ? (k === row % l ? 0.9 : 0.02) : usual;
            let active = 0;
            for (let token = 0; token < tokens; token++) if (uniformInt(generator, 0, 99_999) < 1e5 * rate) active++;
            counts[row * l + k] = BigInt(active);
        }
    }
    return { counts: [counts], tokens: new BigInt64Array(l).fill(BigInt(tokens)) };
}
