import { LanguageNeuronsError } from '../errors.js';
import { checkSettings } from '../settings/checkSetting.js';
import { questionMetricTable } from '../settings/settings.js';
import { defined } from '../support/defined.js';
import { formatPointsChange, formatShare } from '../support/format.js';
import { AccuracyAnswers, type AccuracyPlan, accuracyPlanShape, answersJournal } from './accuracyAnswers.js';
import { measureAnswers } from './measureAnswers.js';
import type { Metric, QuestionMetricKind, QuestionMetricOptions } from './Metric.js';
import { shareIntervals } from './shareIntervals.js';
import { noteUnknownLanguages } from './unknownLanguages.js';

/** Share of questions that are answered rightly. */
export const accuracy: QuestionMetricKind = {
    name: 'accuracy',
    inputs: 'questions',
    noun: 'accuracy',
    plural: 'accuracies',
    definition: 'The share of questions that are answered rightly. Lower is worse.',
    harm: -1,
    relative: false,
    unit: 'percentage points',
    samples: 'Questions',
    axis: { format: '.0%', least: 0.1 },
    paper: 'An answer is right where its number is right and it is in the language of the question.',
    formatValue: formatShare,
    formatChange: formatPointsChange,
    formatEffect: formatPointsChange,
    formatPlain: (value) => `${(100 * value).toFixed(1)} %`,
    intervals: shareIntervals,
    journal: answersJournal,
    planShape: accuracyPlanShape,
    fromMean: () => (mean) => mean,
    settingsOf: (questions, { template, maxTokens, rule, judge }: AccuracyPlan) => ({
        questions,
        template,
        maxTokens,
        rule,
        ...defined({ judge }),
    }),
    measurementsOf: (plan: AccuracyPlan, conditions, folder) => new AccuracyAnswers(plan, conditions, folder),
    on: accuracyMetric,
};

/**
 * Share of questions answered rightly: with the right number, in the language asked (figs. 2b, 10-13). Languages that
 * the detector does not know are noted.
 * Answers are greedy; those of all conditions are generated together, and stay in
 * `accuracy.answers.jsonl`: `{key, condition, language, index, text, tokens, promptTokens, end}`, a line each.
 */
export function accuracyMetric(options: QuestionMetricOptions): Metric {
    checkSettings(options, questionMetricTable, { questions: true, template: true, draftsOf: true });
    const { questions, template, limit, wholeLimit = limit } = options;
    const {
        maxTokens = questionMetricTable.maxTokens.default,
        number: rule = questionMetricTable.number.default,
        judge: judgedBy = questionMetricTable.judge.default,
    } = options;
    checkLimits(limit, wholeLimit);
    const { name, languages } = questions;
    const judge = judgedBy === 'number' ? judgedBy : undefined; // the default has no name in files
    const complete = { ...options, wholeLimit, maxTokens, rule, judge };
    return {
        kind: accuracy,
        languages,
        settings: { questions: name, template: template.name, maxTokens, rule, ...defined({ judge }) },
        source: name,
        measure(conditions, context) {
            noteUnknownLanguages(questions, judgedBy, context.progress);
            return measureAnswers(complete, conditions, context);
        },
    };
}

function checkLimits(limit: number | undefined, wholeLimit: number | undefined): void {
    if (limit === undefined || wholeLimit === undefined || wholeLimit >= limit) return;
    throw new LanguageNeuronsError(
        'WRONG_USE',
        `\`wholeLimit\` must be at least \`limit\`, ${limit}, not ${wholeLimit}`,
    );
}
