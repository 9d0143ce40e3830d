import { z } from 'zod';
import { wrongUse } from '../../errors.js';
import { type MetricName, metricNames } from '../../settings/settings.js';
import { accuracy } from '../answerMetrics/accuracy.js';
import { bitsPerByte } from '../textMetrics/bitsPerByte.js';
import { checkMetricKind, wrongMetric } from '../metric/checkMetric.js';
import { kl } from '../textMetrics/divergence.js';
import { language } from '../answerMetrics/language.js';
import type { MetricKind, TextMetricKind } from '../metric/Metric.js';
import { ppl } from '../textMetrics/perplexity.js';
import type { MeasurementPlan } from '../metric/planBase.js';

/** Each name in the table of settings has its object. */
const byName: Readonly<Record<MetricName, MetricKind>> = {
    ppl,
    'bits-per-byte': bitsPerByte,
    kl,
    accuracy,
    language,
};

/** The metrics of the tool, in the order of results. */
export const metrics: readonly MetricKind[] = metricNames.map((name) => byName[name]);

/** The metrics of texts. */
export const textMetrics = metrics.filter((metric) => metric.inputs === 'texts');

const known = new Map<string, MetricKind>(Object.entries(byName));

/**
 * Makes a metric of your own known to this process: files name a metric, and `reportOn`, `compare`, `mergeMatrix` and
 * `clean` look it up. `deactivate` and `intervene` do this for the metric that they measure.
 * A second metric of one name replaces the first.
 * @throws LanguageNeuronsError WRONG_USE if it is not a whole metric, or has the name or prefixes of another one
 */
export function registerMetric(metric: MetricKind): void {
    checkMetricKind(metric);
    const { name } = metric;
    if (metrics.some((other) => other.name === name && other !== metric))
        throw wrongMetric(name, 'a metric of the tool has this name; choose another `name`');
    const prefixOf = (one: MetricKind): string => one.prefixes?.deactivation ?? one.name;
    const alike = knownMetrics().find((other) => other.name !== name && prefixOf(other) === prefixOf(metric));
    if (alike !== undefined)
        throw wrongMetric(name, `its figures would have the names of those of ${alike.name}; give other \`prefixes\``);
    known.set(name, metric);
}

/** All metrics, those of the tool first. */
export function knownMetrics(): MetricKind[] {
    return [...known.values()];
}

/** Finds a metric by name. @throws LanguageNeuronsError WRONG_USE for a name that is not known */
export function metricOf(name: string): MetricKind {
    const found = known.get(name);
    if (found !== undefined) return found;
    throw wrongUse(unknownMetric(name));
}

function unknownMetric(name: string): string {
    return `no metric is called ${name}, only ${[...known.keys()].join(', ')}; register your own with registerMetric`;
}

/**
 * Finds a metric of texts by name.
 * @throws LanguageNeuronsError WRONG_USE
 */
export function textMetricOf(name: string): TextMetricKind {
    const found = metricOf(name);
    if (found.inputs === 'texts') return found;
    throw wrongUse(`${name} is not measured on texts; choose another \`metric\``);
}

/** The shape of a plan, which the metric that it names gives. */
export const planShape = z.looseObject({ metric: z.string() }).transform((plan, { issues }): MeasurementPlan => {
    const { data, error } = known.get(plan.metric)?.planShape.safeParse(plan) ?? {
        error: { issues: [{ path: ['metric'], message: unknownMetric(plan.metric) }] },
    };
    for (const { path, message } of error?.issues ?? [])
        issues.push({ code: 'custom', path: [...path], message, input: plan });
    return data as MeasurementPlan;
});
