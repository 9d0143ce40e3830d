import { LanguageNeuronsError } from '../errors.js';
import { randomGenerator } from '../support/randomGenerator.js';
import type { NativeBatch, NativeDraws, NativeSampled } from './addon.js';
import { type RequestSource, sourceOf } from './Arrivals.js';
import { BatchBuilder } from './BatchBuilder.js';
import { Draft } from './Draft.js';
import {
    editAt,
    editsOf,
    entriesToTell,
    evenDraft,
    freshTokens,
    type Growing,
    sequenceOf,
    type Started,
    stepsTogether,
    temperaturesOf,
    toldOfDrawn,
    type Truncation,
    truncationsOf,
    uniformsOf,
} from './Growing.js';
import { StopMatcher } from './stops.js';
import { askedOf, type Telling, type TokenToTell, toldToken, type ToldToken } from './telling.js';

const none = new Int32Array();

/** A prompt, as tokens with BOS, and how many answers to draw for it. */
export interface GenerationRequest {
    /** Names the request, and with the seed decides what is drawn for it. */
    readonly id: number;
    readonly prompt: Int32Array;
    readonly answers: number;
    /** Number of the first of them, which decides too what is drawn. Default 0. */
    readonly firstAnswer?: number;
    /** Number of the edit that a token has; what is drawn does not depend on the number. Default: 0 for all. */
    readonly editAt?: (position: number) => number;
    /** Tokens that an answer may turn out to be: they change what is computed, not what is drawn. */
    readonly draft?: Int32Array;
    /** An answer is over once it holds one of these texts, though the model did not end it. Default: none. */
    readonly stops?: readonly string[];
    /** Its own, in the place of the options'; 0 draws nothing. */
    readonly maxTokens?: number;
    readonly temperature?: number;
    readonly seed?: number;
    /** Default: every token may be drawn. */
    readonly truncation?: Truncation | undefined;
    /** Log-probabilities to tell of its tokens; for one answer. Default: none. */
    readonly telling?: Telling | undefined;
    /** Once aborted, it is given up: what it has is freed, and its answers do not come. */
    readonly signal?: AbortSignal | undefined;
    /** Called before the batch that the first of its tokens are in. */
    readonly onBegin?: (() => void) | undefined;
}

/** One answer; `answer` counts those to its request. */
export interface GeneratedTokens<Request extends GenerationRequest = GenerationRequest> {
    readonly request: Request;
    readonly answer: number;
    /** Without the token that ended it. */
    readonly tokens: Int32Array;
    /** Whether the model ended it, or `maxTokens` did, or logits that are NaN or infinite. */
    readonly end: 'stop' | 'length' | 'nonfinite';
    /** Tokens of the draft that were tried, and that held. */
    readonly tried: number;
    readonly held: number;
    /** What `telling` asked for: of the prompt's tokens but the first; of the answer's, the one that ended it too. */
    readonly toldOfPrompt: readonly ToldToken[];
    readonly told: readonly ToldToken[];
}

export interface GenerationOptions<Request extends GenerationRequest = GenerationRequest> {
    /** Most tokens of an answer, unless its request says otherwise; so the next two. */
    readonly maxTokens: number;
    /** 0: always the likeliest token. */
    readonly temperature: number;
    readonly seed: number;
    readonly endTokens: ReadonlySet<number>;
    readonly batchSize: number;
    /** Answers go on after logits that are not finite. Default: that ends them. */
    readonly allowNonfinite?: boolean | undefined;
    /** Sequence ids at hand. */
    readonly sequences: number;
    /** Cells of the KV cache. */
    readonly cells: number;
    /** Each sequence has an equal part of the cells, and a request one answer; else all share them. Default false. */
    readonly streams?: boolean;
    /** Called after each step with the answers that grew, which is one token long then, unless `pace` is given. */
    readonly onGrowth?: ((answers: readonly Growing<Request>[]) => Promise<void>) | undefined;
    /** Milliseconds that a call of the model may take for several steps, so that new requests do not wait for long. */
    readonly pace?: number | undefined;
    /** Most tokens of a batch whose log-probabilities are told: each takes a row of logits. Default: all. */
    readonly mostTold?: number | undefined;
    /**
     * Tokens of a batch, prompts aside, up to which drafts fill it: a token more costs little there. Default: the
     * batch.
     */
    readonly draftTokens?: number;
}

