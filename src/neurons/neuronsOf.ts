import { LanguageNeuronsError } from '../errors.js';
import { analysisSites, type NeuronAnalysis, type NeuronIndex } from './NeuronAnalysis.js';
import type { NeuronSetName } from './neuronSets.js';

/**
 * The neurons of a language in one of the sets of a deactivation experiment, by site, then index. `experts`: all
 * neurons of the experts specific to it.
 * @throws LanguageNeuronsError NOT_FOUND for a language that was not analysed
 */
export function neuronsOf(analysis: NeuronAnalysis, language: string, set: NeuronSetName): NeuronIndex[] {
    if (set === 'experts') return neuronsOfExperts(analysis, language);
    const specific = analysis.neurons.specific[language];
    const related = analysis.neurons.related[language];
    if (specific === undefined || related === undefined) {
        throw new LanguageNeuronsError(
            'NOT_FOUND',
            `the analysis has no language ${language}, only ${analysis.languages.join(', ')}`,
        );
    }
    const neurons = [
        ...specific,
        ...(set === 'specific' ? [] : related),
        ...(set === 'specific+related+general' ? analysis.neurons.general : []),
    ];
    return neurons.sort(([siteA, a], [siteB, b]) => siteA - siteB || a - b);
}

/** All neurons of the experts specific to a language, by site, then index. */
function neuronsOfExperts(analysis: NeuronAnalysis, language: string): NeuronIndex[] {
    const sites = analysisSites(analysis);
    return (analysis.experts?.specific[language] ?? []).flatMap(([site, expert]) => {
        const { width } = sites[site]!;
        return Array.from({ length: width }, (_, j): NeuronIndex => [site, expert * width + j]);
    });
}
