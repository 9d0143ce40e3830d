import { LanguageNeuronsError } from '../../errors.js';
import { languageAmong } from '../../languages/languageAmong.js';
import { analysisSites, type NeuronAnalysis, type NeuronIndex } from '../analysis/NeuronAnalysis.js';
import type { NeuronSetName } from './neuronSets.js';

/**
 * The neurons of a language in one of the sets of a deactivation experiment, by site, then index. `experts`: all
 * neurons of the experts specific to it.
 * @throws LanguageNeuronsError NOT_FOUND for a language that was not analysed
 */
export function neuronsOf(analysis: NeuronAnalysis, language: string, set: NeuronSetName): NeuronIndex[] {
    if (set === 'experts') return neuronsOfExperts(analysis, languageAmong(language, analysis.languages) ?? language);
    const analysed = analysedLanguage(analysis, language);
    const own = [
        ...analysis.neurons.specific[analysed]!,
        ...(set === 'specific' ? [] : analysis.neurons.related[analysed]!),
    ];
    if (set !== 'specific+related+general') return sorted(own);
    // LAPE's neurons may be related to all languages, and general too.
    const known = new Set(own.map(String));
    return sorted([...own, ...analysis.neurons.general.filter((index) => !known.has(String(index)))]);
}

function sorted(neurons: NeuronIndex[]): NeuronIndex[] {
    return neurons.sort(([siteA, a], [siteB, b]) => siteA - siteB || a - b);
}

/**
 * Returns the name that an analysis has for a language, however the language is written.
 * @throws LanguageNeuronsError NOT_FOUND for a language that was not analysed
 */
export function analysedLanguage({ languages }: Pick<NeuronAnalysis, 'languages'>, language: string): string {
    const found = languageAmong(language, languages);
    if (found !== undefined) return found;
    throw new LanguageNeuronsError(
        'NOT_FOUND',
        `the analysis has no language ${language}, only ${languages.join(', ')}`,
    );
}

/** All neurons of the experts specific to a language, by site, then index. */
function neuronsOfExperts(analysis: NeuronAnalysis, language: string): NeuronIndex[] {
    const sites = analysisSites(analysis);
    return (analysis.experts?.specific[language] ?? []).flatMap(([site, expert]) => {
        const { width } = sites[site]!;
        return Array.from({ length: width }, (_, j): NeuronIndex => [site, expert * width + j]);
    });
}
