import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { NativeTold } from './addon.js';
import type { Draft } from './Draft.js';
import type { StopMatcher } from './stops.js';
import { type Telling, toldToken, type ToldToken } from './telling.js';

/** Steps asked of the model at once: a call costs as much as a step of a small model. */
const mostSteps = 64;
/** The same where answers may stop at a text, beyond which what is drawn is thrown away, or meet their drafts again. */
const mostStepsWatched = 6;

/**
 * Which tokens may be drawn at a temperature above 0, one bound after another, by their probabilities at that
 * temperature: the `topK` likeliest (0: all); of these the fewest likeliest that make up `topP` of their sum (1: all);
 * of these those at least `minP` times as likely as the likeliest (0: all).
 */
export interface Truncation {
    readonly topK: number;
    readonly topP: number;
    readonly minP: number;
}

const wholeVocabulary: Truncation = { topK: 0, topP: 1, minP: 0 };

/** A request whose tokens may go through different edits. */
export interface EditedRequest {
    readonly editAt?: (position: number) => number;
}

/** A request under way: its prompt's cells are shared until its last answer ends. */
export interface Started<Request> {
    readonly request: Request;
    /** Of each answer. */
    readonly sequences: number[];
    /** Tokens of the prompt decoded. */
    decoded: number;
    /** Answers that have not ended. */
    open: number;
    /** Of each token of the prompt but the first, where that is asked for. */
    readonly told: ToldToken[];
}

/** An answer under way. */
export interface Growing<Request = unknown> {
    readonly started: Started<Request>;
    readonly answer: number;
    readonly random: RandomGenerator;
    /** Uniform numbers drawn for steps that were not done. */
    readonly ahead: number[];
    readonly stops: StopMatcher | undefined;
    readonly tokens: number[];
    readonly draft: Draft | undefined;
    /** Most tokens of it. */
    readonly maxTokens: number;
    /** 0: always the likeliest token. */
    readonly temperature: number;
    /** Default: every token may be drawn. */
    readonly truncation: Truncation | undefined;
    /** Of each token, where that is asked for. */
    readonly told: ToldToken[];
    /** Tokens that are looked at in the batch under way, the first so many of the draft. */
    trying: Int32Array;
    drafted: number;
    /** Position of the last token drawn, which is decoded next. */
    position: number;
}

export function sequenceOf({ started, answer }: Growing): number {
    return started.sequences[answer]!;
}

/**
 * How many drafted tokens each growing answer gets in streams: all the same, as llama.cpp computes streams together
 * that have as many tokens. What a draft lacks is made up, and thrown away.
 * @param share room for each in the batch
 * @param cells of a stream
 * @returns undefined where no answer has a draft
 */
export function evenDraft(growing: readonly Growing[], share: number, cells: number): number | undefined {
    const drafts = growing.flatMap(({ draft }) => (draft === undefined ? [] : [draft.length]));
    const mean = Math.round(drafts.reduce((sum, length) => sum + length, 0) / growing.length);
    if (mean === 0) return undefined;
    return growing.reduce((least, { position }) => Math.min(least, cells - position - 1), Math.min(mean, share));
}

/** Steps that can follow each other without anything to do between them, unless an answer ends. */
export function stepsTogether(drawn: readonly Growing[]): number {
    if (drawn.length === 0) return 1;
    const watched = drawn.some(({ stops, draft }) => stops !== undefined || draft !== undefined);
    const most = watched ? mostStepsWatched : mostSteps;
    return drawn.reduce((least, { tokens, maxTokens }) => Math.min(least, maxTokens - tokens.length), most);
}

/**
 * [steps, rows]: each answer's next ones, one a step or one a token of its draft, kept where they are not used; of one
 * that is not drawn by chance, 0.
 */
