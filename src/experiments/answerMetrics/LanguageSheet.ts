import { answerWords } from '../../answers/answerWords.js';
import { lineLanguages } from '../../answers/lineLanguages.js';
import { sum } from '../../support/averages.js';
import { toldLanguage } from './AnswerSheet.js';
import type { Cell } from '../statistics/estimates.js';
import { type AnswerFacts, firstOwnBit, verdictBits, VerdictSheet } from './VerdictSheet.js';

/** Bits of a verdict. */
const passes = firstOwnBit;
const ownLanguage = firstOwnBit << 1;
const noForeignWord = firstOwnBit << 2;

/** Counts of an answer, in this order. */
const counted = ['own', 'determined', 'lines', 'foreign', 'words'] as const;

/** What the lines of an answer, and the answer as a whole, say of its language. */
export interface JudgedLanguage {
    /** Whether a line or the whole is in the language asked, and no line in another. */
    readonly passes: boolean;
    /** Of an answer that does not pass, the language of most of it that is not the one asked; undefined: unknown. */
    readonly instead: string | undefined;
    /** Of the answer as a whole; undefined: unknown. */
    readonly language: string | undefined;
    readonly lines: { readonly own: number; readonly determined: number; readonly all: number };
}

/**
 * Judges the language of an answer. It passes where none of its lines is in another language than the one asked, and
 * one is in it; or the answer as a whole, where all of its lines are too short to tell.
 */
export function judgeLanguage(text: string, asked: string, candidates: readonly string[]): JudgedLanguage {
    const { own, others, undetermined } = lineLanguages(text, asked, candidates);
    const language = toldLanguage(text, asked, candidates);
    const elsewhere = sum([...others.values()]);
    const determined = own + elsewhere;
    const isPassed = elsewhere === 0 && (own > 0 || language === asked);
    const [first = language === asked ? undefined : language] = others.keys();
    return {
        passes: isPassed,
        instead: isPassed ? undefined : first,
        language,
        lines: { own, determined, all: determined + undetermined },
    };
}

/** Verdicts on the languages of answers. */
export class LanguageSheet extends VerdictSheet {
    readonly #languages: readonly string[];
    readonly #candidates: readonly string[];
    readonly #counts: Uint32Array;
    /** Languages that answers are in instead, and for each answer its place among them plus one; 0: none. */
    readonly #others: string[] = [];
    readonly #instead: Uint8Array;

    /**
     * @param languages of each question
     * @param candidates that an answer may be in
     */
    constructor(conditions: number, languages: readonly string[], candidates: readonly string[]) {
        super(conditions, languages.length);
        this.#languages = languages;
        this.#candidates = candidates;
        this.#counts = new Uint32Array(conditions * languages.length * counted.length);
        this.#instead = new Uint8Array(conditions * languages.length);
    }

    mark(condition: number, question: number, text: string, facts: AnswerFacts): void {
        const asked = this.#languages[question]!;
        const place = this.place(condition, question);
        const judged = judgeLanguage(text, asked, this.#candidates);
        const { words, foreign } = answerWords(text, asked);
        const { own, determined, all } = judged.lines;
        this.#counts.set([own, determined, all, foreign.length, words], place * counted.length);
        this.#instead[place] = judged.instead === undefined ? 0 : this.#placeOf(judged.instead) + 1;
        const bits =
            (judged.passes ? passes : 0) |
            (judged.language === asked ? ownLanguage : 0) |
            (foreign.length === 0 ? noForeignWord : 0);
        this.keep(place, bits, facts);
    }

    cell(condition: number, questions: readonly number[]): Cell {
        const places = questions.map((question) => this.place(condition, question));
        const total = (name: (typeof counted)[number]): number =>
            sum(places, (place) => this.#counts[place * counted.length + counted.indexOf(name)]!);
        const passed = places.filter((place) => (this.verdict(place) & passes) !== 0);
        const unknown = places.filter((place) => (this.verdict(place) & passes) === 0 && this.#instead[place] === 0);
        return {
            numerators: Float64Array.from(places, (place) => ((this.verdict(place) & passes) === 0 ? 0 : 1)),
            weights: new Float64Array(places.length).fill(1),
            samples: places.length,
            shares: {
                language: this.shareOf(places, ownLanguage),
                lines: total('own') / total('determined'),
                undeterminedLines: 1 - total('determined') / total('lines'),
                wordPass: this.shareOf(passed, noForeignWord),
                words: 1 - total('foreign') / total('words'),
                undetermined: unknown.length / places.length,
                cut: this.shareOf(places, verdictBits.cutOff),
            },
            instead: this.#insteadOf(places),
        };
    }

    #placeOf(language: string): number {
        const found = this.#others.indexOf(language);
        return found < 0 ? this.#others.push(language) - 1 : found;
    }

    #insteadOf(places: readonly number[]): Record<string, number> {
        const counts = this.#others.map(
            (language, i) => [language, places.filter((place) => this.#instead[place] === i + 1).length] as const,
        );
        const some = counts.filter(([, count]) => count > 0);
        return Object.fromEntries(some.sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
    }
}
