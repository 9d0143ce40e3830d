import { detectorCode, isInScript } from '../answers/detectorCode.js';
import { languageOf } from '../answers/languageOf.js';
import { hasRightNumber, type NumberRule } from '../answers/numberRules.js';
import { paperLanguages } from '../languages/paperLanguages.js';
import type { AnswerJudge } from './choices.js';
import type { Question } from '../questions/Questions.js';
import type { Cell } from './Metric.js';

/** The parts of a question by which an answer is judged. */
export type JudgedQuestion = Pick<Question, 'answer' | 'language'>;

/** Bits of a verdict, which is kept for each answer beside the number of its tokens. */
const answered = 1;
const rightNumber = 2;
const ownLanguage = 4;
const unknownLanguage = 8;
const cutOff = 16;

/**
 * Verdicts on answers, a few bytes each, by question and condition. The texts of the answers stay in the journal.
 */
export class AnswerSheet {
    readonly #questions: readonly JudgedQuestion[];
    readonly #rule: NumberRule;
    readonly #judge: AnswerJudge;
    readonly #candidates: readonly string[];
    readonly #verdicts: Uint8Array;
    readonly #tokens: Uint32Array;

    /** @param languages asked in */
    constructor(
        conditions: number,
        questions: readonly JudgedQuestion[],
        languages: readonly string[],
        rule: NumberRule,
        judge: AnswerJudge = 'number+language',
    ) {
        this.#questions = questions;
        this.#rule = rule;
        this.#judge = judge;
        this.#candidates = answerLanguages(languages);
        this.#verdicts = new Uint8Array(conditions * questions.length);
        this.#tokens = new Uint32Array(conditions * questions.length);
    }

    /** @param tokens that the model computed for it */
    mark(
        condition: number,
        question: number,
        text: string,
        { tokens, end }: { readonly tokens: number; readonly end: 'stop' | 'length' },
    ): void {
        const asked = this.#questions[question]!;
        const { number, language } = judgeAnswer(text, asked, this.#candidates, this.#rule);
        const place = this.#place(condition, question);
        this.#verdicts[place] =
            answered |
            (number ? rightNumber : 0) |
            (language === asked.language ? ownLanguage : 0) |
            (language === undefined ? unknownLanguage : 0) |
            (end === 'length' ? cutOff : 0);
        this.#tokens[place] = tokens;
    }

    has(condition: number, question: number): boolean {
        return (this.#verdicts[this.#place(condition, question)]! & answered) !== 0;
    }

    tokens(condition: number, question: number): number {
        return this.#tokens[this.#place(condition, question)]!;
    }

    /** A condition on some of the questions, all of them answered. */
    cell(condition: number, questions: readonly number[]): Cell {
        const verdicts = questions.map((question) => this.#verdicts[this.#place(condition, question)]!);
        const count = (is: (verdict: number) => boolean): number => verdicts.filter(is).length / verdicts.length;
        const right = this.#judge === 'number' ? rightNumber : rightNumber | ownLanguage;
        return {
            numerators: Float64Array.from(verdicts, (verdict) => ((verdict & right) === right ? 1 : 0)),
            weights: new Float64Array(verdicts.length).fill(1),
            samples: verdicts.length,
            answers: {
                number: count((verdict) => (verdict & rightNumber) !== 0),
                language: count((verdict) => (verdict & ownLanguage) !== 0),
                unknownLanguage: count((verdict) => (verdict & rightNumber) !== 0 && (verdict & unknownLanguage) !== 0),
                cut: count((verdict) => (verdict & cutOff) !== 0),
            },
        };
    }

    #place(condition: number, question: number): number {
        return condition * this.#questions.length + question;
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