export function uniformsOf(drawn: readonly Growing[], steps: number): Float64Array {
    for (const { ahead, random, trying, temperature } of drawn) {
        while (temperature > 0 && ahead.length < steps + trying.length) ahead.push(uniformFloat64(random));
    }
    const rows = drawn.reduce((sum, { trying }) => sum + 1 + trying.length, 0);
    if (drawn.every(({ temperature }) => temperature === 0)) return new Float64Array(rows * steps);
    const rowsOf = (step: number): number[] =>
        drawn.flatMap(({ ahead, trying, temperature }) =>
            temperature > 0 ? ahead.slice(step, step + 1 + trying.length) : Array<number>(1 + trying.length).fill(0),
        );
    return Float64Array.from(Array.from({ length: steps }, (_, step) => rowsOf(step)).flat());
}

/** [rows] */
export function temperaturesOf(drawn: readonly Growing[]): Float64Array {
    return Float64Array.from(
        drawn.flatMap(({ trying, temperature }) => Array<number>(1 + trying.length).fill(temperature)),
    );
}

/** [rows, 3]; undefined: every token may be drawn. */
export function truncationsOf(drawn: readonly Growing[]): Float64Array | undefined {
    if (drawn.every(({ truncation }) => truncation === undefined)) return undefined;
    return Float64Array.from(
        drawn.flatMap(({ trying, truncation: { topK, topP, minP } = wholeVocabulary }) =>
            Array.from({ length: 1 + trying.length }, () => [topK, topP, minP]).flat(),
        ),
    );
}

/** The edit of a request's token, wherever it stands. */
export function editAt({ request }: Started<EditedRequest>, position: number): { readonly edit: number } {
    return { edit: request.editAt?.(position) ?? 0 };
}

/** [steps, rows]: that of the token drawn for each row in each step. */
export function editsOf(drawn: readonly Growing<EditedRequest>[], steps: number): Int32Array {
    const rowsOf = (step: number): number[] =>
        drawn.flatMap(({ started, position, trying }) =>
            Array.from({ length: 1 + trying.length }, (_, i) => editAt(started, position + 1 + i + step).edit),
        );
    return Int32Array.from(Array.from({ length: steps }, (_, step) => rowsOf(step)).flat());
}

/**
 * What each answer has grown by: a token a step, or the tokens of its draft that held and one of the model's own.
 * @param tokens [steps, rows]
 */
export function freshTokens(drawn: readonly Growing[], tokens: Int32Array): number[][] {
    const rows = drawn.reduce((sum, { trying }) => sum + 1 + trying.length, 0);
    let row = 0;
    return drawn.map(({ trying }) => {
        const first = row;
        row += 1 + trying.length;
        if (trying.length === 0) {
            return Array.from({ length: tokens.length / rows }, (_, step) => tokens[step * rows + first]!);
        }
        let held = 0;
        while (held < trying.length && tokens[first + held] === trying[held]) held++;
        return Array.from(tokens.subarray(first, first + held + 1));
    });
}

interface ToldRequest {
    readonly telling?: Telling | undefined;
}

/** [rows]: how many likeliest tokens are told beside what is drawn for each; undefined: nothing is told. */
export function entriesToTell(drawn: readonly Growing<ToldRequest>[]): (number | undefined)[] {
    return drawn.flatMap(({ started: { request }, trying }) => {
        const likeliest = request.telling?.answer === true ? request.telling.likeliest : undefined;
        return Array<number | undefined>(1 + trying.length).fill(likeliest);
    });
}

/**
 * Takes what was told of the tokens drawn: of the answer at a place, of its so-manieth fresh token.
 * @param told [steps, entries to tell]
 */
export function toldOfDrawn(
    drawn: readonly Growing<ToldRequest>[],
    told: NativeTold,
): (place: number, step: number, token: number) => void {
    let entries = 0;
    const firsts = drawn.map(({ started: { request }, trying }) => {
        const first = entries;
        if (request.telling?.answer === true) entries += 1 + trying.length;
        return first;
    });
    return (place, step, token) => {
        const { started, trying, told: list } = drawn[place]!;
        const { telling } = started.request;
        if (telling?.answer !== true) return;
        // Of a draft's tokens in the entries that follow each other, of others in those of the step.
        const row = firsts[place]! + (trying.length > 0 ? step : step * entries);
        list.push(toldToken(told, row, token, telling.likeliest));
    };
}
