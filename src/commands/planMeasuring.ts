import { surveyCorpus } from '../activations/surveyCorpus.js';
import { openCorpus } from '../data/openCorpus.js';
import { countedShares, countedWords } from '../experiments/matrices/countedTexts.js';
import { type EvaluatedSketches, questionSketches } from '../experiments/metric/evaluatedSketches.js';
import { type ExperimentOptions, planExperiment } from '../experiments/conditions/experiment.js';
import { type HeldOutExperiment, holdOut } from '../experiments/heldOut.js';
import type { MetricKind } from '../experiments/metric/Metric.js';
import { planPower } from '../experiments/power/plannedPower.js';
import { openQuestions } from '../questions/sources/openQuestions.js';
import { defined } from '../support/defined.js';
import type { CommandArguments, CommandContext, CommandResult } from './arguments/CommandDeclaration.js';
import type { deactivateDeclaration } from './arguments/declarations.js';
import { describePlan, type MeasuringPlan } from './words/describePlan.js';

type Arguments = CommandArguments<typeof deactivateDeclaration>;

/** Says how much would be measured and what it would show. No model is loaded, and nothing is written. */
export async function planMeasuring(
    args: Arguments,
    { metric, options }: { readonly metric: MetricKind; readonly options: ExperimentOptions },
    context: Pick<CommandContext, 'signal' | 'progress'>,
): Promise<CommandResult> {
    const { units, sketches, held } = await inputsOf(args, { metric, options }, context);
    const experiment = planExperiment({ ...options, ...held?.changed }, [...units.keys()], held?.heldOut);
    const counted = held === undefined ? await countedShares(args.dir, sketches, metric) : held.heldOut.counted;
    if (counted !== undefined) context.progress.note(`warning: it would be ${countedWords(counted, metric)}`);
    const plan: MeasuringPlan = {
        states: experiment.asked.length,
        cells: experiment.asked.length * units.size,
        ...defined({ counted }),
        ...(held && { heldOut: { fold: held.heldOut.fold, of: held.heldOut.of } }),
        ...(await planPower(args.dir, metric, units, experiment.controls)),
    };
    return { json: plan, text: describePlan(plan, metric) };
}

interface PlannedInputs {
    /** Texts or questions of each language. */
    readonly units: ReadonlyMap<string, number>;
    readonly sketches: EvaluatedSketches;
    /** Where a part of the texts is held out. */
    readonly held?: HeldOutExperiment | undefined;
}

async function inputsOf(
    { dir, data, languages: asked, limit = Infinity, circular }: Arguments,
    { metric: { inputs }, options: experiment }: { readonly metric: MetricKind; readonly options: ExperimentOptions },
    { signal, progress }: Pick<CommandContext, 'signal' | 'progress'>,
): Promise<PlannedInputs> {
    const called = experiment.analysis.languages;
    const options = { languages: asked ?? called, called, signal, progress };
    if (inputs === 'texts') {
        const corpus = await openCorpus(data, options);
        const held =
            circular === true ? undefined : await holdOut({ ...experiment, folder: dir, corpus, signal, progress });
        const { languages } = await surveyCorpus(held?.corpus ?? corpus, signal);
        return {
            held,
            units: new Map([...languages].map(([language, { samples }]) => [language, samples])),
            sketches: Object.fromEntries([...languages].map(([language, { sketch }]) => [language, [sketch]])),
        };
    }
    const questions = await openQuestions(data[0]!, options);
    const planned = await Promise.all(
        questions.languages.map(async (one) => (await questions.inLanguage(one)).slice(0, limit)),
    );
    return {
        units: new Map(planned.map((own, i) => [questions.languages[i]!, own.length])),
        // prompts need the model's template, so that a question is known by its text alone
        sketches: questionSketches(planned.flat().map(({ language, text }) => ({ language, names: [text] }))),
    };
}
