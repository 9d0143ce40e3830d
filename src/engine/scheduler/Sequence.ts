import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { randomGenerator } from '../../support/randomGenerator.js';
import { StopMatcher } from './stops.js';
import type { TextEdit } from '../types/edits.js';
import type { AnswerRequest, TokenAnswer } from './AnswerRequest.js';
import { Draft } from './Draft.js';
import type { TokenLogProbability } from './logProbabilities.js';

/**
 * `waiting`: admitted, and no token of its prompt is computed; `prefilling`: some tokens of its prompt are; `growing`:
 * its tokens are drawn; `finished`: its answer is over, or its request was abandoned.
 */
export type SequenceState = 'waiting' | 'prefilling' | 'growing' | 'finished';

/** A prompt in the cache: its cells belong to the sequences of all its answers, until the last of these is finished. */
export class CachedPrompt {
    readonly request: AnswerRequest;
    /** One for each answer. */
    readonly sequences: readonly Sequence[];
    /** Tokens of the prompt that were in the cache before. */
    readonly cached: number;
    /** Tokens of the prompt that are in the cache. */
    decoded: number;
    /** Of the request, while it is under way: another may take its number in the pass later. */
    readonly condition: TextEdit;
    /** Of each token but the first, where that is asked for. */
    readonly logProbabilities: TokenLogProbability[] = [];

    /** @param ids numbers of the sequences */
    constructor(request: AnswerRequest, ids: readonly number[], cached = 0, condition?: TextEdit) {
        this.request = request;
        this.cached = cached;
        this.decoded = cached;
        this.condition = condition;
        this.sequences = ids.map((id, answer) => new Sequence(this, answer, id));
    }

    get length(): number {
        return this.request.prompt.length;
    }

    get isAbandoned(): boolean {
        return this.request.signal?.aborted === true;
    }

    get isFinished(): boolean {
        return this.sequences.every(({ state }) => state === 'finished');
    }
}

/** An answer on its way: one sequence of the cache. */
export class Sequence {
    readonly prompt: CachedPrompt;
    readonly answer: number;
    /** Its number in the cache, which may change. */
    id: number;
    readonly tokens: number[] = [];
    /** Of each token, where that is asked for. */
    readonly logProbabilities: TokenLogProbability[] = [];
    readonly stops: StopMatcher | undefined;
    readonly draft: Draft | undefined;
    /** Drafted tokens in the cache that are not the answer's. */
    rejected = 0;
    end: TokenAnswer['end'] | 'abandoned' | undefined;
    #random: RandomGenerator | undefined;
    /** Uniform numbers of tokens that are not drawn yet. */
    readonly #uniforms: number[] = [];

    constructor(prompt: CachedPrompt, answer: number, id: number) {
        const { stops = [], draft } = prompt.request;
        this.prompt = prompt;
        this.answer = answer;
        this.id = id;
        this.stops = stops.length === 0 ? undefined : new StopMatcher(stops);
        this.draft = draft === undefined ? undefined : new Draft(draft);
    }

    get state(): SequenceState {
        if (this.end !== undefined) return 'finished';
        if (this.prompt.decoded === this.prompt.length) return 'growing';
        return this.prompt.decoded === 0 ? 'waiting' : 'prefilling';
    }

    /** Position of its last token, the prompt's where none is drawn. */
    get position(): number {
        return this.prompt.length + this.tokens.length - 1;
    }

    /** Tokens, from the prompt's first on, that are in the cache for certain. */
    get known(): number {
        const { decoded, length } = this.prompt;
        return decoded < length ? decoded : this.position;
    }

    /** 0: always the likeliest token. */
    get temperature(): number {
        return this.prompt.request.temperature ?? 0;
    }

    /** Tokens that it may still get. */
    get remaining(): number {
        return this.prompt.request.maxTokens - this.tokens.length;
    }

    /** Uniform numbers in [0, 1) for its next `count` tokens, the same until these are drawn. */
    uniforms(count: number): readonly number[] {
        const { seed = 1, promptNumber = 0, answerNumber = 0 } = this.prompt.request;
        this.#random ??= randomGenerator(seed, promptNumber, answerNumber + this.answer);
        while (this.#uniforms.length < count) this.#uniforms.push(uniformFloat64(this.#random));
        return this.#uniforms;
    }

    /** Goes on to the uniform number of the next token: one was drawn. */
    useUniform(): void {
        if (this.temperature > 0) this.#uniforms.shift();
    }

    /** The answer of a sequence that is finished and not abandoned. */
    result(): TokenAnswer {
        return {
            request: this.prompt.request,
            answer: this.answer,
            tokens: Int32Array.from(this.tokens),
            end: this.end as TokenAnswer['end'],
            cached: this.prompt.cached,
            drafted: this.draft?.drafted ?? 0,
            accepted: this.draft?.accepted ?? 0,
            promptLogProbabilities: this.prompt.logProbabilities,
            logProbabilities: this.logProbabilities,
        };
    }
}
