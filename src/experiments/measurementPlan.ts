import { AccuracyAnswers, accuracyFacts, answersJournal, answerShape } from './accuracyAnswers.js';
import type { Condition } from './conditions.js';
import type { MetricName } from './DeactivationMatrix.js';
import { type JournalKind, readJournals } from './journals.js';
import type { Measurements, MetricFacts } from './Metric.js';
import { cellShape, cellsJournal, PerplexityCells, perplexityFacts } from './perplexityCells.js';
import type { MeasurementPlan } from './planShapes.js';

/** Where each metric keeps its finished pieces, and what they are: each has a key. */
export const journals: Readonly<Record<MetricName, JournalKind<{ readonly key: string }>>> = {
    ppl: { name: cellsJournal, shape: cellShape },
    accuracy: { name: answersJournal, shape: answerShape },
};

/** What a plan's metric is, without the texts or questions that it is of. */
export function factsOf(plan: MeasurementPlan): MetricFacts {
    const name = plan.sources.map((source) => source.name).join(' + ');
    return plan.metric === 'ppl' ? perplexityFacts(name, plan) : accuracyFacts(name, plan);
}

/** The measurements of some conditions, as far as a folder's journals have them. */
export async function readMeasurements(
    plan: MeasurementPlan,
    conditions: readonly Condition[],
    folder: string,
    signal?: AbortSignal,
): Promise<Required<Pick<Measurements, 'has'>> & Measurements> {
    if (plan.metric === 'ppl') {
        const cells = new PerplexityCells(plan, conditions, folder);
        await readJournals({ folder, name: cellsJournal, signal, take: (cell) => cells.take(cell) }, cellShape);
        return cells;
    }
    const answers = new AccuracyAnswers(plan, conditions, folder);
    await readJournals({ folder, name: answersJournal, signal, take: (answer) => answers.take(answer) }, answerShape);
    return answers;
}
