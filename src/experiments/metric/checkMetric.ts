import { z } from 'zod';
import { LanguageNeuronsError, wrongUse } from '../../errors.js';
import { written } from '../../settings/checkSetting.js';
import type { MetricKind, MetricWords, ScoredMetric, ScoredUnit } from './Metric.js';

function field(takes: string, isTaken: (value: never) => boolean): z.ZodType {
    const error = ({ input }: { readonly input?: unknown }): string => `takes ${takes}, not ${written(input)}`;
    return z.any().refine((value) => isTaken(value as never), { error });
}

function fields(shape: Record<string, z.ZodType>): z.ZodType {
    const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
    return field('an object', isObject).pipe(z.looseObject(shape));
}

const text = field('a text', (value: unknown) => typeof value === 'string' && value.trim() !== '');
const method = field('a function', (value: unknown) => typeof value === 'function');
const flag = field('true or false', (value: unknown) => typeof value === 'boolean');
const zodShape = field('a zod shape', (value?: { safeParse?: unknown }) => typeof value?.safeParse === 'function');

const words = {
    name: field(
        'letters, digits and hyphens, since file names hold it',
        (value: unknown) => typeof value === 'string' && /^[A-Za-z0-9-]+$/.test(value),
    ),
    noun: text,
    plural: text,
    definition: text,
    prefixes: fields({ deactivation: text, intervention: text }).optional(),
    harm: field('1 where more is worse, or -1 where less is worse', (value: unknown) => value === 1 || value === -1),
    relative: flag,
    unit: text,
    factor: field('a number above 0', (value: unknown) => typeof value === 'number' && value > 0).optional(),
    shortUnit: text.optional(),
    samples: text,
    axis: fields({
        format: text,
        least: field('a number from 0', (value: unknown) => typeof value === 'number' && value >= 0),
    }),
    paper: text.optional(),
    shares: z.array(fields({ name: text, words: text })).optional(),
    sharesOf: text.optional(),
    formatValue: method,
    formatChange: method,
    formatEffect: method,
    formatPlain: method,
} satisfies Record<keyof MetricWords | 'name', z.ZodType>;

const scored = {
    ...words,
    own: field('a zod object', (value: unknown) => value instanceof z.ZodObject).optional(),
    compares: flag.optional(),
    unitOf: method,
    sharesIn: method.optional(),
    fromMean: method,
} satisfies Record<keyof ScoredMetric<never>, z.ZodType>;

const kind = {
    ...words,
    inputs: field('texts or questions', (value: unknown) => value === 'texts' || value === 'questions'),
    on: method,
    intervals: fields({
        resamples: flag,
        ofValue: method,
        ofDifference: method,
        pOfDifference: method,
        power: fields({ deviation: method, shift: method, change: method, power: method }),
        toldBy: text,
        changeBy: text,
        tooFew: fields({ isTooFew: method, rule: text }).optional(),
    }),
    journal: fields({ name: text, shape: zodShape }),
    planShape: zodShape,
    fromMean: method,
    settingsOf: method,
    measurementsOf: method,
} satisfies Record<keyof MetricKind, z.ZodType>;

/** Checks an object that a script gives `scoredMetric`. @throws LanguageNeuronsError WRONG_USE for its first fault */
export function checkScoredMetric(metric: unknown): void {
    check(scored, metric);
}

/** Checks an object that a script registers as a metric. @throws LanguageNeuronsError WRONG_USE for its first fault */
export function checkMetricKind(metric: unknown): void {
    check(kind, metric);
}

function check(shape: Record<string, z.ZodType>, metric: unknown): void {
    const { error } = fields(shape).safeParse(metric);
    if (error === undefined) return;
    const [{ path, message }] = error.issues as [z.core.$ZodIssue];
    const name = (metric as { readonly name?: unknown } | undefined)?.name;
    throw wrongMetric(name, path.length === 0 ? message : `\`${path.join('.')}\` ${message}`);
}

/** A unit that a metric's `unitOf` returned. @throws LanguageNeuronsError WRONG_USE if it is none */
export function checkedUnit(name: string, unit: ScoredUnit): ScoredUnit {
    const { numerator, weight, samples } = (unit as Partial<ScoredUnit> | undefined) ?? {};
    if ([numerator, weight, samples].every((value) => typeof value === 'number') && !(weight! < 0)) return unit;
    const wanted = 'three numbers, { numerator, weight, samples }, with a weight from 0';
    throw wrongMetric(name, `\`unitOf\` must return ${wanted}, not ${written(unit)}`);
}

export function wrongMetric(name: unknown, what: string): LanguageNeuronsError {
    const label = typeof name === 'string' ? `metric ${written(name)}` : 'a metric';
    return wrongUse(`${label}: ${what}`);
}
