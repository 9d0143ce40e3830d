import { z } from 'zod';
import type { ScoredPart, TextScore } from '../../engine/types/engineTypes.js';
import type { ModelState } from '../../interventions/ModelState.js';
import { checkSettings } from '../../settings/checkSetting.js';
import { pick } from '../../settings/pick.js';
import type { SettingTable } from '../../settings/Setting.js';
import { perplexityTable } from '../../settings/settings.js';
import { sum } from '../../support/averages.js';
import { defined } from '../../support/defined.js';
import { checkedUnit, checkScoredMetric, wrongMetric } from '../metric/checkMetric.js';
import { measureTexts } from './measureTexts.js';
import type { Cell } from '../statistics/estimates.js';
import type { MetricSettings, ScoredMetric, ScoredUnit, TextMetricKind } from '../metric/Metric.js';
import { bootstrapIntervals } from '../statistics/resampling.js';
import { scoredPlan, type ScoredPlan, ScoredTexts, scoresJournal } from './scoredTexts.js';

const noSettings = z.object({});

/**
 * A metric of the scores of texts: how they are measured, kept and resampled is the same for all such metrics.
 * @throws LanguageNeuronsError WRONG_USE for a field that is missing or wrong; when measuring, for wrong units
 */
export function scoredMetric<Own extends MetricSettings>(metric: ScoredMetric<Own>): TextMetricKind {
    checkScoredMetric(metric);
    const { own = noSettings as unknown as z.ZodObject & z.ZodType<Own>, compares = false, ...others } = metric;
    const { unitOf, sharesIn, fromMean, ...words } = others;
    const taken = Object.keys(own.shape).find((name) => Object.hasOwn(scoredPlan, name) || name === 'metric');
    if (taken !== undefined)
        throw wrongMetric(
            words.name,
            `its setting \`${taken}\` is one of every metric; give it another name in \`own\``,
        );
    const settingsShape = own.extend({ over: scoredPlan.over.default('response') }) as unknown as z.ZodObject &
        z.ZodType<Own & { readonly over: ScoredPart }>;
    const known = settingsShape.shape;
    const cellsOf = (plan: ScoredPlan, conditions: readonly ModelState[], folder: string): ScoredTexts => {
        const settings = own.parse(plan);
        const cellOf = (texts: readonly TextScore[]): Cell =>
            cellOfUnits(
                texts.map((text) => checkedUnit(words.name, unitOf(text, settings))),
                sharesIn?.(texts),
            );
        return new ScoredTexts(plan, conditions, { folder, cellOf });
    };
    const kind: TextMetricKind = {
        ...words,
        inputs: 'texts',
        compares,
        intervals: bootstrapIntervals,
        journal: scoresJournal,
        planShape: planShapeOf(words.name, own, compares),
        fromMean: (settings) => fromMean(own.parse(settings)),
        settingsOf: (data, plan) => ({ data, ...settingsShape.parse(plan) }),
        measurementsOf: cellsOf,
        on(corpus, { reference, ...options }) {
            if (reference !== undefined && !compares) throw wrongMetric(words.name, 'it takes no `reference`');
            checkSettings<Readonly<Record<string, unknown>>, SettingTable>(
                { ...options },
                pick(perplexityTable, known),
                known,
            );
            const { data: settings, error } = settingsShape.safeParse(options);
            if (error !== undefined) {
                const [{ path, message }] = error.issues as [z.core.$ZodIssue];
                throw wrongMetric(words.name, `\`${path.join('.')}\`: ${message}`);
            }
            const { name: source, languages } = corpus;
            const beside = compares ? { reference: reference ?? ('itself' as const) } : {};
            const measurement = { kind, corpus, settings, cellsOf, ...beside };
            return {
                kind,
                languages,
                settings: { data: source, ...settings },
                source,
                measure: (conditions, context) => measureTexts(measurement, conditions, context),
                texts: { corpus, on: (part) => kind.on(part, { reference, ...options }) },
            };
        },
    };
    return kind;
}

function planShapeOf(name: string, own: z.ZodObject, compares: boolean): z.ZodObject {
    return own.extend({ metric: z.literal(name), ...scoredPlan }).refine((plan) => {
        const { languages, surveys, reference } = plan as unknown as ScoredPlan;
        const isCompared = reference !== undefined;
        return isCompared === compares && languages.every((language) => Object.hasOwn(surveys, language));
    });
}

function cellOfUnits(units: readonly ScoredUnit[], shares: Cell['shares']): Cell {
    return {
        numerators: Float64Array.from(units, ({ numerator }) => numerator),
        weights: Float64Array.from(units, ({ weight }) => weight),
        samples: sum(units, ({ samples }) => samples),
        ...defined({ shares }),
    };
}
