import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { LanguageNeuronsError } from '../errors.js';
import { randomOf } from '../random.js';
import type { NativeBatch, NativeDraws } from './addon.js';
import { BatchBuilder, type TokenUse } from './BatchBuilder.js';
import { StopMatcher } from './stops.js';

/** A prompt, as tokens with BOS, and how many answers to draw for it. */
export interface GenerationRequest {
    /** Names the request, and with the seed decides what is drawn for it. */
    readonly id: number;
    readonly prompt: Int32Array;
    readonly answers: number;
    /** Mask that its tokens have; what is drawn does not depend on its number. Default 0. */
    readonly mask?: number;
    /** An answer is over once it holds one of these texts, though the model did not end it. Default: none. */
    readonly stops?: readonly string[];
}

/** One answer; `answer` counts those to its request. */
export interface GeneratedTokens<Request extends GenerationRequest = GenerationRequest> {
    readonly request: Request;
    readonly answer: number;
    /** Without the token that ended it. */
    readonly tokens: Int32Array;
    /** Whether the model ended it, or `maxTokens` did. */
    readonly end: 'stop' | 'length';
}

export interface GenerationOptions {
    /** Most tokens of an answer. */
    readonly maxTokens: number;
    /** 0: always the likeliest token. */
    readonly temperature: number;
    readonly seed: number;
    readonly endTokens: ReadonlySet<number>;
    readonly batchSize: number;
    /** Sequence ids at hand. */
    readonly sequences: number;
    /** Cells of the KV cache. */
    readonly cells: number;
}

/** What draws the tokens. */
export interface GenerationModel {
    /** Frees the sequences that `finished` names, decodes the batch and draws a token for each row. */
    sample(batch: NativeBatch, draws: NativeDraws): Promise<Int32Array>;
    /** The text of each list of tokens; asked once a step, for all answers that stop at a text. */
    detokenize(lists: readonly Int32Array[]): Promise<readonly string[]>;
}

/** A request under way: its prompt's cells are shared until its last answer ends. */
interface Started<Request> {
    readonly request: Request;
    readonly sequences: readonly number[];
    /** Tokens of the prompt decoded. */
    decoded: number;
    /** Answers that have not ended. */
    open: number;
}

interface Growing<Request> {
    readonly of: Started<Request>;
    readonly answer: number;
    readonly sequence: number;
    readonly random: RandomGenerator;
    readonly stops: StopMatcher | undefined;
    readonly tokens: number[];
    /** Position of the last token drawn, which is decoded next. */
    position: number;
}

/**
 * Draws answers to prompts, many sequences at once: every step decodes one token of each growing answer
 * and fills the batch with new prompts, so that batches stay full until the last answer ends. Answers
 * to one prompt share its KV cells. What is drawn depends on seed, request and answer alone, up to the
 * rounding of batches of other shapes.
 * @throws LanguageNeuronsError WRONG_USE for a prompt that the context has no room for
 */
