import type { Sample } from '../../src/corpus/Corpus.js';
import { openCorpus } from '../../src/data/openCorpus.js';

/** The first texts of some articles of the UDHR in a few languages: real text, always at hand. */
export async function udhrSamples(languages: readonly string[], articles = '25-27'): Promise<Sample[]> {
    const corpus = await openCorpus(`udhr:${articles}`, { languages });
    const samples: Sample[] = [];
    for (const language of languages) for await (const sample of corpus.samples(language)) samples.push(sample);
    return samples;
}

/** The same texts, the first half of each as a prompt. */
export function halvedIntoPrompts(samples: readonly Sample[]): Sample[] {
    return samples.map(({ language, response }) => {
        const middle = response.indexOf(' ', response.length / 2) + 1 || Math.floor(response.length / 2);
        return { language, prompt: response.slice(0, middle), response: response.slice(middle) };
    });
}

/**
 * How far two counts of the same tokens are apart: the sum of all differences over tokens × neurons, at
 * most the share of activations whose sign flipped.
 */
export function flippedShare(a: readonly BigInt64Array[], b: readonly BigInt64Array[], tokens: bigint): number {
    let [difference, neurons] = [0, 0];
    for (const [i, layer] of a.entries()) {
        for (const [j, count] of layer.entries()) difference += Math.abs(Number(count - b[i]![j]!));
        neurons += layer.length;
    }
    return difference / (Number(tokens) * neurons);
}

export function sum(a: readonly BigInt64Array[], b: readonly BigInt64Array[]): BigInt64Array[] {
    return a.map((layer, i) => layer.map((count, j) => count + b[i]![j]!));
}
