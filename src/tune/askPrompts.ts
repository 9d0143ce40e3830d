import { accuracy } from '../experiments/answerMetrics/accuracy.js';
import type { LanguageCounts } from '../experiments/results/DeactivationMatrix.js';
import { language as languageKept } from '../experiments/answerMetrics/language.js';
import type { MeasureContext, QuestionMetricOptions } from '../experiments/metric/Metric.js';
import type { ModelState } from '../interventions/ModelState.js';
import { silent } from '../support/progress.js';
import type { Passes } from './judgement.js';

/** What a state answers to some prompts. */
export interface Answered {
    /** Answers that keep to the language asked. */
    readonly passes: Passes;
    /** Answers with the right number, in whatever language; undefined where the prompts have none. */
    readonly right: Passes | undefined;
    /** The languages of those that do not pass, where they are known, with their numbers. */
    readonly instead: LanguageCounts;
}

/**
 * Asks states of the model prompts, all states side by side, and judges the language of each answer, line by line.
 * Answers are kept where every metric of answers keeps its own; those that are there are not generated again.
 * @throws LanguageNeuronsError as `QuestionMetricKind.on`, and as its measuring
 */
export async function askPrompts(
    states: readonly ModelState[],
    options: Pick<QuestionMetricOptions, 'questions' | 'template' | 'maxTokens' | 'date'>,
    context: Omit<MeasureContext, 'known'>,
): Promise<Answered[]> {
    const { questions } = options;
    const { languages } = questions;
    const measuring = { ...context, known: [] };
    const kept = await languageKept.on(options).measure(states, measuring);
    const numbered = questions.unnumbered !== true;
    const right = numbered
        ? await accuracy.on({ ...options, judge: 'number' }).measure(states, { ...measuring, progress: silent })
        : undefined;
    return states.map((state) => {
        const cells = languages.map((one) => kept.cell(state, one));
        return {
            passes: cells.map(({ numerators }) => numerators),
            right: right && languages.map((one) => right.cell(state, one).numerators),
            instead: sumOf(cells.map(({ instead = {} }) => instead)),
        };
    });
}

/** Counts of several languages' prompts, the most frequent first. */
function sumOf(all: readonly LanguageCounts[]): LanguageCounts {
    const sums = new Map<string, number>();
    for (const [language, count] of all.flatMap((one) => Object.entries(one)))
        sums.set(language, (sums.get(language) ?? 0) + count);
    return Object.fromEntries([...sums].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}
