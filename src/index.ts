/** language-neurons as a library: the steps of the command line, as functions. */
export { type ErrorCode, LanguageNeuronsError } from './errors.js';
export { type Progress, silent } from './support/progress.js';
export { terminalProgress } from './support/terminalProgress.js';

export type { CsvOptions } from './files/csv.js';
export type { Corpus, CorpusOptions, Sample, Source } from './corpus/Corpus.js';
export { openCorpus } from './data/openCorpus.js';

export { Engine } from './engine/Engine.js';
export {
    type CountResult,
    type EngineOptions,
    type GeneratedAnswer,
    type GenerateOptions,
    type GrowingAnswer,
    generationContextSize,
    type GpuChoice,
    type Prompt,
    type RunOptions,
    type Samples,
    type ScoredPart,
    type ScoreOptions,
    type ScoreResult,
    type TextScore,
} from './engine/engineTypes.js';
export type { AffineEdit, EditsByToken, NeuronEdit, NeuronMask, TextEdit } from './engine/edits.js';
export type { ContinuousBatching, ContinuousBatchingOptions } from './engine/ContinuousBatching.js';
export type { AnswerRequest, TokenAnswer } from './engine/scheduler/AnswerRequest.js';
export type { LogProbabilityChoice, TokenLogProbability } from './engine/scheduler/logProbabilities.js';
export type { WatchedNeuron, WatchedText, WatchOptions } from './engine/watch.js';
export type { TokenTexts } from './engine/TokenTexts.js';
export { neuronsAt, type Site } from './engine/Site.js';
export type { MemoryPlan } from './engine/MemoryPlan.js';
export type { TokenizedSample } from './engine/TokenizedSample.js';
export { modelFingerprint } from './engine/modelFingerprint.js';

export type { Activations, Counts, Values } from './activations/Activations.js';
export type { ActivationsSource, CountedTexts, DatasetSource, ModelSource } from './activations/ActivationsSource.js';
export { ActivationValues, readValues } from './activations/ActivationValues.js';
export { readActivations, readActivationsSource, writeActivations } from './activations/activationsFile.js';
export { collect, type CollectOptions, type CollectResult } from './activations/collect.js';
export { importCounts } from './activations/import/importCounts.js';
export { mergeActivations } from './activations/mergeActivations.js';
export { mergeShards } from './activations/mergeShards.js';
export { parseShard, type Shard } from './activations/Shard.js';

export type { IdentifyMethod } from './neurons/choices.js';
export type {
    ClassStability,
    Interval,
    LayerCounts,
    NeuronAnalysis,
    NeuronClass,
    NeuronIndex,
    Stability,
    Stage,
    Stages,
} from './neurons/NeuronAnalysis.js';
export { readNeurons, writeNeurons } from './neurons/neuronsFile.js';
export { findStages } from './neurons/findStages.js';
export { identify, type IdentifyOptions } from './neurons/identify.js';
export { chooseNeurons, type NeuronFilter } from './neurons/chooseNeurons.js';
export { languageOverlap, type LanguageOverlap } from './neurons/languageOverlap.js';
export { writeNeuronTable } from './neurons/neuronFiles.js';
export { type NeuronRow, neuronRow } from './neurons/neuronRows.js';
export { type NeuronTable, neuronTable } from './neurons/neuronTable.js';
export { neuronsOf } from './neurons/neuronsOf.js';
export type { NeuronSetName } from './neurons/neuronSets.js';
export { type Ranking, rankNeurons } from './neurons/rankNeurons.js';
export { randomNeurons } from './neurons/randomNeurons.js';

export { measuredAlike, metricChange } from './experiments/compareMetrics.js';
export { compare, type LabelledAnalysis } from './experiments/compare.js';
export type {
    AnalysisChange,
    ComparedAnalysis,
    Comparison,
    GroupChange,
    GroupName,
    LanguageNumbers,
    MetricChange,
    MetricGroupChange,
} from './experiments/Comparison.js';
export { readComparison, writeComparison } from './experiments/comparisonFile.js';
export { openQuestions, type QuestionsOptions } from './questions/openQuestions.js';
export { asPrompts } from './questions/chatSamples.js';
export type { PromptTemplate } from './questions/PromptTemplate.js';
export { openTemplate, promptTemplates } from './questions/promptTemplates.js';
export type { Question, Questions } from './questions/Questions.js';
export { type AnsweredQuestion, respond, type RespondOptions, type RespondResult } from './questions/respond.js';