/** What draws the tokens. */
export interface GenerationModel {
    /**
     * Frees the sequences that `finished` names, decodes the batch and draws a token for each row, then one after each
     * of these, and so on: at least one step and at most those asked for.
     */
    sample(batch: NativeBatch, draws: NativeDraws): Promise<NativeSampled>;
    /** The text of each list of tokens; asked once a step, for all answers that stop at a text. */
    detokenize(lists: readonly Int32Array[]): Promise<readonly string[]>;
}

/**
 * Draws answers to prompts, many sequences at once: every step decodes one token of each growing answer
 * and fills the batch with new prompts, so that batches stay full until the last answer ends. Answers
 * to one prompt share its KV cells. What is drawn depends on seed, request and answer alone, up to the
 * rounding of batches of other shapes.
 * @throws LanguageNeuronsError WRONG_USE for a prompt that the context has no room for
 */
export async function* generate<Request extends GenerationRequest>(
    requests: AsyncIterable<Request> | Iterable<Request> | RequestSource<Request>,
    options: GenerationOptions<Request>,
    model: GenerationModel,
): AsyncGenerator<GeneratedTokens<Request>> {
    const { endTokens, streams = false } = options;
    const lengthOf = ({ maxTokens = options.maxTokens }: Request): number => maxTokens;
    const draftTokens = Math.min(options.draftTokens ?? Infinity, options.batchSize);
    const free = Array.from({ length: options.sequences }, (_, id) => options.sequences - 1 - id);
    const mostTold = options.mostTold ?? Infinity;
    const mostCells = streams ? Math.floor(options.cells / options.sequences) : options.cells;
    let growing: Growing<Request>[] = [];
    let starting: Started<Request>[] = [];
    let used = 0;
    let finished: number[] = [];
    let trims: { readonly sequence: number; readonly from: number }[] = [];
    const ends = Int32Array.from(endTokens);
    const waiting = sourceOf(requests);
    let stepTime = Infinity; // of the last call, in milliseconds

    for (;;) {
        if (streams) free.sort((a, b) => b - a); // the lowest is taken first
        for (;;) {
            const request = await waiting.peek(growing.length + starting.length > 0);
            if (request === undefined) break;
            if (isGivenUp(request)) {
                waiting.take();
                continue;
            }
            const { prompt, answers } = request;
            const cells = prompt.length + answers * lengthOf(request);
            checkRoom(request, lengthOf(request), cells, mostCells, options.sequences);
            if (free.length < answers || (!streams && used + cells > mostCells)) break;
            starting.push({
                request,
                sequences: Array.from({ length: answers }, () => free.pop()!),
                decoded: 0,
                open: answers,
                told: [],
            });
            used += cells;
            waiting.take();
        }
        if (growing.length === 0 && starting.length === 0) return;

        const batch = new BatchBuilder(options.batchSize);
        for (const sequence of finished) batch.finish(sequence);
        for (const { sequence, from } of trims) batch.trim(sequence, from);
        if (streams) closeGaps([...growing.map(({ started }) => started), ...starting], free, batch);
        const rows: number[] = [];
        /**
         * Adds tokens of an answer's draft, and draws after each.
         * @param even so many, whatever the draft has
         */
        const tryOn = (answer: Growing<Request>, row: number, room: number, even?: number): void => {
            rows.push(row);
            const { draft, tokens, maxTokens } = answer;
            const found = draft?.next(even ?? Math.min(draft.length, room, maxTokens - tokens.length - 1)) ?? none;
            answer.drafted = found.length;
            answer.trying = found;
            if (even !== undefined && found.length < even) {
                answer.trying = new Int32Array(even).fill(tokens.at(-1)!);
                answer.trying.set(found);
            }
            for (const [i, token] of answer.trying.entries()) {
                const position = answer.position + 1 + i;
                rows.push(batch.add(token, position, [sequenceOf(answer)], editAt(answer.started, position)));
            }
        };
        const drawn = growing;
        const prefills = starting.length > 0;
        const share = Math.max(0, Math.floor(draftTokens / Math.max(1, growing.length + starting.length)) - 1);
        const even = streams ? evenDraft(growing, share, mostCells) : undefined;
        for (const answer of growing) {
            const { started, position } = answer;
            const row = batch.add(answer.tokens.at(-1)!, position, [sequenceOf(answer)], editAt(started, position));
            tryOn(answer, row, share, even);
        }
        const toTell: TokenToTell[] = [];
        const concluded: Started<Request>[] = []; // of which nothing is drawn
        for (const started of starting) {
            const { telling } = started.request;
            const { id, prompt, stops = [], draft } = started.request;
            const { temperature = options.temperature, seed = options.seed, firstAnswer = 0 } = started.request;
            let row = -1;
            const begins = started.decoded === 0;
            while (started.decoded < prompt.length && batch.room > 0) {
                const target = telling?.prompt === true ? (prompt[started.decoded + 1] ?? -1) : -1;
                if (target >= 0 && toTell.length >= mostTold) break;
                const position = started.decoded++;
                row = batch.add(prompt[position]!, position, started.sequences, editAt(started, position));
                if (target >= 0) {
                    const take = (told: ToldToken): number => started.told.push(told);
                    toTell.push({ row, token: target, likeliest: telling!.likeliest, take });
                }
            }
            if (begins && started.decoded > 0) started.request.onBegin?.();
            if (started.decoded < prompt.length) continue; // the next batch goes on with it
            if (lengthOf(started.request) === 0) {
                concluded.push(started);
                continue;
            }
            for (let answer = 0; answer < started.sequences.length; answer++) {
                const random = randomGenerator(seed, id, firstAnswer + answer);
                const begun: Growing<Request> = {
                    started: started,
                    answer,
                    tokens: [],
                    position: prompt.length - 1,
                    random,
                    ahead: [],
                    stops: stops.length === 0 ? undefined : new StopMatcher(stops),
                    draft: draft === undefined ? undefined : new Draft(draft),
                    maxTokens: lengthOf(started.request),
                    temperature,
                    truncation: started.request.truncation,
                    told: [],
                    trying: none,
                    drafted: 0,
                };
                tryOn(begun, row, Math.min(share, batch.room));
                drawn.push(begun);
            }
        }
        starting = starting.filter(({ request: { prompt }, decoded }) => decoded < prompt.length);

        const grows = options.onGrowth !== undefined && options.pace === undefined;
        const single = starting.length > 0 || rows.length > drawn.length || grows;
        const paced = options.pace === undefined ? Infinity : Math.max(1, Math.floor(options.pace / stepTime));
        const steps = single ? 1 : Math.min(stepsTogether(drawn), paced);
        if (streams) {
            const places = batch.sort();
            drawn.sort((a, b) => sequenceOf(a) - sequenceOf(b));
            for (const [i, row] of rows.entries()) rows[i] = places[row]!;
            rows.sort((a, b) => a - b); // sequence by sequence, as drawn
            for (const token of toTell) token.row = places[token.row]!;
        }
        const began = performance.now();
        const sampled = await model.sample(batch.build(), {
            rows: Int32Array.from(rows),
            sequences: Int32Array.from(
                drawn.flatMap((answer) => Array<number>(1 + answer.trying.length).fill(sequenceOf(answer))),
            ),
            ends,
            steps,
            temperatures: temperaturesOf(drawn),
            truncations: truncationsOf(drawn),
            edits: editsOf(drawn, steps),
            uniforms: uniformsOf(drawn, steps),
            asked: askedOf(toTell, entriesToTell(drawn)),
        });
        if (!prefills) stepTime = (performance.now() - began) / Math.max(1, sampled.tokens.length / rows.length);
        const fresh = freshTokens(
            drawn,
            options.allowNonfinite === true ? sampled.tokens.map(tokenDrawn) : sampled.tokens,
        );
        for (const [i, { token, likeliest, take }] of toTell.entries())
            take(toldToken(sampled.asked, i, token, likeliest));
        const tell = toldOfDrawn(drawn, sampled.drawn);
        const ended = new Set<Growing<Request>>();
        const broken = new Set<Growing<Request>>();
        const isNonfinite = (answer: Growing<Request>): boolean =>
            broken.has(answer) || (options.allowNonfinite !== true && answer.started.told.some(isBroken));
        for (let step = 0; fresh.some((list) => step < list.length); step++) {
            const grown = drawn.filter(
                (answer, i) => step < fresh[i]!.length && !ended.has(answer) && answer.tokens.length < answer.maxTokens,
            );
            for (const [i, answer] of drawn.entries()) {
                const token = fresh[i]![step];
                if (token === undefined || ended.has(answer) || answer.tokens.length === answer.maxTokens) continue;
                if (token < 0) {
                    broken.add(answer);
                    ended.add(answer);
                    continue;
                }
                if (answer.temperature > 0) answer.ahead.shift();
                tell(i, step, token);
                if (endTokens.has(token)) {
                    ended.add(answer);
                    continue;
                }
                answer.tokens.push(token);
                answer.position++;
            }
            for (const answer of await thoseAtStop(
                grown.filter((answer) => !ended.has(answer)),
                model,
            ))
                ended.add(answer);
        }
        await options.onGrowth?.(drawn);
        finished = [];
        trims = [];
        growing = [];
        const leave = (started: Started<Request>, sequence: number, length: number): void => {
            if (started.decoded > 0) finished.push(sequence);
            free.push(sequence);
            started.open--;
            used -= length + (started.open === 0 ? started.request.prompt.length : 0);
        };
        for (const started of starting.filter(({ request }) => isGivenUp(request)))
            for (const sequence of started.sequences) leave(started, sequence, lengthOf(started.request));
        starting = starting.filter(({ open }) => open > 0);
        for (const started of concluded) {
            leave(started, started.sequences[0]!, 0);
            const { request, told: toldOfPrompt } = started;
            const end = options.allowNonfinite !== true && toldOfPrompt.some(isBroken) ? 'nonfinite' : 'length';
            yield { request, answer: 0, tokens: none, end, tried: 0, held: 0, toldOfPrompt, told: [] };
        }
        for (const [i, answer] of drawn.entries()) {
            const stop = ended.has(answer);
            if (isGivenUp(answer.started.request)) {
                leave(answer.started, sequenceOf(answer), answer.maxTokens);
                continue;
            }
            const held = answer.trying.length === 0 ? 0 : fresh[i]!.length - 1;
            answer.draft?.follow(answer.tokens, answer.drafted, Math.min(held, answer.drafted));
            if (!stop && answer.tokens.length < answer.maxTokens) {
                if (held < answer.trying.length) trims.push({ sequence: sequenceOf(answer), from: answer.position });
                growing.push(answer);
                continue;
            }
            leave(answer.started, sequenceOf(answer), answer.maxTokens);
            yield {
                request: answer.started.request,
                answer: answer.answer,
                tokens: Int32Array.from(answer.tokens),
                end: isNonfinite(answer) ? 'nonfinite' : stop ? 'stop' : 'length',
                tried: answer.draft?.tried ?? 0,
                held: answer.draft?.held ?? 0,
                toldOfPrompt: answer.started.told,
                told: answer.told,
            };
        }
    }
}

