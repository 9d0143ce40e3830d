import { detectorCode, isInScript } from '../../answers/detectorCode.js';
import { languageOf } from '../../answers/languageOf.js';
import { hasRightNumber, type NumberRule } from '../../answers/numberRules.js';
import { paperLanguages } from '../../languages/paperLanguages.js';
import type { AnswerJudge } from '../metric/choices.js';
import type { Question } from '../../questions/sources/Questions.js';
import type { Cell } from '../statistics/estimates.js';
import { type AnswerFacts, firstOwnBit, verdictBits, VerdictSheet } from './VerdictSheet.js';

/** The parts of a question by which an answer is judged. */
export type JudgedQuestion = Required<Pick<Question, 'answer' | 'language'>>;

/** Bits of a verdict. */
const rightNumber = firstOwnBit;
const ownLanguage = firstOwnBit << 1;
const unknownLanguage = firstOwnBit << 2;

/** Verdicts on answers that have a number and a language. */
export class AnswerSheet extends VerdictSheet {
    readonly #questions: readonly JudgedQuestion[];
    readonly #rule: NumberRule;
    readonly #judge: AnswerJudge;
    readonly #candidates: readonly string[];

    /** @param languages asked in */
    constructor(
        conditions: number,
        questions: readonly JudgedQuestion[],
        languages: readonly string[],
        rule: NumberRule,
        judge: AnswerJudge = 'number+language',
    ) {
        super(conditions, questions.length);
        this.#questions = questions;
        this.#rule = rule;
        this.#judge = judge;
        this.#candidates = answerLanguages(languages);
    }

    mark(condition: number, question: number, text: string, facts: AnswerFacts): void {
        const asked = this.#questions[question]!;
        const { number, language } = judgeAnswer(text, asked, this.#candidates, this.#rule);
        const own =
            (number ? rightNumber : 0) |
            (language === asked.language ? ownLanguage : 0) |
            (language === undefined ? unknownLanguage : 0);
        this.keep(this.place(condition, question), own, facts);
    }

    cell(condition: number, questions: readonly number[]): Cell {
        const places = questions.map((question) => this.place(condition, question));
        const right = this.#judge === 'number' ? rightNumber : rightNumber | ownLanguage;
        return {
            numerators: Float64Array.from(places, (place) => ((this.verdict(place) & right) === right ? 1 : 0)),
            weights: new Float64Array(places.length).fill(1),
            samples: places.length,
            shares: {
                number: this.shareOf(places, rightNumber),
                language: this.shareOf(places, ownLanguage),
                unknownLanguage: this.shareOf(places, rightNumber | unknownLanguage),
                cut: this.shareOf(places, verdictBits.cutOff),
            },
        };
    }
}

/**
 * Languages that an answer may be in: those asked and the paper's ten, so that an English answer to a
 * German question is recognised even where nothing is asked in English.
 */
export function answerLanguages(asked: readonly string[]): string[] {
    return [...new Set([...asked, ...paperLanguages])];
}

/**
 * Judges an answer: whether its number is right, and its language, which is the question's own tag or one of the
 * candidates; undefined where it is unknown. Languages that are one to the detector differ by their scripts alone.
 */
export function judgeAnswer(
    text: string,
    { answer, language }: JudgedQuestion,
    candidates: readonly string[],
    rule: NumberRule,
): { number: boolean; language: string | undefined } {
    return { number: hasRightNumber(text, answer, language, rule), language: toldLanguage(text, language, candidates) };
}

/** The language of an answer to a question in `asked`; see `judgeAnswer`. */
export function toldLanguage(text: string, asked: string, candidates: readonly string[]): string | undefined {
    const own = detectorCode(asked);
    const told = own === undefined ? undefined : languageOf(text, candidates);
    if (told === undefined || detectorCode(told) !== own) return told;
    return isInScript(text, asked) ? asked : `${own} in another script`;
}
