import { wrongUse } from '../../errors.js';
import type { LogProbabilityChoice, TokenLogProbability } from './logProbabilities.js';

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

/** What is asked of the model: answers to one prompt. They do not depend on the requests computed beside it. @inline */
export interface AnswerRequest {
    /** Tokens. `ContinuousBatching` puts BOS before them where the model asks for one and it is not there. */
    readonly prompt: Int32Array;
    /** Place of its condition in the edits of the pass. Default 0. */
    readonly edit?: number | undefined;
    /** Answers to the prompt, whose cells they share. Default 1. */
    readonly answers?: number | undefined;
    /** Most tokens of an answer; 0: none is drawn. */
    readonly maxTokens: number;
    /** Default 0: always the likeliest token. */
    readonly temperature?: number | undefined;
    /** Default: every token may be drawn. */
    readonly truncation?: Truncation | undefined;
    /** With the numbers of prompt and answer it decides what is drawn at a temperature above 0. Default 1. */
    readonly seed?: number | undefined;
    /** Default 0. */
    readonly promptNumber?: number | undefined;
    /** Of the first answer. Default 0. */
    readonly answerNumber?: number | undefined;
    /** An answer ends with the token in which one of these texts is complete. Default: none. */
    readonly stops?: readonly string[] | undefined;
    /** Tokens that an answer may turn out to be: they change what is computed, not what is drawn. Default: none. */
    readonly draft?: Int32Array | undefined;
    /** Log-probabilities to return. Default: none. */
    readonly logProbabilities?: LogProbabilityChoice | undefined;
    /** Most tokens of its prompt to take from what the cache has of others that begin alike. Default: all but one. */
    readonly reuse?: number | undefined;
    /** Once aborted, the request is abandoned: its cells are freed, and no answer comes. */
    readonly signal?: AbortSignal | undefined;
    /** `ContinuousBatching` calls it with all tokens of the answer so far whenever it grew. */
    readonly onGrowth?:
        ((tokens: readonly number[], logProbabilities: readonly TokenLogProbability[]) => void) | undefined;
}

/** @throws LanguageNeuronsError WRONG_USE for what `reuse` does not take */
export function checkReuse({ reuse }: Pick<AnswerRequest, 'reuse'>): void {
    if (reuse === undefined || reuse === Infinity || (Number.isInteger(reuse) && reuse >= 0)) return;
    throw wrongUse(`\`reuse\` takes a whole number of tokens from 0, not ${reuse}`);
}

/** One answer to a request. */
export interface TokenAnswer {
    /** As it was computed: BOS is in its prompt. */
    readonly request: AnswerRequest;
    /** Which of the request's answers, from 0. */
    readonly answer: number;
    /** Without the token that ended the answer. */
    readonly tokens: Int32Array;
    /**
     * `stop`: the model or a stop text ended it; `length`: `maxTokens` did; `nonfinite`: logits were NaN or infinite,
     * which `ContinuousBatching.ask` rejects with.
     */
    readonly end: 'stop' | 'length' | 'nonfinite';
    /** Tokens of the prompt that were in the cache before it came. */
    readonly cached: number;
    /** Tokens of the draft that were computed, and those of them that are the answer's. */
    readonly drafted: number;
    readonly accepted: number;
    /** Of the prompt's tokens but the first, where asked for. */
    readonly promptLogProbabilities: readonly TokenLogProbability[];
    /** Of the answer's tokens, and of the one with which the model ended it, where asked for. */
    readonly logProbabilities: readonly TokenLogProbability[];
}
