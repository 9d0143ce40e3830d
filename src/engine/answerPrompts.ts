import { LanguageNeuronsError } from '../errors.js';
import { throwIfStopped } from '../support/stop.js';
import { atLeastOne } from './atLeastOne.js';
import type { GeneratedAnswer, GenerateOptions, GrowingAnswer, Prompt } from './engineTypes.js';
import { generate, type GenerationRequest } from './generate.js';
import type { Growing } from './Growing.js';
import { Lookahead } from './Lookahead.js';
import { awaitNative } from './nativeError.js';
import { notFinite, quote } from './notFinite.js';
import type { Passes } from './Passes.js';
import { planStreams } from './planStreams.js';
import { textBefore, wholeCharacters } from './stops.js';

export interface AnswerOptions extends GenerateOptions {
    /** Draw `maxTokens` tokens whatever they are. */
    readonly ignoreEnd?: boolean;
}

/**
 * A processor takes as long for 32 tokens as four times for 8 (measured: tests/bench/generate.mjs), so that what is
 * drafted in vain costs as much as it may win; a device reads its weights for a few hundred at the price of one (as
 * its arithmetic and bandwidth have it; not measured).
 */
const draftTokens = { cpu: 16, device: 256 };

type Prompts = Iterable<Prompt> | AsyncIterable<Prompt>;
type Request = GenerationRequest & { readonly condition: number; readonly stops: readonly string[] };

/** See `Engine.generate`. */
export async function* answerPrompts(
    passes: Passes,
    prompts: Prompts,
    options: AnswerOptions,
): AsyncGenerator<GeneratedAnswer> {
    const { edits = [undefined], signal, temperature = 0, seed = 1 } = options;
    if (!(temperature >= 0 && Number.isFinite(temperature))) {
        throw new LanguageNeuronsError('WRONG_USE', `the temperature must be at least 0, not ${temperature}`);
    }
    if (!Number.isFinite(seed)) {
        throw new LanguageNeuronsError('WRONG_USE', `the seed must be a number, not ${seed}`);
    }
    atLeastOne(options.answers ?? 1, 'number of answers');
    atLeastOne(options.maxTokens ?? 256, 'length of an answer');
    // A processor's own search for the largest is faster than the graph's, which has one thread.
    const head = temperature === 0 && passes.headOnDevice ? 'likeliest' : 'logits';
    const purpose = { count: false, head } as const;
    yield* passes.stream(purpose, edits, signal, () =>
        answers(passes, requests(passes, prompts, edits.length, options.answers ?? 1), options),
    );
}

async function* answers(
    passes: Passes,
    asked: AsyncIterable<Request>,
    options: AnswerOptions,
): AsyncGenerator<GeneratedAnswer> {
    const waiting = new Lookahead(asked);
    for (;;) {
        const ahead = await waiting.peek(passes.sequences);
        if (ahead.length === 0) return;
        const { maxTokens = 256 } = options;
        const needOf = ({ prompt }: Request): number => prompt.length + maxTokens;
        const alone = (options.answers ?? 1) === 1 && passes.plainCache;
        const { layout: had, sequences, contextSize } = passes;
        await passes.relay(alone ? planStreams(ahead.map(needOf), { cells: contextSize, sequences }, had) : undefined);
        const { streams, cells, sequences: each } = passes.layout;
        // A longer one than was seen ahead waits until the streams can be laid out for it.
        yield* generateIn(
            passes,
            waiting.takeWhile((request) => !streams || needOf(request) <= cells / each),
            options,
        );
    }
}

async function* generateIn(
    passes: Passes,
    asked: AsyncIterable<Request>,
    options: AnswerOptions,
): AsyncGenerator<GeneratedAnswer> {
    const { signal, maxTokens = 256, temperature = 0, seed = 1, ignoreEnd = false, onGrowth } = options;
    const { model, layout } = passes;
    const detokenize = (lists: readonly Int32Array[]): Promise<string[]> => awaitNative(() => model.detokenize(lists));
    const drawn = generate(
        asked,
        {
            maxTokens,
            temperature,
            seed,
            endTokens: new Set(ignoreEnd ? [] : model.endTokens()),
            batchSize: passes.batchSize,
            allowNonfinite: passes.allowNonfinite,
            ...layout,
            onGrowth:
                onGrowth === undefined
                    ? undefined
                    : async (growing) => {
                          const texts = await detokenize(growing.map(({ tokens }) => Int32Array.from(tokens)));
                          onGrowth(growing.map((answer, i) => grown(answer, texts[i]!)));
                      },
            draftTokens: passes.onDevice ? draftTokens.device : draftTokens.cpu,
        },
        {
            detokenize,
            sample: (batch, draws) => {
                throwIfStopped(signal);
                return awaitNative(() => passes.context.sample(batch, draws));
            },
        },
    );
    for await (const { request, answer, tokens, end, tried, held } of drawn) {
        const [text] = await detokenize([tokens]);
        if (end === 'nonfinite') {
            const [prompt] = await detokenize([request.prompt]);
            throw notFinite('a logit', `the prompt ${quote(prompt!)}`, passes.files);
        }
        yield {
            prompt: request.id,
            edit: request.condition,
            answer,
            text: textBefore(end === 'length' ? wholeCharacters(text!) : text!, request.stops),
            tokens: tokens.length,
            promptTokens: answer === 0 ? request.prompt.length : 0,
            end,
            tried,
            held,
        };
    }
}

async function* requests(
    passes: Passes,
    prompts: Prompts,
    conditions: number,
    answers: number,
): AsyncGenerator<Request> {
    const {
        model,
        info: { bos },
        plainCache,
    } = passes;
    let count = 0;
    // conditions ask the same in a row
    let lastDraft: { readonly text: string; readonly tokens: Int32Array } | undefined;
    const draftOf = async (text: string): Promise<Int32Array> => {
        if (lastDraft?.text !== text)
            lastDraft = { text, tokens: (await awaitNative(() => model.tokenize([text], false)))[0]! };
        return lastDraft.tokens;
    };
    let last:
        { readonly text: string | Int32Array; readonly special: boolean; readonly tokens: Int32Array } | undefined;
    for await (const prompt of prompts) {
        const {
            text,
            id,
            edit: condition = 0,
            special = false,
            stops = [],
            draft,
        } = typeof prompt === 'string' ? { text: prompt, id: count++ } : prompt;
        if (!Number.isInteger(condition) || condition < 0 || condition >= conditions) {
            throw new LanguageNeuronsError('WRONG_USE', `a prompt asks for edit ${condition} of ${conditions}`);
        }
        if (last?.text !== text || last.special !== special) {
            last = {
                text,
                special,
                tokens:
                    typeof text === 'string' ? (await awaitNative(() => model.tokenize([text], special)))[0]! : text,
            };
        }
        const { tokens } = last;
        const lead = bos >= 0 && tokens[0] !== bos ? [bos] : []; // a chat template may have written it
        const whole = Int32Array.from([...lead, ...tokens]);
        const editAt = (position: number): number => passes.editAt(condition, position, whole.length);
        const request = { id, condition, editAt, prompt: whole, answers, stops };
        yield draft === undefined || !plainCache ? request : { ...request, draft: await draftOf(draft) };
    }
}

function grown({ started, answer }: Growing<Request>, text: string): GrowingAnswer {
    const { id, condition, stops } = started.request;
    return { prompt: id, edit: condition, answer, text: textBefore(text, stops) };
}
