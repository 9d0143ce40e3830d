import { z } from 'zod';
import { everydayLanguages } from '../../questions/sources/everyday.js';
import { formatPlainShare, formatPointsChange, formatShare } from '../../support/format.js';
import { answerLanguages } from './AnswerSheet.js';
import { answerMetric } from './answerMetric.js';
import { LanguageSheet } from './LanguageSheet.js';
import type { Metric, QuestionMetricOptions } from '../metric/Metric.js';
import { noteUnknownLanguages } from './unknownLanguages.js';

/** The languages asked, the paper's ten, and those of the everyday prompts, so that all of these are told apart. */
function candidatesOf(asked: readonly string[]): string[] {
    return [...new Set([...answerLanguages(asked), ...everydayLanguages])];
}

/** Share of answers of which every line is in the language asked. */
export const language = answerMetric({
    name: 'language',
    noun: 'line pass rate',
    plural: 'line pass rates',
    definition:
        'The share of answers that keep to the language asked: no line is in another language, and at least one is ' +
        'in it (the line pass rate of the Language Confusion Benchmark). Lines too short to tell count neither way. ' +
        'Lower is worse.',
    harm: -1,
    relative: false,
    unit: 'percentage points',
    samples: 'Answers',
    axis: { format: '.0%', least: 0.1 },
    shares: [
        { name: 'language', words: 'as a whole in the language asked', heading: 'as a whole' },
        {
            name: 'lines',
            words: 'lines in the language asked, of those that are recognised',
            heading: 'lines',
        },
        { name: 'undeterminedLines', words: 'lines too short or too mixed to recognise', heading: 'unclear lines' },
        {
            name: 'wordPass',
            words: 'no word in another script, of the answers that pass by their lines',
            heading: 'word pass rate',
        },
        { name: 'words', words: 'words in the script of the language asked', heading: 'words' },
        { name: 'undetermined', words: 'in no language that is recognised', heading: 'unknown', usual: 0 },
        { name: 'cut', words: 'cut off', heading: 'cut off', usual: 0 },
    ],
    formatValue: formatShare,
    formatChange: formatPointsChange,
    formatEffect: formatPointsChange,
    formatPlain: formatPlainShare,
    needsNumbers: false,
    answerLanguages: candidatesOf,
    own: z.object({}),
    ownOf: () => ({}),
    sheetOf: (conditions, { questions, languages }) =>
        new LanguageSheet(
            conditions,
            questions.map((question) => question.language),
            candidatesOf(languages),
        ),
    note: (questions, _, progress) =>
        noteUnknownLanguages(questions, 'number+language', progress, 'leave the language out'),
});

/**
 * Share of answers that keep to the language asked, line by line; nothing else is asked of them, so that prompts need
 * no right answer.
 */
export function languageMetric(options: QuestionMetricOptions): Metric {
    return language.on(options);
}
