import { z } from 'zod';
import { samplingTable } from '../settings/settings.js';
import { interventionShape } from '../interventions/namedInterventions.js';
import { sum } from '../support/averages.js';
import { ApiError } from './ApiError.js';

/** Of lone surrogates, which are no text: UTF-8 has no bytes for them. */
const wellFormed = 'holds half a character (a lone surrogate)';
const mostChoices = 128;
const mostLikeliest = 20;
const mostStops = 16;
/** Of one message. */
const mostParts = 1024;
/** Every token is looked for each stop's beginning: longer ones would hold the others up. */
const mostStopLength = 1024;

/** Of a request's own interventions: what they name is read while other requests wait. */
const mostInterventions = 16;
const mostNeurons = 16_384;

const whole = z.number().int();
/** What a client may send although it changes nothing. */
const only = (...values: readonly (string | number | boolean | null)[]): z.ZodType => z.literal([...values]).optional();
const ignored = z.unknown().optional();
const isEmpty = (given: unknown): boolean => {
    if (Array.isArray(given)) return given.length === 0; // its keys would be written out
    return given === null || (typeof given === 'object' && Object.keys(given).length === 0);
};
const nothing = z.unknown().refine(isEmpty, { error: 'is not supported; leave it out' }).optional();
const text = z.string().refine(isWellFormed, { error: wellFormed });
const stop = z.string().min(1).max(mostStopLength).refine(isWellFormed, { error: wellFormed });

/** Of both kinds. Fields that stand here and are read nowhere are those that change no answer. */
const common = {
    model: z.string(),
    temperature: z
        .number()
        .min(samplingTable.temperature.number.least)
        .max(samplingTable.temperature.number.most)
        .nullish(),
    top_p: z.number().gt(0, { error: 'must be above 0, at most 1' }).max(1).nullish(),
    /** Not OpenAI's: as other servers have them. */
    top_k: whole
        .min(-1)
        .max(2 ** 31 - 1)
        .nullish(),
    min_p: z.number().min(0).max(1).nullish(),
    /** Not OpenAI's: applied after those of the model. */
    interventions: listOf(interventionShape, mostInterventions, (given) =>
        nameFewNeurons(given) ? undefined : `name more than ${mostNeurons} neurons; name them by language and set`,
    ).nullish(),
    /** Not OpenAI's: llama.cpp's. */
    cache_prompt: z.boolean().nullish(),
    seed: whole.min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER).nullish(),
    n: whole.min(1).max(mostChoices).nullish(),
    stop: z.union([stop, listOf(stop, mostStops)]).nullish(),
    stream: z.boolean().nullish(),
    stream_options: z.strictObject({ include_usage: z.boolean().optional(), include_obfuscation: ignored }).nullish(),
    presence_penalty: only(0, null),
    frequency_penalty: only(0, null),
    logit_bias: nothing,
    user: ignored,
    metadata: ignored,
    store: ignored,
    service_tier: ignored,
    safety_identifier: ignored,
    prompt_cache_key: ignored,
};

const completionShape = z.strictObject({
    ...common,
    /** See `readPrompts`. */
    prompt: z.unknown(),
    max_tokens: whole.min(0).nullish(),
    echo: z.boolean().nullish(),
    logprobs: whole.min(0).max(mostLikeliest).nullish(),
    best_of: whole.nullish(),
    suffix: only('', null),
});

const textPart = z.object({ type: z.literal('text'), text });
const message = z.strictObject({
    role: z.enum(['system', 'developer', 'user', 'assistant']),
    content: z.union([text, listOf(textPart, mostParts)], {
        error: 'must be a text, or a list of parts of the type text',
    }),
    name: ignored,
    refusal: only(null),
    annotations: nothing,
    audio: only(null),
    function_call: only(null),
    tool_calls: nothing,
});
const chatShape = z.strictObject({
    ...common,
    /** See `readMessages`. */
    messages: z.array(z.unknown()).min(1),
    max_tokens: whole.min(1).nullish(),
    max_completion_tokens: whole.min(1).nullish(),
    logprobs: z.boolean().nullish(),
    top_logprobs: whole.min(0).max(mostLikeliest).nullish(),
    response_format: z.strictObject({ type: z.literal('text') }).nullish(),
    modalities: listOf(z.literal('text'), 8).nullish(),
    tools: nothing,
    functions: nothing,
    tool_choice: only('none', 'auto', null),
    function_call: only('none', 'auto', null),
    parallel_tool_calls: ignored,
});

const tokenizeShape = z.strictObject({
    model: ignored,
    prompt: text,
    add_special_tokens: z.boolean().nullish(),
    return_token_strs: z.boolean().nullish(),
});
/** See `readTokens`. */
const detokenizeShape = z.strictObject({ model: ignored, tokens: z.array(z.unknown()) });

export type CommonRequest = Pick<
    CompletionRequest,
    'model' | 'interventions' | 'temperature' | 'top_p' | 'top_k' | 'min_p' | 'cache_prompt' | 'seed' | 'n' | 'stop'
>;
type CompletionRequest = z.infer<typeof completionShape>;
export type ChatMessage = z.infer<typeof message>;

export const readCompletion = reader(completionShape);
export const readChat = reader(chatShape);
export const readMessage = reader(message);
export const readTokenize = reader(tokenizeShape);
export const readDetokenize = reader(detokenizeShape);

/** Whether a text has no lone surrogate. */
function isWellFormed(given: string): boolean {
    return (given as string & { isWellFormed(): boolean }).isWellFormed(); // of ES2024, which Node 20 has
}

/**
 * A list whose length is looked at before its items are.
 * @param refusal of the whole list, also before; undefined for one that may be looked at
 */
function listOf<T>(
    item: z.ZodType<T>,
    most: number,
    refusal: (given: readonly unknown[]) => string | undefined = () => undefined,
): z.ZodType<T[]> {
    const short = z
        .array(z.unknown())
        .max(most, { error: `has more than ${most} items`, abort: true })
        .check(({ value, issues }) => {
            const message = refusal(value);
            if (message !== undefined) issues.push({ code: 'custom', message, input: value });
        });
    return short.pipe(z.array(item)) as z.ZodType<T[]>;
}

/** Of interventions whose shape is not known yet: to look at each of very many neurons would take long. */
function nameFewNeurons(given: readonly unknown[]): boolean {
    const numbers = given.map((one) => {
        const neurons = (one as { readonly neurons?: unknown } | null | undefined)?.neurons;
        return Array.isArray(neurons) ? neurons.length : 0;
    });
    return sum(numbers) <= mostNeurons;
}

/** @throws ApiError 400 for a text that has no bytes */
export function checkText(given: string, param: string): string {
    if (isWellFormed(given)) return given;
    throw new ApiError(400, `${param}: ${wellFormed}`, { param });
}

/** @throws ApiError 400, naming the field */
export function reader<T>(shape: z.ZodType<T>): (given: unknown, path?: readonly (string | number)[]) => T {
    return (given, path = []) => {
        const read = shape.safeParse(given);
        if (read.success) return read.data;
        const issue = read.error.issues[0]!;
        const unknown = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : undefined;
        const param = [...path, ...(unknown ?? issue.path)].join('.');
        const why =
            unknown === undefined ? issue.message.replace(/^Invalid input: /, '') : 'is not supported; leave it out';
        throw new ApiError(400, param === '' ? `the request ${why}` : `${param}: ${why}`, {
            param: param === '' ? null : param,
            code: unknown === undefined ? null : 'unsupported_parameter',
        });
    };
}
