/**
 * What reads, writes, imports, merges and reports on the files of a run's folder.
 * @module language-neurons/files
 */
// Counts
export type { ActivationsSource } from './activations/ActivationsSource.js';
export { readActivations, readActivationsSource, writeActivations } from './activations/activationsFile.js';
export { type ActivationValues, readValues } from './activations/ActivationValues.js';
export { importCounts } from './activations/import/importCounts.js';
export { mergeActivations } from './activations/mergeActivations.js';
export { modelFingerprint } from './engine/files/modelFingerprint.js';

// Results
export { readCheckIfAny } from './checks/checkFile.js';
export type { CheckResult } from './checks/CheckResult.js';
export { type EffectsFile, readEffectsIfAny } from './effects/effectsFile.js';
export { type LensFile, readLensIfAny } from './lens/lensFile.js';
export { writeNeuronTable } from './neurons/tables/neuronFiles.js';
export { type ExamplesHead, readExamples, readExamplesHead } from './examples/examplesFile.js';
export type { Example, NeuronExamples, SampledExample } from './examples/NeuronExamples.js';
export { type WatchedFile, type WatchedFileOptions, writeWatched } from './neurons/tables/watchedFile.js';
export { readNeurons, writeNeurons } from './neurons/analysis/neuronsFile.js';
export type { Comparison } from './experiments/results/Comparison.js';
export { readComparison, writeComparison } from './experiments/resultFiles/comparisonFile.js';
export type { DoseCurves } from './experiments/results/DoseCurves.js';
export { readCurves, writeCurves } from './experiments/resultFiles/doseFile.js';
export type { DeactivationMatrix } from './experiments/results/DeactivationMatrix.js';
export { readMatrices, readMatrix, writeMatrix } from './experiments/resultFiles/matrixFile.js';
export { type Quants, readQuantsIfAny, writeQuants } from './quants/quantsFile.js';
export { writeQuantsPage } from './report/quantsPage.js';
export { reportOn } from './report/reportOn.js';
export type { ReportFiles, ReportInput } from './report/input/Report.js';
export { writeReport } from './report/writeReport.js';
export { exportSite } from './explore/exportSite.js';
export { exportDashboards } from './dashboards/exportDashboards.js';

// Models beside each other
export { evaluate, type EvaluateOptions } from './experiments/evaluate.js';
export { type Evaluation, readEvaluationIfAny } from './experiments/resultFiles/evaluationFile.js';

// Quantized files
export { quants, type QuantsOptions } from './quants/quants.js';

// What keeps a model in a language
export { tune, type TuneOptions } from './tune/tune.js';
export { readTuneIfAny, type Tune } from './tune/tuneFile.js';

// What is given to a run
export { type NamedInterventions, readInterventions } from './interventions/namedInterventions.js';
export { readRunConfig, type RunConfig } from './run/RunConfig.js';
export { merge } from './run/merge.js';
export { clean } from './run/clean.js';
