import type { SingleRequest } from '../engine/answers/ContinuousBatching.js';
import type { TokenAnswer } from '../engine/scheduler/AnswerRequest.js';
import { answerText, type Exchange, type Pieces, type Served, usageOf } from './Exchange.js';
import { JsonList } from './json.js';
import { type PlacedToken, PlacedTokens } from './PlacedTokens.js';
import { StreamedText } from './StreamedText.js';

/** How the answers to a kind of request are written: `choices` of OpenAI's documents, whole or in pieces. */
export interface ResponseForm {
    readonly requests: readonly SingleRequest[];
    /** Answers to each prompt. */
    readonly answers: number;
    readonly stops: readonly string[];
    /** Whether they are sent in pieces. */
    readonly stream: boolean;
    /** Whether the last piece holds the usage. */
    readonly includeUsage: boolean;
    /** Fields that begin the whole document, and each piece. */
    readonly head: object;
    readonly pieceHead: object;
    /** Whether the token with which the model ended an answer is among the tokens that are written. */
    readonly ending: boolean;
    /** An answer of the whole document. @param text of the answer, up to a stop */
    choice(place: number, text: string, all: readonly TokenAnswer[]): object;
    /** Before the first text of an answer. */
    opening(place: number): readonly object[];
    /** More text of an answer, and the tokens that begin in it. */
    growth(place: number, text: string, tokens: readonly PlacedToken[]): object;
    /** The last text of an answer, and why it ends. */
    closing(place: number, text: string, tokens: readonly PlacedToken[], end: TokenAnswer['end']): readonly object[];
}

/** The exchange of some requests, whose answers have this form. */
export function exchangeOf(served: Served, form: ResponseForm): Exchange {
    const { requests, answers, stops, stream, head, choice } = form;
    return {
        requests,
        whole: (all) => ({
            ...head,
            choices: JsonList.of(all, (answer, place) => choice(place, answerText(served, answer, stops), all)),
            usage: usageOf(all, answers),
        }),
        pieces: stream ? piecesOf(served, form) : undefined,
    };
}

function piecesOf(served: Served, form: ResponseForm): Pieces {
    const { requests, answers, stops, includeUsage, pieceHead, ending } = form;
    const { texts } = served.batching;
    const streams = requests.map(() => ({
        text: new StreamedText(texts, stops),
        placed: new PlacedTokens(texts, { ending }),
    }));
    const piece = (choice: object): object => ({ ...pieceHead, choices: JsonList.of([choice]) });
    return {
        *begin() {
            for (const place of requests.keys()) yield* form.opening(place).map(piece);
        },
        *grew(place, tokens, logProbabilities) {
            const { text, placed } = streams[place]!;
            const fresh = text.grow(tokens);
            if (fresh === '') return;
            yield piece(form.growth(place, fresh, placed.grow(logProbabilities, text.characters)));
        },
        *ended(place, answer) {
            const { text, placed } = streams[place]!;
            const whole = answerText(served, answer, stops);
            const fresh = text.end(whole);
            const rest = placed.rest(answer, whole, text.characters);
            yield* form.closing(place, fresh, rest, answer.end).map(piece);
        },
        *end(all) {
            if (includeUsage) yield { ...pieceHead, choices: [], usage: usageOf(all, answers) };
        },
    };
}
