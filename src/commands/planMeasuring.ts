import { surveyCorpus } from '../activations/surveyCorpus.js';
import { openCorpus } from '../data/openCorpus.js';
import { countedShares, countedWords } from '../experiments/matrices/countedTexts.js';
import { type EvaluatedSketches, questionSketches } from '../experiments/metric/evaluatedSketches.js';
import type { Experiment } from '../experiments/conditions/experiment.js';
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
    { metric, experiment }: { readonly metric: MetricKind; readonly experiment: Experiment },
    context: Pick<CommandContext, 'signal' | 'progress'>,
): Promise<CommandResult> {
    const { units, sketches } = await inputsOf(args, metric, experiment.analysis.languages, context);
    const counted = await countedShares(args.dir, sketches, metric);
    if (counted !== undefined) context.progress.note(`warning: it would be ${countedWords(counted, metric)}`);
    const plan: MeasuringPlan = {
        states: experiment.asked.length,
        cells: experiment.asked.length * units.size,
        ...defined({ counted }),
        ...(await planPower(args.dir, metric, units, experiment.controls)),
    };
    return { json: plan, text: describePlan(plan, metric) };
}

interface PlannedInputs {
    /** Texts or questions of each language. */
    readonly units: ReadonlyMap<string, number>;
    readonly sketches: EvaluatedSketches;
}

async function inputsOf(
    { data, languages: asked, limit = Infinity }: Arguments,
    { inputs }: MetricKind,
    called: readonly string[],
    { signal, progress }: Pick<CommandContext, 'signal' | 'progress'>,
): Promise<PlannedInputs> {
    const options = { languages: asked ?? called, called, signal, progress };
    if (inputs === 'texts') {
        const { languages } = await surveyCorpus(await openCorpus(data, options), signal);
        return {
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
