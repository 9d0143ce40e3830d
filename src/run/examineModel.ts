import { join } from 'node:path';
import { collect } from '../activations/collect.js';
import type { CheckResult } from '../checks/CheckResult.js';
import { openCorpus } from '../data/openCorpus.js';
import { Engine } from '../engine/Engine.js';
import { generationContextSize } from '../engine/types/engineTypes.js';
import type { EngineOptions } from '../engine/types/engineTypes.js';
import type { Site } from '../engine/types/Site.js';
import { accuracy as ofQuestions } from '../experiments/answerMetrics/accuracy.js';
import { checkSets } from '../experiments/conditions/checkFit.js';
import { deactivate, type DeactivateOptions, type DeactivateResult } from '../experiments/deactivate.js';
import type { DeactivationMatrix } from '../experiments/results/DeactivationMatrix.js';
import { noteUnknownLanguages } from '../experiments/answerMetrics/unknownLanguages.js';
import { textMetricOf } from '../experiments/registry/metrics.js';
import type { CsvOptions } from '../files/csv.js';
import { checkFilePlaces, writeFileAtomic } from '../files/fileAccess.js';
import { withFolder } from '../files/folderLock.js';
import { neuronsPath, writeNeurons } from '../neurons/analysis/neuronsFile.js';
import { analysisNotes } from '../neurons/classes/analysisNotes.js';
import { identify } from '../neurons/classes/identify.js';
import type { NeuronAnalysis } from '../neurons/analysis/NeuronAnalysis.js';
import { asOneStep, silent, type WorkOptions } from '../support/progress.js';
import type { DraftingModel, Metric, TextMetricKind } from '../experiments/metric/Metric.js';
import { openQuestions } from '../questions/sources/openQuestions.js';
import type { Questions } from '../questions/sources/Questions.js';
import { openTemplate } from '../questions/templates/promptTemplates.js';
import type { ReportFiles } from '../report/input/Report.js';
import { pick } from '../settings/pick.js';
import { accuracyTable, engineTable, identifyTable, metricTable, questionTable } from '../settings/settings.js';
import type { Tune } from '../tune/tuneFile.js';
import { toolVersions } from '../versions.js';
import { checkComparable, checkNamed, checkPrompts, filesOf } from './checkAhead.js';
import { fromFolder } from './fromFolder.js';
import { checkDetails, detailSteps, findDetails, type NeuronDetails } from './neuronDetails.js';
import { checkSteps, runChecks } from './runChecks.js';
import type { ModelConfig, RunConfig } from './RunConfig.js';
import { type Interventions, interventionSteps, measureInterventions } from './runInterventions.js';
import { checkQuants, type QuantsOfRun, quantsSteps, runQuants } from './runQuants.js';
import { checkTune, runTune, tuneSteps } from './runTune.js';
import { askedPart } from './settingIssues.js';
import { inWorkParts, type RunInputs } from './workWeights.js';

/** The results of one model. */
export interface ExaminedModel {
    readonly folder: string;
    readonly analysis: NeuronAnalysis;
    /** Of the texts' metric, and of accuracy where questions were given. */
    readonly matrices: readonly DeactivationMatrix[];
    /** Examples and effects of neurons, where they were asked for. */
    readonly details: NeuronDetails;
    /** Of other operations, where they were asked for. */
    readonly interventions: Interventions;
    /** Answers to a sceptic, in the order of the file. */
    readonly checks: readonly CheckResult[];
    /** Quantized files of the model, where they were asked for. */
    readonly quants?: QuantsOfRun | undefined;
    /** Searches for interventions, in the order of the file. */
    readonly tunes: readonly Tune[];
    readonly report: ReportFiles;
}

/** @inline */
export interface RunOptions extends CsvOptions, WorkOptions {
    /** Replace finished counts of another model, other texts or settings. Default: refuse. */
    readonly force?: boolean | undefined;
    /** Told which neurons there are before the long work on them begins; of models examined together, the first's. */
    readonly onAnalysis?: ((analysis: NeuronAnalysis) => void) | undefined;
}

type QuestionsConfig = NonNullable<RunConfig['accuracy']>;
export type Examined = Omit<ExaminedModel, 'report'>;

