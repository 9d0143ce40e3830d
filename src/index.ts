/**
 * What a script needs: the steps of the command line as functions, the engine, interventions, and the types of their
 * results. What reads and writes files is in `language-neurons/files`. Options of one function alone are in its
 * signature: `Parameters<typeof collect>[0]`.
 * @module language-neurons
 */
export { LanguageNeuronsError } from './errors.js';
export type { Progress } from './support/progress.js';
export { terminalProgress } from './support/terminalProgress.js';

// Texts, questions and answers
export type { Corpus, Sample } from './corpus/Corpus.js';
export { openCorpus } from './data/openCorpus.js';
export { asPrompts } from './questions/chatSamples.js';
export { openQuestions } from './questions/openQuestions.js';
export { openTemplate } from './questions/promptTemplates.js';
export { respond } from './questions/respond.js';
export { languageOf } from './answers/languageOf.js';
export { lastNumber } from './answers/lastNumber.js';
export { hasRightNumber } from './answers/numberRules.js';

// A model
export { Engine } from './engine/Engine.js';
export type { CountResult, EngineOptions, GeneratedAnswer, Prompt, ScoreResult } from './engine/engineTypes.js';
export type { ContinuousBatching } from './engine/ContinuousBatching.js';
export type { WatchedText } from './engine/watchTypes.js';
export type { AnswerRequest } from './engine/scheduler/AnswerRequest.js';
export type { TextEdit } from './engine/edits.js';
export { neuronsAt, type Site } from './engine/Site.js';
export { embeddedModel } from './run/embeddedRun.js';

// Counts and neurons
export type { Activations } from './activations/Activations.js';
export { collect } from './activations/collect.js';
export type { NeuronAnalysis, NeuronIndex } from './neurons/NeuronAnalysis.js';
export { chooseNeurons } from './neurons/chooseNeurons.js';
export { identify } from './neurons/identify.js';
export { languageOverlap } from './neurons/languageOverlap.js';
export { neuronName, neuronNamed } from './neurons/neuronNames.js';
export { neuronRow } from './neurons/neuronRows.js';
export { neuronsInLayer } from './neurons/neuronsInLayer.js';
export { neuronsOf } from './neurons/neuronsOf.js';
export { neuronTable } from './neurons/neuronTable.js';
export { randomNeurons } from './neurons/randomNeurons.js';
export { rankNeurons } from './neurons/rankNeurons.js';

// What makes neurons active, and what they say
export { collectExamples } from './examples/collectExamples.js';
export { effects } from './effects/effects.js';
export { logitLens } from './lens/logitLens.js';

// Interventions
export { compileInterventions } from './interventions/compile.js';
export type { Intervention } from './interventions/Intervention.js';
export { modelState, type ModelState, wholeModel } from './interventions/ModelState.js';
export type { Operation } from './interventions/Operation.js';
export { parseOperations } from './interventions/operationText.js';
export { prepareNeurons, withNeurons } from './interventions/withNeurons.js';
export { Chat } from './chat/Chat.js';
export { exportModel } from './export/exportModel.js';
export { serve } from './serve/serve.js';

// Experiments
export { accuracyMetric } from './experiments/accuracy.js';
export { bitsPerByteMetric } from './experiments/bitsPerByte.js';
export { compare } from './experiments/compare.js';
export type { Comparison } from './experiments/Comparison.js';
export { deactivate } from './experiments/deactivate.js';
export type { DeactivationMatrix } from './experiments/DeactivationMatrix.js';
export type { DoseCurves } from './experiments/DoseCurves.js';
export { intervene } from './experiments/intervene.js';
export type { Metric } from './experiments/Metric.js';
export { metrics, registerMetric } from './experiments/metrics.js';
export { perplexity, perplexityMetric } from './experiments/perplexity.js';
export { scoredMetric } from './experiments/scoredMetric.js';

// The whole way
export { check } from './checks/runChecks.js';
export { explore } from './explore/explore.js';
export { reportOn } from './report/reportOn.js';
export { merge } from './run/merge.js';
export { run } from './run/run.js';
export type { RunConfig } from './run/RunConfig.js';
