import { LanguageNeuronsError } from '../errors.js';
import { throwIfStopped } from '../stop.js';
import { atLeastOne } from './atLeastOne.js';
import type { GeneratedAnswer, GenerateOptions, Prompt } from './engineTypes.js';
import { generate, type GenerationRequest } from './generate.js';
import { awaitNative } from './nativeError.js';
import type { Passes } from './Passes.js';
import { before } from './stops.js';

export interface AnswerOptions extends GenerateOptions {
    /** Draw `maxTokens` tokens whatever they are. */
    readonly ignoreEnd?: boolean;
}

type Prompts = Iterable<Prompt> | AsyncIterable<Prompt>;
type Request = GenerationRequest & { readonly stops: readonly string[] };

/** See `Engine.generate`. */
export async function* answerPrompts(passes: Passes, prompts: Prompts, options: AnswerOptions): AsyncGenerator<GeneratedAnswer> {
    const { masks = [undefined], signal, temperature = 0, seed = 1 } = options;
    if (!(temperature >= 0 && Number.isFinite(temperature))) {
        throw new LanguageNeuronsError('WRONG_USE', `the temperature must be at least 0, not ${temperature}`);
    }
    if (!Number.isFinite(seed)) {
        throw new LanguageNeuronsError('WRONG_USE', `the seed must be a number, not ${seed}`);
    }
    atLeastOne(options.answers ?? 1, 'number of answers');
    atLeastOne(options.maxTokens ?? 256, 'length of an answer');
    const purpose = { count: false, score: false, logits: true, unread: false };
    yield* passes.stream(purpose, masks, signal, () => answers(passes, requests(passes, prompts, masks.length, options.answers ?? 1), options));
}

async function* answers(passes: Passes, asked: AsyncIterable<Request>, options: AnswerOptions): AsyncGenerator<GeneratedAnswer> {
    const { signal, maxTokens = 256, temperature = 0, seed = 1, ignoreEnd = false } = options;
    const { model } = passes;
    const detokenize = (lists: readonly Int32Array[]): Promise<string[]> => awaitNative(() => model.detokenize(lists));
    const drawn = generate(asked, {
        maxTokens, temperature, seed, endTokens: new Set(ignoreEnd ? [] : model.endTokens()),
        batchSize: passes.batchSize, sequences: passes.sequences, cells: passes.contextSize,
    }, {
        detokenize,
        sample: (batch, draws) => {
            throwIfStopped(signal);
            return awaitNative(() => passes.context.sample(batch, draws));
        },
    });
    for await (const { request, answer, tokens, end } of drawn) {
        const [text] = await detokenize([tokens]);
        yield {
            prompt: request.id, mask: request.mask ?? 0, answer, text: before(text!, request.stops),
            tokens: tokens.length, promptTokens: answer === 0 ? request.prompt.length : 0, end,
        };
    }
}

async function* requests({ model, info: { bos } }: Passes, prompts: Prompts, masks: number, answers: number): AsyncGenerator<Request> {
    let count = 0;
    // conditions ask the same in a row
    let last: { readonly text: string; readonly special: boolean; readonly tokens: Int32Array } | undefined;
    for await (const prompt of prompts) {
        const { text, id, mask = 0, special = false, stops = [] } = typeof prompt === 'string' ? { text: prompt, id: count++ } : prompt;
        if (!Number.isInteger(mask) || mask < 0 || mask >= masks) {
            throw new LanguageNeuronsError('WRONG_USE', `a prompt asks for mask ${mask} of ${masks}`);
        }
        if (last?.text !== text || last.special !== special) {
            last = { text, special, tokens: (await awaitNative(() => model.tokenize([text], special)))[0]! };
        }
        const { tokens } = last;
        const lead = bos >= 0 && tokens[0] !== bos ? [bos] : []; // a chat template may have written it
        yield { id, mask, prompt: Int32Array.from([...lead, ...tokens]), answers, stops };
    }
}