export interface ExamineOptions extends RunOptions {
    /** The model that was examined before it; see `QuestionMetricOptions.draftsOf`. */
    readonly draftsOf?: DraftingModel | undefined;
    /** Sites of the model that is examined after it. */
    readonly comparedWith?: readonly Site[] | undefined;
    /** Languages that one of the models was aligned in. */
    readonly trained?: readonly string[] | undefined;
    /** Tells the progress that the next of `stepsOf` begins. */
    readonly nextStep: () => void;
}

/** The long steps of one model, in order. */
export function stepsOfOne(config: RunConfig): string[] {
    const asked = config.accuracy === undefined ? [] : [ofQuestions.noun];
    return [
        ...['read the texts and the model', 'count', 'identify', ...detailSteps(config)],
        ...[textMetric(config).noun, ...interventionSteps(config), ...asked],
        ...[...tuneSteps(config), ...checkSteps(config), ...quantsSteps(config)],
    ];
}

/** The steps of one model, up to its matrices. */
export async function examine(config: ModelConfig, options: ExamineOptions): Promise<Examined> {
    return withFolder(config.out, 'run', () => examineIn(config, options));
}

async function examineIn(config: ModelConfig, options: ExamineOptions): Promise<Examined> {
    const { force, signal, progress = silent, nextStep } = options;
    nextStep();
    const inputs = await openInputs(config, options);
    const { texts, questions } = inputs;
    const parts = await inWorkParts(progress, config, inputs, signal);
    const { values = false } = config;
    const engine = await Engine.open({ ...engineOptionsOf(config), values, signal, progress });
    for (const note of engine.notes) progress.note(note);
    let reference: Engine | undefined;
    try {
        reference = await openReference(config, { signal, progress });
        await checkModel(config, { engine, reference, inputs }, options);
        const ofAnswers = questions && (await answersMetric(config.accuracy!, questions, engine, options.draftsOf));
        const { out: folder, folds } = config;
        const counts = { engine, corpus: texts, folder, folds, force, signal, progress: parts.counting };
        nextStep();
        const { activations } = await collect(counts);
        nextStep();
        const analysis = identify(activations, pick(config, identifyTable));
        await writeNeurons(neuronsPath(folder), analysis);
        for (const note of analysisNotes(analysis)) progress.note(note);
        options.onAnalysis?.(analysis);
        const details = await findDetails(config, {
            ...{ engine, analysis, corpus: inputs.examples, force, signal, nextStep },
            progress: parts,
        });
        const { excel } = options;
        const { sets, seed, controls, matched, circular } = config;
        const experiment = { excel, analysis, sets, seed, controls, matched, circular, activations, folder, signal };
        const metric = textMetric(config).on(inputs.evaluation, { reference });
        nextStep();
        const matrices = [await deactivate({ ...experiment, engine, metric, progress: parts.scoring })];
        const measured = { engine, metric, analysis, activations, folder, excel, signal, nextStep };
        const interventions = await measureInterventions(config, { ...measured, progress: parts.intervening });
        for (const one of [engine, reference]) one?.close(); // one model in memory at a time
        if (ofAnswers !== undefined) {
            nextStep();
            const asked = { ...experiment, metric: ofAnswers, progress: parts.answering };
            matrices.push(await answerMatrix(config, asked));
        }
        const model = engineOptionsOf(config);
        const searching = { model, analysis, activations, signal, progress: asOneStep(parts.searching), nextStep };
        const tunes = await runTune(config, searching);
        const checks = await runChecks(config, { model, signal, progress: asOneStep(parts.checking), nextStep });
        if (config.quants !== undefined) nextStep();
        const quants =
            config.quants &&
            (await runQuants(config, { model, inputs, excel, force, signal, progress: asOneStep(parts.quants) }));
        await writeRunFile(config, engine.backend.release);
        return { folder, analysis, matrices, details, interventions, tunes, checks, quants };
    } finally {
        for (const one of [engine, reference]) one?.close();
    }
}