export { languageOf } from './answers/languageOf.js';
export { lastNumber } from './answers/lastNumber.js';
export { hasRightNumber, type NumberRule, numberRules } from './answers/numberRules.js';

export { accuracyMetric } from './experiments/accuracy.js';
export { type AnswerJudge, answerJudges } from './experiments/choices.js';
export { deactivate, type DeactivateOptions, type DeactivateResult } from './experiments/deactivate.js';
export { intervene, type InterveneOptions, type InterveneResult, type MeasuredShard } from './experiments/intervene.js';
export { mergeMatrix, type MergeMatrixOptions } from './experiments/mergeMatrix.js';
export { type Doses, type ExperimentOptions } from './experiments/experiment.js';
export type {
    AnswerShare,
    AnswerShares,
    CellInterval,
    DeactivationMatrix,
    DeactivationSet,
    Grid,
    MeasuredIntervention,
} from './experiments/DeactivationMatrix.js';
export type { Dose, DoseCurves } from './experiments/DoseCurves.js';
export { readCurves, writeCurves } from './experiments/doseFile.js';
export { type DoseEffect, type DosePoint, dosePoints } from './experiments/doseTable.js';
export { readMatrices, readMatrix, writeMatrix } from './experiments/matrixFile.js';
export type { MeasurementPlan } from './experiments/planBase.js';
export type {
    Cell,
    DraftingModel,
    Estimate,
    Intervals,
    Measurements,
    MeasureContext,
    Metric,
    MetricFacts,
    MetricKind,
    MetricWords,
    QuestionMetricKind,
    QuestionMetricOptions,
    TextMetricKind,
    TextMetricOptions,
} from './experiments/Metric.js';
export { metrics, registerMetric } from './experiments/metrics.js';
export { type ScoredMetric, scoredMetric, type ScoredUnit } from './experiments/scoredMetric.js';
export { bitsPerByteMetric } from './experiments/bitsPerByte.js';
export { perplexity, perplexityMetric } from './experiments/perplexity.js';
export type { PerplexityMean } from './experiments/choices.js';

export { compileInterventions, type CompileOptions } from './interventions/compile.js';
export {
    type Intervention,
    type InterventionOp,
    interventionOps,
    type InterventionWhere,
    type NeuronChoice,
    type PositionRange,
} from './interventions/Intervention.js';
export { modelState, type ModelState, modelStates, wholeModel } from './interventions/ModelState.js';
export { deactivation, type Operation } from './interventions/Operation.js';
export { operationName, parseOperation, parseOperations } from './interventions/operationText.js';
export { type NamedInterventions, readInterventions } from './interventions/namedInterventions.js';
export { type AskOptions, type AskResult, Chat, type ChatAnswer, type ChatOptions } from './chat/Chat.js';
export {
    type ContextWithNeurons,
    type OwnedContext,
    prepareNeurons,
    withNeurons,
    type WithNeuronsOptions,
} from './interventions/withNeurons.js';
export { serve, type ServeOptions } from './serve/serve.js';
export { withoutEach } from './serve/servedNames.js';
export { exportModel, type ExportOptions, type ExportResult } from './export/exportModel.js';
export type { WeightEdit } from './export/planEdits.js';

export type { ReportFiles, ReportInput } from './report/Report.js';
export { reportOn, type ReportOptions } from './report/reportOn.js';
export { writeReport } from './report/writeReport.js';

export { explore, type ExploreOptions } from './explore/explore.js';
export { type ExportedSite, exportSite, type ExportSiteOptions } from './explore/exportSite.js';

export { embeddedModel, embeddedRun } from './run/embeddedRun.js';
export { clean, type Cleaned } from './run/clean.js';
export { merge, type Merged, type MergeOptions } from './run/merge.js';
export { type ExaminedModel, run, type RunResult } from './run/run.js';
export { readRunConfig, type RunConfig } from './run/RunConfig.js';
