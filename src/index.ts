/**
 * What a script needs: the steps of the command line as functions, the engine, interventions, and the types of their
 * results. What reads and writes files is in `language-neurons/files`. Options and results of one function alone are in
 * its signature: `Parameters<typeof collect>[0]`.
 * @module language-neurons
 */
export { LanguageNeuronsError } from './errors.js';
export type { Progress } from './support/progress.js';
export { terminalProgress } from './support/terminalProgress.js';

// Texts, questions and answers
export type { Corpus, Sample } from './corpus/Corpus.js';
export { openCorpus } from './data/openCorpus.js';
export { asPrompts } from './questions/templates/chatSamples.js';
export { openQuestions } from './questions/sources/openQuestions.js';
export { openTemplate } from './questions/templates/promptTemplates.js';
export { respond } from './questions/respond.js';
export { languageOf } from './answers/languageOf.js';
export { lastNumber } from './answers/lastNumber.js';
export { hasRightNumber } from './answers/numberRules.js';

// A model
export { Engine } from './engine/Engine.js';
export type { Prompt } from './engine/types/engineTypes.js';
export type { ContinuousBatching } from './engine/answers/ContinuousBatching.js';
export type { Site } from './engine/types/Site.js';
export { embeddedModel } from './run/embeddedRun.js';

// Counts and neurons
export type { Activations } from './activations/Activations.js';
export { collect } from './activations/collect.js';
export type { NeuronAnalysis, NeuronIndex } from './neurons/analysis/NeuronAnalysis.js';
export { chooseNeurons } from './neurons/sets/chooseNeurons.js';
export { identify } from './neurons/classes/identify.js';
export { languageOverlap } from './neurons/analysis/languageOverlap.js';
export { neuronName, neuronNamed } from './neurons/tables/neuronNames.js';
export { neuronRow } from './neurons/tables/neuronRows.js';
export { neuronsInLayer } from './neurons/analysis/neuronsInLayer.js';
export { neuronsOf } from './neurons/sets/neuronsOf.js';
export { neuronTable } from './neurons/tables/neuronTable.js';
export { randomNeurons } from './neurons/controls/randomNeurons.js';
export { rankNeurons } from './neurons/scores/rankNeurons.js';

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
export { accuracyMetric } from './experiments/answerMetrics/accuracy.js';
export { bitsPerByteMetric } from './experiments/textMetrics/bitsPerByte.js';
export { compare } from './experiments/comparisons/compare.js';
export { deactivate } from './experiments/deactivate.js';
export { intervene } from './experiments/intervene.js';
export { klMetric } from './experiments/textMetrics/divergence.js';
export { languageMetric } from './experiments/answerMetrics/language.js';
export type { Metric } from './experiments/metric/Metric.js';
export { metrics, registerMetric } from './experiments/registry/metrics.js';
export { perplexity, perplexityMetric } from './experiments/textMetrics/perplexity.js';
export { scoredMetric } from './experiments/textMetrics/scoredMetric.js';

// The whole way
export { check } from './checks/runChecks.js';
export { explore } from './explore/explore.js';
export { run } from './run/run.js';
