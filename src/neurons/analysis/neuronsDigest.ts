import { createHash } from 'node:crypto';
import type { NeuronAnalysis } from './NeuronAnalysis.js';

/** Identifies the neurons of an analysis: languages, sizes of sites and lists of neurons. sha256, hexadecimal. */
export function neuronsDigest({ languages, widths, neurons }: NeuronAnalysis): string {
    const lists = languages.map((language) => [neurons.specific[language], neurons.related[language]]);
    return createHash('sha256')
        .update(JSON.stringify([languages, widths, lists, neurons.general]))
        .digest('hex');
}
