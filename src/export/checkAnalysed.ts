import { isOfModel } from '../activations/isOfModel.js';
import { LanguageNeuronsError } from '../errors.js';
import type { NeuronAnalysis } from '../neurons/analysis/NeuronAnalysis.js';

/** @throws LanguageNeuronsError MISMATCH where a model is not the analysed one */
export function checkAnalysed(path: string, fingerprint: string, { source }: Pick<NeuronAnalysis, 'source'>): void {
    if (isOfModel(source, fingerprint)) return;
    const mend = 'give that model (with LoRA adapters: merged into it), or `force` to edit this one';
    throw new LanguageNeuronsError('MISMATCH', `${path}: is not the analysed model (${source.model.name}); ${mend}`);
}
