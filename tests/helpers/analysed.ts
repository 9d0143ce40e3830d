import type { MeasuredIntervention } from '../../src/experiments/results/DeactivationMatrix.js';
import { deactivation } from '../../src/interventions/Operation.js';
import type { AnalysisSource } from '../../src/neurons/analysis/NeuronAnalysis.js';

/** What an analysis was made from, for tests that do not look at it: no model is another than it. */
export const someSource: AnalysisSource = {
    model: { name: '', architecture: '', quantization: '', fingerprint: '' },
    dataset: { name: '', hash: '' },
    versions: {},
    counts: '',
};

/** What every matrix and dose curve says of itself, for tests that do not look at it. */
export const someMeasurement: MeasuredIntervention = {
    metric: 'ppl',
    settings: {},
    model: { name: 'm', quantization: 'Q8_0', fingerprint: 'xxh128:00' },
    neurons: 'digest',
    operation: deactivation,
    languages: [],
    whole: {},
    decodedTokens: 0,
};
