import { wrongUse } from '../../errors.js';
import type { OptionsOf } from '../../settings/Setting.js';
import type { effectsTable } from '../../settings/settings.js';
import { distinctNeurons } from '../analysis/distinctNeurons.js';
import { analysisSites, type NeuronAnalysis, type NeuronIndex } from '../analysis/NeuronAnalysis.js';
import { neuronNamed } from '../tables/neuronNames.js';
import { neuronsOf } from './neuronsOf.js';

/**
 * Neurons by their names, or else those of a set of some languages, each once. Default: all specific and related ones.
 * @throws LanguageNeuronsError WRONG_USE for names beside a set or languages; NOT_FOUND for a name or a language that
 * the analysis has not
 */
export function chosenNeurons(
    analysis: NeuronAnalysis,
    { neurons, set, languages }: OptionsOf<typeof effectsTable>,
): NeuronIndex[] {
    checkChosen({ neurons, set, languages });
    const sites = analysisSites(analysis);
    if (neurons !== undefined) return neurons.map((name) => neuronNamed(sites, name));
    const all = (languages ?? analysis.languages).flatMap((one) => neuronsOf(analysis, one, set ?? 'specific+related'));
    return distinctNeurons(all);
}

/** @throws LanguageNeuronsError WRONG_USE for names beside a set or languages */
export function checkChosen({ neurons, set, languages }: OptionsOf<typeof effectsTable>): void {
    if (neurons === undefined || (set === undefined && languages === undefined)) return;
    const mend = 'leave one of them out';
    throw wrongUse(`\`neurons\` cannot be used with \`set\` or \`languages\`; ${mend}`);
}
