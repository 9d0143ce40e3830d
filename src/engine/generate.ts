import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { LanguageNeuronsError } from '../errors.js';
import type { NativeBatch, NativeDraws } from './addon.js';
import { BatchBuilder } from './BatchBuilder.js';

/** A prompt, as tokens with BOS, and how many answers to draw for it. */
export interface GenerationRequest {
    /** Names the request, and with the seed decides what is drawn for it. */
    readonly id: number;
    readonly prompt: Int32Array;
    readonly answers: number;
}

/** One answer: `request` is the request's id, `answer` counts the answers to it. */
export interface GeneratedTokens {
    readonly request: number;
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

interface Growing {
    readonly request: number;
    readonly answer: number;
    readonly sequence: number;
    readonly random: RandomGenerator;
    readonly tokens: number[];
    /** Position of the last token drawn, which is decoded next. */
    position: number;
    readonly promptLength: number;
}

/** Answers to one prompt that is not decoded to its end yet. */
interface Starting {
    readonly request: number;
    readonly prompt: Int32Array;
    readonly sequences: readonly number[];
    decoded: number;
}

/**
 * Draws answers to prompts, many sequences at once: every step decodes one token of each growing answer
 * and fills the batch with new prompts, so that batches stay full until the last answer ends. Answers
 * to one prompt share its KV cells. What is drawn depends on seed, request and answer alone, up to the
 * rounding of batches of other shapes.
 * @param sample frees the sequences that `finished` names, decodes the batch and draws tokens
 * @throws LanguageNeuronsError WRONG_USE for a prompt that the context has no room for
 */
export async function* generate(
    requests: AsyncIterable<GenerationRequest> | Iterable<GenerationRequest>, options: GenerationOptions,
    sample: (batch: NativeBatch, draws: NativeDraws) => Promise<Int32Array>,
): AsyncGenerator<GeneratedTokens> {
    const { maxTokens, temperature, endTokens } = options;
    const free = Array.from({ length: options.sequences }, (_, id) => options.sequences - 1 - id);
    let growing: Growing[] = [];
    let starting: Starting[] = [];
    /** Answers under way by request: its prompt's cells are shared until the last one ends. */
    const underWay = new Map<number, number>();
    let used = 0;
    let finished: number[] = [];
    const waiting = stream(requests);
    let next = await waiting.next();

    for (;;) {
        while (next.done !== true) {
            const { id: request, prompt, answers } = next.value;
            const cells = prompt.length + answers * maxTokens;
            checkRoom(prompt.length, answers, cells, options);
            if (free.length < answers || used + cells > options.cells) break;
            starting.push({ request, prompt, sequences: Array.from({ length: answers }, () => free.pop()!), decoded: 0 });
            underWay.set(request, answers);
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
        for (const one of growing) draw(batch.add(one.tokens.at(-1)!, one.position, [one.sequence]), one.random);
        for (const one of starting) {
            let row = -1;
            while (one.decoded < one.prompt.length && batch.room > 0) row = batch.add(one.prompt[one.decoded]!, one.decoded++, one.sequences);
            if (one.decoded < one.prompt.length) break; // the next batch goes on with it
            for (const [answer, sequence] of one.sequences.entries()) {
                const random = xoroshiro128plus(mixed(options.seed, one.request, answer));
                draw(row, random);
                drawn.push({ request: one.request, answer, sequence, tokens: [], position: one.prompt.length - 1, random, promptLength: one.prompt.length });
            }
        }
        starting = starting.filter(({ prompt, decoded }) => decoded < prompt.length);

        const tokens = await sample(batch.build(), { rows: Int32Array.from(rows), uniforms: Float64Array.from(uniforms), temperature });
        finished = [];
        growing = [];
        for (const [i, one] of drawn.entries()) {
            const token = tokens[i]!;
            const stop = endTokens.has(token);
            if (!stop) {
                one.tokens.push(token);
                one.position++;
                if (one.tokens.length < maxTokens) {
                    growing.push(one);
                    continue;
                }
            }
            finished.push(one.sequence);
            free.push(one.sequence);
            const others = underWay.get(one.request)! - 1;
            underWay.set(one.request, others);
            used -= maxTokens + (others === 0 ? one.promptLength : 0);
            if (others === 0) underWay.delete(one.request);
            yield { request: one.request, answer: one.answer, tokens: Int32Array.from(one.tokens), end: stop ? 'stop' : 'length' };
        }
    }
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

/** A seed for each answer, spread over all bits. */
function mixed(seed: number, request: number, answer: number): number {
    return Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(request + 1, 0x85ebca6b) ^ Math.imul(answer + 1, 0xc2b2ae35);
}
