import type { ModelState } from '../../interventions/ModelState.js';
import { readJournals } from '../metric/journals.js';
import type { JournalledMeasurements, MetricFacts } from '../metric/Metric.js';
import { metricOf } from './metrics.js';
import type { MeasurementPlan } from '../metric/planBase.js';

/** The metric of a plan, without its texts or questions. */
export function factsOf(plan: MeasurementPlan): MetricFacts {
    const kind = metricOf(plan.metric);
    const source = plan.sources.map(({ name }) => name).join(' + ');
    return { kind, languages: plan.languages, settings: kind.settingsOf(source, plan) };
}

/** The measurements of some conditions, as far as a folder's journals have them. */
export async function readMeasurements(
    plan: MeasurementPlan,
    conditions: readonly ModelState[],
    folder: string,
    signal?: AbortSignal,
): Promise<JournalledMeasurements> {
    const kind = metricOf(plan.metric);
    const found = kind.measurementsOf(plan, conditions, folder);
    await readJournals(kind.journal, { folder, signal, take: (entry) => found.take(entry) });
    return found;
}
