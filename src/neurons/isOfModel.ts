import type { NeuronAnalysis } from './NeuronAnalysis.js';

/** Whether an analysis may be of the model with a fingerprint: of counts that others published it is not known. */
export function isOfModel({ source }: Pick<NeuronAnalysis, 'source'>, fingerprint: string): boolean {
    return source.model.fingerprint === '' || source.model.fingerprint === fingerprint;
}
