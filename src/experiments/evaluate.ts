import { Engine } from '../engine/Engine.js';
import type { EngineOptions } from '../engine/types/engineTypes.js';
import { modelNames } from '../engine/files/modelNames.js';
import { wrongUse } from '../errors.js';
import type { CsvOptions } from '../files/csv.js';
import { checkFilePlaces } from '../files/fileAccess.js';
import { withFolder } from '../files/folderLock.js';
import { wholeModel } from '../interventions/ModelState.js';
import { checkSettings } from '../settings/checkSetting.js';
import { csvTable } from '../settings/settings.js';
import { defined } from '../support/defined.js';
import { inParts, inSteps, silent, type WorkOptions } from '../support/progress.js';
import { unitsOfWhole, wholeCell } from './matrices/buildMatrix.js';
import { differingSettings, measuredAlike, metricChange } from './comparisons/compareMetrics.js';
import type { MeasuredWhole } from './matrices/wholeEstimate.js';
import type { MeasuredModel } from './results/DeactivationMatrix.js';
import {
    type EvaluatedModel,
    type Evaluation,
    evaluationPaths,
    writeEvaluation,
} from './resultFiles/evaluationFile.js';
import { measuredModel } from './intervene.js';
import { meanValue } from './statistics/meanEffect.js';
import type { Cell } from './statistics/estimates.js';
import type { Metric } from './metric/Metric.js';
import { registerMetric } from './registry/metrics.js';
import { estimatorOf } from './metric/estimatorOf.js';
import { average } from './statistics/resampling.js';

export interface EvaluateOptions extends CsvOptions, WorkOptions {
    /** How each model is opened; the first is the one that the others are compared with. */
    readonly models: readonly EngineOptions[];
    /** The metric on its texts or questions, the same for all; a chat template is the model's own. */
    metricFor(engine: Engine): Metric | Promise<Metric>;
    /** Gets the metric's `.evaluation.json` and `.evaluation.csv`, and the journal of what is finished. */
    readonly folder: string;
}

/**
 * A metric of whole models in every language, with intervals, and of each model but the first its difference from the
 * first on the same texts or questions, paired. One model is in memory at a time. Stopped, it goes on where it was.
 * @throws LanguageNeuronsError WRONG_USE without a model, or for metrics that differ; as `intervene` besides
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
    checkSettings(options, csvTable, { models: true, metricFor: true, folder: true, signal: true, progress: true });
    if (options.models.length === 0) throw wrongUse('no model to evaluate; give one or several');
    return withFolder(options.folder, 'evaluate', () => evaluateIn(options));
}

async function evaluateIn(options: EvaluateOptions): Promise<Evaluation> {
    const { models, folder, excel, progress = silent } = options;
    const names = modelNames(models.map(({ model }) => model));
    const nextStep = inSteps(progress, names);
    const parts = inParts(
        progress,
        models.map(() => 1),
    );
    const measured: MeasuredFile[] = [];
    for (const [i, model] of models.entries()) {
        nextStep();
        const one = await measure(model, names[i]!, { ...options, progress: parts[i]! });
        const first = measured[0] ?? one;
        if (one.metric.kind.name !== first.metric.kind.name || differ(one.whole.languages, first.whole.languages))
            throw wrongUse(`${one.path}: is measured by another metric or in other languages than ${first.path}`);
        measured.push(one);
    }
    const [first, ...others] = measured as [MeasuredFile, ...MeasuredFile[]];
    const { metric, languages } = first.whole;
    const evaluation = {
        metric,
        languages,
        notes: others.flatMap((one) => whyNotBeside(first, one)),
        models: measured.map((one) => evaluated(one, first)),
    };
    await writeEvaluation(folder, evaluation, { excel });
    return evaluation;
}

interface MeasuredFile {
    readonly name: string;
    readonly path: string;
    readonly model: MeasuredModel;
    readonly metric: Metric;
    readonly whole: MeasuredWhole;
    /** By language. */
    readonly cells: ReadonlyMap<string, Cell>;
}

async function measure(model: EngineOptions, name: string, options: EvaluateOptions): Promise<MeasuredFile> {
    const { folder, signal, progress = silent } = options;
    using engine = await Engine.open({ ...model, signal, progress });
    for (const note of engine.notes) progress.note(note);
    const metric = await options.metricFor(engine);
    registerMetric(metric.kind);
    const { json, csv } = evaluationPaths(folder, metric.kind.name);
    await checkFilePlaces(json, csv);
    const measurements = await metric.measure([wholeModel], { engine, folder, known: [], signal, progress });
    const { languages } = metric;
    const cells = new Map(languages.map((language) => [language, wholeCell(measurements, language)]));
    const whole = {
        metric: metric.kind.name,
        settings: { ...metric.settings, ...measurements.settings },
        languages,
        whole: unitsOfWhole(languages, (language) => cells.get(language)!),
    };
    return { name, path: engine.path, model: measuredModel(engine), metric, whole, cells };
}

/** A model's values, and its differences from the first where both were measured alike. */
function evaluated({ name, path, model, metric, whole, cells }: MeasuredFile, first: MeasuredFile): EvaluatedModel {
    const { kind } = metric;
    const estimate = estimatorOf({ kind, settings: whole.settings });
    const estimates = new Map([...cells].map(([language, cell]) => [language, estimate(cell)]));
    const all = average([...estimates.values()], (values) => meanValue(values, kind));
    const isBeside = whole !== first.whole && measuredAlike(first.whole, whole);
    const changes = isBeside ? metricChange(first.whole, whole, { all: whole.languages }) : undefined;
    const changeOf = (
        one: { readonly change: number; readonly interval: readonly [number, number] | null } | undefined,
    ) => defined({ change: one && { value: one.change, interval: one.interval } });
    const languages = [...cells].map(([language, cell]) => {
        const estimated = estimates.get(language)!;
        const shares = cell.shares;
        return [
            language,
            {
                value: estimated.value,
                interval: kind.intervals.ofValue(estimated, cell),
                samples: cell.samples,
                ...defined({ shares }),
                ...changeOf(changes?.perLanguage[language]),
            },
        ] as const;
    });
    return {
        ...{ name, path, model, settings: whole.settings },
        perLanguage: Object.fromEntries(languages),
        all: {
            value: all.value,
            // of a share, the languages' answers are not of one proportion
            interval: kind.intervals.resamples ? kind.intervals.ofValue(all, [...cells.values()][0]!) : null,
            ...changeOf(changes?.groups.all),
        },
    };
}

/** Why a model's difference from the first is not told; none where it is. */
function whyNotBeside(first: MeasuredFile, { name, whole }: MeasuredFile): string[] {
    if (measuredAlike(first.whole, whole)) return [];
    const settings = differingSettings(first.whole, whole);
    const why =
        settings.length > 0
            ? `they were measured with other settings (${settings.join(', ')})` +
              (settings.includes('window') ? '; `windowSize` gives all the same window' : '')
            : 'they cut the texts into other tokens, or differ in how many they score; bits per byte can be compared';
    return [`${name} is not set beside ${first.name}: ${why}.`];
}

function differ(a: readonly string[], b: readonly string[]): boolean {
    return a.join() !== b.join();
}
