import { surveyCorpus } from '../activations/surveyCorpus.js';
import { openCorpus } from '../data/openCorpus.js';
import type { Experiment } from '../experiments/experiment.js';
import type { MetricKind } from '../experiments/Metric.js';
import { planPower } from '../experiments/plannedPower.js';
import { openQuestions } from '../questions/openQuestions.js';
import type { CommandArguments, CommandContext, CommandResult } from './CommandDeclaration.js';
import type { deactivateDeclaration } from './declarations.js';
import { describePlan, type MeasuringPlan } from './describePlan.js';

type Arguments = CommandArguments<typeof deactivateDeclaration>;

/** Says how much would be measured and what it would show. No model is loaded, and nothing is written. */
export async function planMeasuring(
    args: Arguments,
    { metric, experiment }: { readonly metric: MetricKind; readonly experiment: Experiment },
    context: Pick<CommandContext, 'signal' | 'progress'>,
): Promise<CommandResult> {
    const units = await unitsOf(args, metric, experiment.analysis.languages, context);
    const plan: MeasuringPlan = {
        states: experiment.asked.length,
        cells: experiment.asked.length * units.size,
        ...(await planPower(args.dir, metric, units, experiment.controls)),
    };
    return { json: plan, text: describePlan(plan, metric) };
}

/** The texts or questions of each language. */
async function unitsOf(
    { data, languages: asked, limit = Infinity }: Arguments,
    { inputs }: MetricKind,
    called: readonly string[],
    { signal, progress }: Pick<CommandContext, 'signal' | 'progress'>,
): Promise<ReadonlyMap<string, number>> {
    const options = { languages: asked ?? called, called, signal, progress };
    if (inputs === 'texts') {
        const { languages } = await surveyCorpus(await openCorpus(data, options), signal);
        return new Map([...languages].map(([language, { samples }]) => [language, samples]));
    }
    const questions = await openQuestions(data[0]!, options);
    const units = new Map<string, number>();
    for (const language of questions.languages)
        units.set(language, Math.min(limit, (await questions.inLanguage(language)).length));
    return units;
}