/** Opens all texts and questions, so that a language that lacks some is refused before hours of counting. */
async function openInputs(
    config: RunConfig,
    { signal, progress = silent, trained }: ExamineOptions,
): Promise<RunInputs> {
    const texts = await openCorpus(config.data, { languages: config.languages, signal, progress });
    const { languages } = texts;
    checkNamed('aligned.trained', trained, languages);
    checkNamed('accuracy.languages', config.accuracy?.languages, languages);
    const alike = { languages, called: languages, signal, progress };
    const evaluation = await openCorpus(config.evaluation ?? config.data, {
        ...alike,
        progress: config.evaluation === undefined ? silent : progress, // notes on the same files were shown already
    });
    const ofExamples = askedPart(config.examples);
    checkNamed('effects.languages', askedPart(config.effects)?.languages, languages);
    checkNamed('examples.languages', ofExamples?.languages, languages);
    const examples =
        ofExamples?.data === undefined && ofExamples?.languages === undefined
            ? texts
            : await openCorpus(ofExamples.data ?? config.data, {
                  ...alike,
                  languages: ofExamples.languages ?? languages,
              });
    const { accuracy } = config;
    const asked = accuracy?.languages ?? languages;
    const questions = accuracy && (await openQuestions(accuracy.questions, { ...alike, languages: asked }));
    if (questions !== undefined)
        noteUnknownLanguages(questions, accuracy?.judge ?? accuracyTable.judge.default, progress);
    return { texts, evaluation, examples, questions };
}

/** What a run measures, and on what. */
interface CheckedInputs {
    readonly engine: Engine;
    readonly reference: Engine | undefined;
    readonly inputs: RunInputs;
}

/** Refuses what the model or the run folder would refuse after hours of counting. */
async function checkModel(
    config: ModelConfig,
    { engine, reference, inputs: { texts } }: CheckedInputs,
    { comparedWith, signal, progress }: ExamineOptions,
): Promise<void> {
    const { accuracy } = config;
    await checkQuants(config, texts, signal);
    checkComparable(engine, comparedWith);
    await checkDetails(config, engine);
    await checkTune(config, engine, texts.languages, { signal, progress });
    if (reference !== undefined) await engine.score([], { reference }); // whether their vocabularies are the same
    for (const sets of [config.sets, accuracy?.sets]) checkSets(engine, sets);
    const measured = [textMetric(config).name, ...(accuracy === undefined ? [] : [ofQuestions.name])];
    await checkFilePlaces(...filesOf(config.out, measured));
}

/** The matrix of accuracies, in an engine with room for many answers at once. */
async function answerMatrix(
    config: ModelConfig,
    experiment: Omit<DeactivateOptions, 'engine'>,
): Promise<DeactivateResult> {
    const { sets = config.sets, contextSize = generationContextSize } = config.accuracy!;
    const { progress } = experiment;
    using engine = await Engine.open({ ...engineOptionsOf(config), contextSize, progress });
    return await deactivate({ ...experiment, sets, engine });
}

/** @param release of llama.cpp */
async function writeRunFile(config: RunConfig, release: string): Promise<void> {
    const made = {
        format: 'language-neurons/run',
        version: 1,
        config: fromFolder(config),
        versions: { ...toolVersions(), node: process.version, 'llama.cpp': release },
        finished: new Date().toISOString(),
    };
    await writeFileAtomic(join(config.out, 'run.json'), `${JSON.stringify(made, null, 1)}\n`);
}

function textMetric({ metric = metricTable.metric.default }: RunConfig): TextMetricKind {
    return textMetricOf(metric);
}

/** The questions to ask; the template is tried in every language. */
async function answersMetric(
    {
        template: name = questionTable.template.default,
        date,
        limit,
        wholeLimit,
        maxTokens,
        number,
        judge,
    }: QuestionsConfig,
    questions: Questions,
    engine: Engine,
    draftsOf: DraftingModel | undefined,
): Promise<Metric> {
    const template = await openTemplate(name, engine);
    await checkPrompts(template, questions);
    return ofQuestions.on({ questions, template, date, limit, wholeLimit, maxTokens, number, judge, draftsOf });
}

export function engineOptionsOf(config: ModelConfig): EngineOptions {
    return { model: config.model, loras: config.loras, ...pick(config, engineTable) };
}

/** The model that divergences are from; undefined where none is named. */
async function openReference(
    config: ModelConfig,
    { signal, progress }: Pick<RunOptions, 'signal' | 'progress'>,
): Promise<Engine | undefined> {
    if (config.reference === undefined) return undefined;
    return Engine.open({ ...engineOptionsOf(config), model: config.reference, loras: [], signal, progress });
}