/** A token that was drawn, also where its logits are not finite; see `NativeSampled`. */
function tokenDrawn(token: number): number {
    return token < 0 ? ~token : token;
}

function isBroken({ logProbability }: ToldToken): boolean {
    return Number.isNaN(logProbability);
}

/**
 * Gives the sequences in use the lowest numbers: llama.cpp computes streams together whose numbers follow each other.
 * What is left free follows them, the lowest last.
 */
function closeGaps(users: readonly Started<GenerationRequest>[], free: number[], batch: BatchBuilder): void {
    const highestFirst = users.toSorted((a, b) => b.sequences[0]! - a.sequences[0]!);
    for (const user of highestFirst) {
        const [from, to] = [user.sequences[0]!, free.at(-1)];
        if (to === undefined || to > from) return;
        batch.move(from, to);
        user.sequences[0] = to;
        free[free.length - 1] = from;
        free.sort((a, b) => b - a);
    }
}

/** Of answers that grew by a token, those that hold one of their stop texts now. */
async function thoseAtStop<Answer extends Growing<unknown>>(
    answers: readonly Answer[],
    model: GenerationModel,
): Promise<ReadonlySet<Answer>> {
    const watched = answers.flatMap((answer) => (answer.stops === undefined ? [] : [{ answer, stops: answer.stops }]));
    if (watched.length === 0) return new Set();
    const texts = await model.detokenize(watched.map(({ answer, stops }) => stops.add(answer.tokens.at(-1)!)));
    return new Set(watched.filter(({ stops }, i) => stops.isOver(texts[i]!)).map(({ answer }) => answer));
}

function isGivenUp({ signal }: GenerationRequest): boolean {
    return signal?.aborted === true;
}

function checkRoom(
    { prompt, answers }: GenerationRequest,
    maxTokens: number,
    cells: number,
    most: number,
    sequences: number,
): void {
    if (prompt.length === 0) throw new LanguageNeuronsError('WRONG_USE', 'a prompt has no token; give it some text');
    if (answers > sequences)
        throw new LanguageNeuronsError(
            'WRONG_USE',
            `${answers} answers to a prompt are more than the ${sequences} sequences of a batch; ` +
                'ask for fewer at a time',
        );
    if (cells > most) {
        throw new LanguageNeuronsError(
            'WRONG_USE',
            `a prompt of ${prompt.length} tokens with ${answers} answers of up to ${maxTokens} takes ` +
                `${cells} cells of context, ${most} are there; raise the context size or lower the answers' length`,
        );
    }
}
