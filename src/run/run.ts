import { join } from 'node:path';
import type { Comparison } from '../experiments/results/Comparison.js';
import { writeComparison } from '../experiments/resultFiles/comparisonFile.js';
import { checkInFolder } from '../files/fileAccess.js';
import { withFolder } from '../files/folderLock.js';
import { asOneStep, inParts, inSteps, sideBySide, silent } from '../support/progress.js';
import { reportOn, type ReportOptions } from '../report/reportOn.js';
import { checkSettings } from '../settings/checkSetting.js';
import { csvTable, outputTable } from '../settings/settings.js';
import { tryModel } from './checkAhead.js';
import { compareExamined } from './compareExamined.js';
import {
    engineOptionsOf,
    examine,
    type Examined,
    type ExaminedModel,
    type ExamineOptions,
    type RunOptions,
    stepsOfOne,
} from './examineModel.js';
import { withHeldOut } from './heldOut.js';
import { checkDetailsConfig } from './neuronDetails.js';
import { checkChecksConfig } from './runChecks.js';
import { checkRunConfig, isOfOneModel, type ModelConfig, type RunConfig } from './RunConfig.js';
import { checkInterventionsConfig } from './runInterventions.js';
import { type ExaminedModels, modelsSteps, runModels } from './runModels.js';
import { checkQuantsConfig } from './runQuants.js';
import { checkTuneConfig } from './runTune.js';

/** Of several models, those of the first, and all of them by name. */
export interface RunResult extends ExaminedModel, Partial<ExaminedModels> {
    /** The model after alignment and what changed, where one was given. */
    readonly aligned?: ExaminedModel & { readonly comparison: Comparison };
    readonly seconds: number;
}

/**
 * All steps (collect, identify, deactivate, compare, report) into one run folder, with `run.json`
 * saying what made it. Stopped, it continues where it was.
 * @throws LanguageNeuronsError as its steps
 */
export async function run(config: RunConfig, options: RunOptions = {}): Promise<RunResult> {
    checkRunConfig(config);
    checkDetailsConfig(config);
    checkInterventionsConfig(config);
    checkChecksConfig(config);
    checkQuantsConfig(config);
    checkTuneConfig(config);
    checkSettings(
        options,
        { ...csvTable, force: outputTable.force },
        {
            signal: true,
            progress: true,
            onAnalysis: true,
        },
    );
    return withFolder(config.out, 'run', async () => runIn(await withHeldOut(config, options), options));
}

async function runIn(config: RunConfig, options: RunOptions): Promise<RunResult> {
    const { excel, progress = silent } = options;
    const begin = performance.now();
    const seconds = (): number => (performance.now() - begin) / 1000;
    if (!isOfOneModel(config)) {
        const all = await runModels(config, { ...options, nextStep: inSteps(progress, modelsSteps(config)) });
        return { ...Object.values(all.models)[0]!, ...all, seconds: seconds() };
    }
    const nextStep = inSteps(progress, stepsOf(config));
    const { aligned: after, ...before } = config;
    if (after === undefined) {
        const base = await examine(before, { ...options, nextStep });
        nextStep();
        return { ...base, report: await reportOn(config.out, reportOptions(config, excel)), seconds: seconds() };
    }
    const { together = false } = after;
    const alignedConfig = alignedConfigOf(config, after);
    await checkInFolder(alignedConfig.out);
    const [base, aligned] = await (together ? examineTogether : examineInTurn)(before, alignedConfig, {
        ...options,
        trained: after.trained,
        nextStep,
    });
    nextStep();
    const comparison = await compareExamined({ base, aligned }, after.trained);
    await writeComparison(config.out, comparison);
    nextStep();
    return {
        ...base,
        report: await reportOn(config.out, reportOptions(config, excel)),
        seconds: seconds(),
        aligned: {
            ...aligned,
            report: await reportOn(alignedConfig.out, reportOptions(alignedConfig, excel)),
            comparison,
        },
    };
}

/** The long steps, in order. */
function stepsOf(config: ModelConfig): string[] {
    const { aligned } = config;
    const ofOne = stepsOfOne(config);
    if (aligned === undefined) return [...ofOne, 'report'];
    const ofOther = stepsOfOne(alignedConfigOf(config, aligned)).map((name) => `${name}, aligned`);
    return [...ofOne, ...(aligned.together === true ? [] : ofOther), 'compare', 'report'];
}

/** The way of the model after alignment. */
function alignedConfigOf(config: ModelConfig, after: NonNullable<RunConfig['aligned']>): ModelConfig {
    // Quantized files are of the model before alignment.
    const { aligned: _, quants: _quants, ...before } = config;
    const { model = config.model, loras = config.loras } = after;
    return {
        ...before,
        model,
        loras,
        title: config.title === undefined ? undefined : `${config.title}: aligned`,
        out: join(config.out, 'aligned'),
    };
}

async function examineInTurn(
    before: ModelConfig,
    after: ModelConfig,
    options: ExamineOptions,
): Promise<[Examined, Examined]> {
    const { progress = silent } = options;
    const [first, second] = inParts(progress, [1, 1]);
    const { signal } = options;
    const comparedWith = await tryModel(after, { ...engineOptionsOf(after), signal, progress });
    const base = await examine(before, { ...options, progress: first, comparedWith });
    const draftsOf = { folder: base.folder, fingerprint: base.analysis.source.model.fingerprint };
    return [base, await examine(after, { ...options, progress: second, draftsOf })];
}

/** Both at the same time; one that fails stops the other. Progress is the first one's, as they take alike. */
async function examineTogether(
    before: ModelConfig,
    after: ModelConfig,
    { signal, progress = silent, force, excel, trained, nextStep, onAnalysis }: ExamineOptions,
): Promise<[Examined, Examined]> {
    const failed = new AbortController();
    const both = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
    const causes: unknown[] = [];
    const guarded = async (
        config: ModelConfig,
        shown: Pick<ExamineOptions, 'progress' | 'nextStep' | 'onAnalysis'>,
    ): Promise<Examined> => {
        try {
            return await examine(config, { force, excel, trained, signal: both, ...shown });
        } catch (cause) {
            causes.push(cause);
            failed.abort();
            throw cause;
        }
    };
    const [ofBase, ofAligned] = sideBySide(progress, ['', 'aligned: ']);
    const results = await Promise.allSettled([
        guarded(before, { progress: ofBase!, nextStep, onAnalysis }),
        guarded(after, { progress: asOneStep(ofAligned!), nextStep: () => undefined }),
    ]);
    const [base, aligned] = results.map((result) => (result.status === 'fulfilled' ? result.value : undefined));
    if (base === undefined || aligned === undefined) throw causes[0]; // later causes only say that they were stopped
    return [base, aligned];
}

function reportOptions({ title, notes, out }: RunConfig, excel: boolean | undefined): ReportOptions {
    return { title, notes, out, excel };
}
