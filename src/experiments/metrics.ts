import { z } from 'zod';
import { LanguageNeuronsError } from '../errors.js';
import { accuracy } from './accuracy.js';
import { bitsPerByte } from './bitsPerByte.js';
import type { MetricKind } from './Metric.js';
import { ppl } from './perplexity.js';
import type { MeasurementPlan } from './planBase.js';

/** All metrics, in the order of results. To add one, write its object and list it here. */
export const metrics: readonly MetricKind[] = [ppl, bitsPerByte, accuracy];

/** The metrics of texts. */
export const textMetrics = metrics.filter((metric) => metric.inputs === 'texts');

export const metricNames: readonly string[] = metrics.map(({ name }) => name);

/** Finds a metric by name. @throws LanguageNeuronsError WRONG_USE for an unknown name */
export function metricOf(name: string): MetricKind {
    const found = metrics.find((metric) => metric.name === name);
    if (found !== undefined) return found;
    throw new LanguageNeuronsError('WRONG_USE', `no metric is called ${name}; choose from ${metricNames.join(', ')}`);
}

/** The shape of any metric's plan. */
export const planShape = z.discriminatedUnion(
    'metric',
    metrics.map((metric) => metric.planShape) as [z.ZodObject, ...z.ZodObject[]],
) as unknown as z.ZodType<MeasurementPlan>;
