import type { NeuronSetName } from '../experiments/DeactivationMatrix.js';
import { LanguageNeuronsError } from '../errors.js';
import type { NeuronAnalysis, NeuronIndex } from './NeuronAnalysis.js';

/**
 * The neurons of a language in one of the sets of a deactivation experiment, by layer, then neuron.
 * @throws LanguageNeuronsError NOT_FOUND for a language that was not analysed
 */
export function neuronsOf(analysis: NeuronAnalysis, language: string, set: NeuronSetName): NeuronIndex[] {
    const specific = analysis.neurons.specific[language];
    const related = analysis.neurons.related[language];
    if (specific === undefined || related === undefined) {
        throw new LanguageNeuronsError('NOT_FOUND', `the analysis has no language ${language}, only ${analysis.languages.join(', ')}`);
    }
    const neurons = [
        ...specific,
        ...(set === 'specific' ? [] : related),
        ...(set === 'specific+related+general' ? analysis.neurons.general : []),
    ];
    return neurons.sort(([layerA, a], [layerB, b]) => layerA - layerB || a - b);
}
