import { z } from 'zod';
import { type NumberRule, numberRules } from '../../answers/numberRules.js';
import { questionMetricTable } from '../../settings/settings.js';
import { formatPlainShare, formatPointsChange, formatShare } from '../../support/format.js';
import { answerLanguages, AnswerSheet } from './AnswerSheet.js';
import { answerMetric } from './answerMetric.js';
import { answerJudges } from '../metric/choices.js';
import type { Metric, QuestionMetricOptions } from '../metric/Metric.js';
import { noteUnknownLanguages } from './unknownLanguages.js';

const own = z.object({
    rule: z.enum(numberRules as [NumberRule, ...NumberRule[]]),
    /** Absent: number and language. */
    judge: z.enum(answerJudges).optional(),
});

/** Share of questions that are answered rightly. */
export const accuracy = answerMetric({
    name: 'accuracy',
    noun: 'accuracy',
    plural: 'accuracies',
    definition: 'The share of questions that are answered rightly. Lower is worse.',
    harm: -1,
    relative: false,
    unit: 'percentage points',
    samples: 'Questions',
    axis: { format: '.0%', least: 0.1 },
    paper: 'An answer is right where its number is right and it is in the language of the question.',
    shares: [
        {
            name: 'number',
            words: 'right number, in whatever language',
            heading: 'right number in any language',
            usual: 'value',
        },
        { name: 'language', words: 'in the language of the question' },
        { name: 'unknownLanguage', words: 'right number, unknown language', heading: 'unknown language', usual: 0 },
        { name: 'cut', words: 'cut off', heading: 'cut off', usual: 0, isFault: true },
    ],
    formatValue: formatShare,
    formatChange: formatPointsChange,
    formatEffect: formatPointsChange,
    formatPlain: formatPlainShare,
    needsNumbers: true,
    answerLanguages,
    own,
    ownOf: ({
        number: rule = questionMetricTable.number.default,
        judge = questionMetricTable.judge.default,
    }: QuestionMetricOptions) => ({
        rule,
        ...(judge === 'number' ? { judge } : {}), // the default has no name in files
    }),
    sheetOf: (conditions, { questions, languages }, { rule, judge }) =>
        new AnswerSheet(
            conditions,
            questions.map(({ language, answer }) => ({ language, answer: answer! })),
            languages,
            rule,
            judge,
        ),
    note: (questions, { judge = questionMetricTable.judge.default }, progress) =>
        noteUnknownLanguages(questions, judge, progress),
});

/**
 * Share of questions answered rightly: with the right number, in the language asked (figs. 2b, 10-13). Languages that
 * the detector does not know are noted.
 */
export function accuracyMetric(options: QuestionMetricOptions): Metric {
    return accuracy.on(options);
}