export async function* generate<Request extends GenerationRequest>(
    requests: AsyncIterable<Request> | Iterable<Request>, options: GenerationOptions,
    model: GenerationModel,
): AsyncGenerator<GeneratedTokens<Request>> {
    const { maxTokens, temperature, endTokens } = options;
    const free = Array.from({ length: options.sequences }, (_, id) => options.sequences - 1 - id);
    let growing: Growing<Request>[] = [];
    let starting: Started<Request>[] = [];
    let used = 0;
    let finished: number[] = [];
    const waiting = stream(requests);
    let next = await waiting.next();

    for (;;) {
        while (next.done !== true) {
            const request = next.value;
            const { prompt, answers } = request;
            const cells = prompt.length + answers * maxTokens;
            checkRoom(prompt.length, answers, cells, options);
            if (free.length < answers || used + cells > options.cells) break;
            starting.push({ request, sequences: Array.from({ length: answers }, () => free.pop()!), decoded: 0, open: answers });
            used += cells;
            next = await waiting.next();
        }
        if (growing.length === 0 && starting.length === 0) return;

        const batch = new BatchBuilder(options.batchSize);
        for (const sequence of finished) batch.finish(sequence);
        const rows: number[] = [];
        const uniforms: number[] = [];
        const draw = (row: number, random: RandomGenerator): void => {
            rows.push(row);
            uniforms.push(uniformFloat64(random));
        };
        const drawn = growing;
        for (const { tokens, position, sequence, of, random } of growing) {
            draw(batch.add(tokens.at(-1)!, position, [sequence], useOf(of.request)), random);
        }
        for (const one of starting) {
            const { id, prompt, stops = [] } = one.request;
            let row = -1;
            while (one.decoded < prompt.length && batch.room > 0) row = batch.add(prompt[one.decoded]!, one.decoded++, one.sequences, useOf(one.request));
            if (one.decoded < prompt.length) break; // the next batch goes on with it
            for (const [answer, sequence] of one.sequences.entries()) {
                const random = randomOf(options.seed, id, answer);
                draw(row, random);
                const matcher = stops.length === 0 ? undefined : new StopMatcher(stops);
                drawn.push({
                    of: one, answer, sequence, tokens: [], position: prompt.length - 1, random, stops: matcher,
                });
            }
        }
        starting = starting.filter(({ request: { prompt }, decoded }) => decoded < prompt.length);

        const tokens = await model.sample(
            batch.build(), { rows: Int32Array.from(rows), uniforms: Float64Array.from(uniforms), temperature },
        );
        for (const [i, answer] of drawn.entries()) {
            if (endTokens.has(tokens[i]!)) continue;
            answer.tokens.push(tokens[i]!);
            answer.position++;
        }
        const stopped = await thoseAtStop(drawn.filter((_, i) => !endTokens.has(tokens[i]!)), model);
        finished = [];
        growing = [];
        for (const [i, one] of drawn.entries()) {
            const stop = endTokens.has(tokens[i]!) || stopped.has(one);
            if (!stop && one.tokens.length < maxTokens) {
                growing.push(one);
                continue;
            }
            finished.push(one.sequence);
            free.push(one.sequence);
            one.of.open--;
            used -= maxTokens + (one.of.open === 0 ? one.of.request.prompt.length : 0);
            yield { request: one.of.request, answer: one.answer, tokens: Int32Array.from(one.tokens), end: stop ? 'stop' : 'length' };
        }
    }
}

/** Of answers that grew by a token, those that hold one of their stop texts now. */
async function thoseAtStop<Answer extends Growing<unknown>>(
    answers: readonly Answer[], model: GenerationModel,
): Promise<ReadonlySet<Answer>> {
    const watched = answers.flatMap((answer) => (answer.stops === undefined ? [] : [{ answer, stops: answer.stops }]));
    if (watched.length === 0) return new Set();
    const texts = await model.detokenize(watched.map(({ answer, stops }) => stops.add(answer.tokens.at(-1)!)));
    return new Set(watched.filter(({ stops }, i) => stops.isOver(texts[i]!)).map(({ answer }) => answer));
}

function useOf({ mask = 0 }: GenerationRequest): TokenUse {
    return { mask };
}

async function* stream<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T> {
    yield* items;
}

function checkRoom(promptLength: number, answers: number, cells: number, options: GenerationOptions): void {
    if (promptLength === 0) throw new LanguageNeuronsError('WRONG_USE', 'a prompt has no token; give it some text');
    if (answers > options.sequences) throw new LanguageNeuronsError('WRONG_USE', `${answers} answers to a prompt are more than the ${options.sequences} sequences of a batch; ask for fewer at a time`);
    if (cells > options.cells) {
        throw new LanguageNeuronsError(
            'WRONG_USE', `a prompt of ${promptLength} tokens with ${answers} answers of up to ${options.maxTokens} takes ${cells} cells of context, ${options.cells} are there; raise the context size or lower the answers' length`,
        );
    }
}
