import { answerLanguages, judgeAnswer } from './AnswerSheet.js';

/** Answers to a question, of which some may have been cut off. */
export interface JudgedAnswers {
    /** Tag of the question's language. */
    readonly language: string;
    readonly answer: number;
    readonly answers: readonly { readonly generated: string; readonly end: 'stop' | 'length' }[];
}

/** Shares of the answers in one language. */
export interface AnsweredShares {
    readonly answers: number;
    /** The right number, in the language of the question. */
    readonly right: number;
    /** The right number, in whatever language. */
    readonly number: number;
    /** The right number, in a text whose language is unclear (too short or mixed); counts as wrong. */
    readonly unknownLanguage: number;
    /** Cut off at `maxTokens`, perhaps before their result. */
    readonly cut: number;
}

/** Shares of answers by outcome, for each language, judged as for an accuracy. */
export function answeredShares(questions: readonly JudgedAnswers[]): ReadonlyMap<string, AnsweredShares> {
    const languages = [...new Set(questions.map(({ language }) => language))];
    const candidates = answerLanguages(languages);
    return new Map(
        languages.map((language) => {
            const judged = questions
                .filter((question) => question.language === language)
                .flatMap(({ answer, answers }) =>
                    answers.map(({ generated, end }) => ({
                        ...judgeAnswer(generated, { answer, language }, candidates, 'last'),
                        cut: end === 'length',
                    })),
                );
            const share = (is: (answer: (typeof judged)[number]) => boolean): number =>
                judged.filter(is).length / judged.length;
            const shares = {
                answers: judged.length,
                right: share(({ number, language: told }) => number && told === language),
                number: share(({ number }) => number),
                unknownLanguage: share(({ number, language }) => number && language === undefined),
                cut: share(({ cut }) => cut),
            };
            return [language, shares] as const;
        }),
    );
}
