import { checkSettings } from '../../settings/checkSetting.js';
import { generateTable } from '../../settings/settings.js';
import { throwIfStopped } from '../../support/stop.js';
import type { GeneratedAnswer, GenerateOptions, GrowingAnswer } from '../types/engineTypes.js';
import { Lookahead } from './Lookahead.js';
import { cacheOf } from './cacheOf.js';
import { awaitNative } from '../native/nativeError.js';
import { notFinite, quote } from '../passes/notFinite.js';
import type { Passes } from '../passes/Passes.js';
import { planStreams } from '../loading/planStreams.js';
import { type Prompts, requestsOf } from './promptRequests.js';
import type { AnswerRequest } from '../scheduler/AnswerRequest.js';
import { generate, type GenerationModel } from '../scheduler/generate.js';
import { Scheduler } from '../scheduler/Scheduler.js';
import type { Sequence } from '../scheduler/Sequence.js';
import { textBefore, wholeCharacters } from '../scheduler/stops.js';

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

/** See `Engine.generate`. */
export async function* answerPrompts(
    passes: Passes,
    prompts: Prompts,
    options: AnswerOptions,
): AsyncGenerator<GeneratedAnswer> {
    const rows = { ...generateTable, prefixCaching: { flag: true } } as const;
    checkSettings(options, rows, { edits: true, signal: true, onGrowth: true, ignoreEnd: true });
    const { edits = [undefined], signal, temperature = 0 } = options;
    // A processor's own search for the largest is faster than the graph's, which has one thread.
    const head = temperature === 0 && passes.headOnDevice ? 'likeliest' : 'logits';
    const keepsSequences = options.prefixCaching === true && passes.plainCache;
    const purpose = { count: false, head, keepsSequences } as const;
    yield* passes.stream(purpose, edits, signal, () => answers(passes, requestsOf(passes, prompts, options), options));
}

async function* answers(
    passes: Passes,
    requests: AsyncIterable<AnswerRequest>,
    options: AnswerOptions,
): AsyncGenerator<GeneratedAnswer> {
    const waiting = new Lookahead(requests);
    for (;;) {
        const ahead = await waiting.peek(passes.context.sequences);
        throwIfStopped(options.signal); // its caller has gone
        if (ahead.length === 0) return;
        const needOf = ({ prompt, maxTokens }: AnswerRequest): number => prompt.length + maxTokens;
        // Streams are laid out anew when prompts grow, which empties the cache.
        const alone = (options.answers ?? 1) === 1 && passes.plainCache && options.prefixCaching !== true;
        const { context } = passes;
        const layout = alone ? planStreams(ahead.map(needOf), context, context.layout) : undefined;
        await context.relay(layout, ahead[0]!.edit);
        const { streams, cells, sequences } = context.layout;
        yield* generateIn(
            passes,
            waiting.takeWhile(
                // A prompt longer than those seen ahead waits until the streams can be laid out for it.
                (request) => !streams || needOf(request) <= cells / sequences,
                ({ edit = 0 }) => context.holds(edit),
            ),
            options,
        );
    }
}

async function* generateIn(
    passes: Passes,
    requests: AsyncIterable<AnswerRequest>,
    { edits = [undefined], signal, ignoreEnd = false, onGrowth }: AnswerOptions,
): AsyncGenerator<GeneratedAnswer> {
    const { model, context } = passes;
    const detokenize = (lists: readonly Int32Array[]): Promise<string[]> => awaitNative(() => model.detokenize(lists));
    const scheduler = new Scheduler(requests, {
        endTokens: new Set(ignoreEnd ? [] : model.endTokens()),
        batchSize: context.batchSize,
        allowNonfinite: passes.allowNonfinite,
        layout: context.layout,
        cache: cacheOf(context),
        conditionOf: (edit) => edits[edit],
        draftTokens: passes.onDevice ? draftTokens.device : draftTokens.cpu,
        editAt: (...token) => context.editAt(...token),
    });
    const sample: GenerationModel['sample'] = (batch, draws) => {
        throwIfStopped(signal);
        return awaitNative(() => context.native.sample(batch, draws));
    };
    const grew = async (sequences: readonly Sequence[]): Promise<void> => {
        const texts = await detokenize(sequences.map(({ tokens }) => Int32Array.from(tokens)));
        onGrowth!(sequences.map(({ prompt, answer }, i) => growingAnswer(prompt.request, answer, texts[i]!)));
    };
    const calls = { onGrowth: onGrowth && grew };
    for await (const { request, answer, tokens, end, cached, drafted, accepted } of generate(
        scheduler,
        { sample, detokenize },
        calls,
    )) {
        const [text] = await detokenize([tokens]);
        if (end === 'nonfinite') {
            const [prompt] = await detokenize([request.prompt]);
            throw notFinite('a logit', `the prompt ${quote(prompt!)}`, passes.files);
        }
        yield {
            ...growingAnswer(request, answer, end === 'length' ? wholeCharacters(text!) : text!),
            tokens: tokens.length,
            promptTokens: answer === 0 ? request.prompt.length : 0,
            cachedTokens: cached,
            end,
            drafted,
            accepted,
        };
    }
}

function growingAnswer(
    { promptNumber = 0, edit = 0, stops = [] }: AnswerRequest,
    answer: number,
    text: string,
): GrowingAnswer {
    return { prompt: promptNumber, edit, answer, text: textBefore(text, stops) };
}
