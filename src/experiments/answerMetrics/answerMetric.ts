import { z } from 'zod';
import { wrongUse } from '../../errors.js';
import { checkSettings, settingsFor } from '../../settings/checkSetting.js';
import { questionMetricTable } from '../../settings/settings.js';
import type { Questions } from '../../questions/sources/Questions.js';
import { measureAnswers } from './measureAnswers.js';
import type { MetricSettings, MetricWords, QuestionMetricKind, QuestionMetricOptions } from '../metric/Metric.js';
import { answersJournal, type AnswersPlan, answersPlan, QuestionAnswers } from './questionAnswers.js';
import { shareIntervals } from '../statistics/shareIntervals.js';
import type { VerdictSheet } from './VerdictSheet.js';
import type { ModelState } from '../../interventions/ModelState.js';

/** What a metric of answers has of its own; see `answerMetric`. */
export interface AnswerMetric<Own extends object>
    extends MetricWords, Pick<QuestionMetricKind, 'name' | 'needsNumbers' | 'answerLanguages' | 'note'> {
    /** The shape of its settings in plans and matrices. */
    readonly own: z.ZodObject & z.ZodType<Own>;
    /** Those settings, from the options. */
    ownOf(options: QuestionMetricOptions): Own;
    /** Judges answers under some conditions. */
    sheetOf(conditions: number, plan: AnswersPlan, own: Own): VerdictSheet;
}

/**
 * A metric of answers, each right or wrong: how they are generated, kept and compared is the same for all of them.
 * Answers are greedy; those of all conditions are generated together, and stay in `accuracy.answers.jsonl`, which all
 * metrics of answers share: `{key, condition, language, index, text, tokens, promptTokens, end}`, a line each.
 */
export function answerMetric<Own extends object>(metric: AnswerMetric<Own>): QuestionMetricKind {
    const { own, ownOf, sheetOf, ...words } = metric;
    const answersOf = (plan: AnswersPlan, conditions: readonly ModelState[], folder: string): QuestionAnswers =>
        new QuestionAnswers(plan, conditions, sheetOf(conditions.length, plan, own.parse(plan)), folder);
    const kind: QuestionMetricKind = {
        ...words,
        inputs: 'questions',
        intervals: shareIntervals,
        journal: answersJournal,
        planShape: own
            .extend({ metric: z.literal(words.name), ...answersPlan })
            .refine((plan) => isWhole(plan as unknown as AnswersPlan, words.needsNumbers)),
        fromMean: () => (mean) => mean,
        settingsOf: (questions, plan) => {
            const { template, maxTokens } = plan as AnswersPlan;
            return { questions, template, maxTokens, ...(own.parse(plan) as MetricSettings) };
        },
        measurementsOf: (plan, conditions, folder) => answersOf(plan as AnswersPlan, conditions, folder),
        on(options) {
            checkOptions(words, options);
            const { questions, template, limit, wholeLimit = limit } = options;
            const { maxTokens = questionMetricTable.maxTokens.default } = options;
            const { name: source, languages } = questions;
            const settings = ownOf(options);
            const complete = { ...options, wholeLimit, maxTokens, metric: words.name, own: settings, answersOf };
            return {
                kind,
                languages,
                settings: { questions: source, template: template.name, maxTokens, ...settings },
                source,
                measure(conditions, context) {
                    words.note(questions, options, context.progress);
                    return measureAnswers(complete, conditions, context);
                },
            };
        },
    };
    return kind;
}

/** Whether each question of a plan is in one of its languages, and has its number where one is needed. */
function isWhole({ questions, languages }: AnswersPlan, needsNumbers: boolean): boolean {
    return questions.every(
        ({ language, answer }) => languages.includes(language) && (!needsNumbers || answer !== undefined),
    );
}

function checkOptions(
    { name, needsNumbers }: Pick<QuestionMetricKind, 'name' | 'needsNumbers'>,
    options: QuestionMetricOptions,
): void {
    checkSettings<QuestionMetricOptions, Partial<typeof questionMetricTable>>(
        options,
        settingsFor(questionMetricTable, { metric: name }),
        { questions: true, template: true, draftsOf: true },
    );
    const { questions, limit, wholeLimit } = options;
    if (needsNumbers) checkNumbers(name, questions);
    if (limit !== undefined && wholeLimit !== undefined && wholeLimit < limit)
        throw wrongUse(`\`wholeLimit\` must be at least \`limit\`, ${limit}, not ${wholeLimit}`);
}

/** @throws LanguageNeuronsError WRONG_USE for prompts that no number answers */
export function checkNumbers(metric: string, { name, unnumbered = false }: Questions): void {
    if (!unnumbered) return;
    throw wrongUse(
        `${name}: has prompts that no number answers, so no ${metric} can be measured; use \`metric: language\``,
    );
}
