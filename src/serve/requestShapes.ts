import { z } from 'zod';
import { ranges } from '../support/numberRanges.js';
import { ApiError } from './ApiError.js';

const mostChoices = 128;
const mostLikeliest = 20;
const mostStops = 16;

const token = z.number().int().min(0);
const whole = z.number().int();
/** What a client may send although it changes nothing. */
const only = (...values: readonly (string | number | boolean | null)[]): z.ZodType => z.literal([...values]).optional();
const ignored = z.unknown().optional();
const isEmpty = (given: unknown): boolean =>
    given === null || (typeof given === 'object' && Object.keys(given).length === 0);
const nothing = z.unknown().refine(isEmpty, { error: 'is not supported; leave it out' }).optional();

/** Of both kinds. Fields that stand here and are read nowhere are those that change no answer. */
const common = {
    model: z.string(),
    temperature: z.number().min(ranges.temperature.least).max(ranges.temperature.most).nullish(),
    seed: whole.min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER).nullish(),
    n: whole.min(1).max(mostChoices).nullish(),
    stop: z.union([z.string().min(1), z.array(z.string().min(1)).max(mostStops)]).nullish(),
    stream: z.boolean().nullish(),
    stream_options: z.strictObject({ include_usage: z.boolean().optional(), include_obfuscation: ignored }).nullish(),
    top_p: only(1, null),
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
    prompt: z.union([z.string(), z.array(z.string()).min(1), z.array(token).min(1), z.array(z.array(token)).min(1)], {
        error: 'must be a text, a list of texts, a list of tokens or a list of such lists',
    }),
    max_tokens: whole.min(0).nullish(),
    echo: z.boolean().nullish(),
    logprobs: whole.min(0).max(mostLikeliest).nullish(),
    best_of: whole.nullish(),
    suffix: only('', null),
});

const textPart = z.object({ type: z.literal('text'), text: z.string() });
const message = z.strictObject({
    role: z.enum(['system', 'developer', 'user', 'assistant']),
    content: z.union([z.string(), z.array(textPart)], { error: 'must be a text, or a list of parts of the type text' }),
    name: ignored,
    refusal: only(null),
    annotations: nothing,
    audio: only(null),
    function_call: only(null),
    tool_calls: nothing,
});
const chatShape = z.strictObject({
    ...common,
    messages: z.array(message).min(1),
    max_tokens: whole.min(1).nullish(),
    max_completion_tokens: whole.min(1).nullish(),
    logprobs: z.boolean().nullish(),
    top_logprobs: whole.min(0).max(mostLikeliest).nullish(),
    response_format: z.strictObject({ type: z.literal('text') }).nullish(),
    modalities: z.array(z.literal('text')).nullish(),
    tools: nothing,
    functions: nothing,
    tool_choice: only('none', 'auto', null),
    function_call: only('none', 'auto', null),
    parallel_tool_calls: ignored,
});

const tokenizeShape = z.object({ prompt: z.string() });
const detokenizeShape = z.object({ tokens: z.array(token) });

export type CommonRequest = Pick<CompletionRequest, 'model' | 'temperature' | 'seed' | 'n' | 'stop'>;
export type CompletionRequest = z.infer<typeof completionShape>;
export type ChatRequest = z.infer<typeof chatShape>;
export type ChatMessage = z.infer<typeof message>;

export const readCompletion = reader(completionShape);
export const readChat = reader(chatShape);
export const readTokenize = reader(tokenizeShape);
export const readDetokenize = reader(detokenizeShape);

/** @throws ApiError 400, naming the field */
function reader<T>(shape: z.ZodType<T>): (given: unknown) => T {
    return (given) => {
        const read = shape.safeParse(given);
        if (read.success) return read.data;
        const issue = read.error.issues[0]!;
        const unknown = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : undefined;
        const param = (unknown ?? issue.path).join('.');
        const why =
            unknown === undefined ? issue.message.replace(/^Invalid input: /, '') : 'is not supported; leave it out';
        throw new ApiError(400, param === '' ? `the request ${why}` : `${param}: ${why}`, {
            param: param === '' ? null : param,
            code: unknown === undefined ? null : 'unsupported_parameter',
        });
    };
}
