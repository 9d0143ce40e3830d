import { wrongUse } from '../../errors.js';
import { type OtherOptions, unknownOption } from '../../settings/checkSetting.js';
import type { GenerateOptions, Prompt } from '../types/engineTypes.js';
import { awaitNative } from '../native/nativeError.js';
import type { Passes } from '../passes/Passes.js';
import { type AnswerRequest, checkReuse } from '../scheduler/AnswerRequest.js';
import { withBos } from '../passes/withBos.js';

export type Prompts = Iterable<Prompt> | AsyncIterable<Prompt>;

/**
 * What prompts ask of the model, in tokens.
 * @throws LanguageNeuronsError WRONG_USE for a prompt under an edit that is not there
 */
export async function* requestsOf(
    { model, info, plainCache }: Passes,
    prompts: Prompts,
    { edits = [undefined], answers = 1, maxTokens = 256, temperature = 0, seed = 1 }: GenerateOptions,
): AsyncGenerator<AnswerRequest> {
    const tokenize = async (text: string, special: boolean): Promise<Int32Array> =>
        (await awaitNative(() => model.tokenize([text], special)))[0]!;
    // Conditions ask the same in a row.
    const [tokensOf, draftOf] = [lastKept(tokenize), lastKept(tokenize)];
    let count = 0;
    for await (const prompt of prompts) {
        const {
            text,
            id: promptNumber,
            edit = 0,
            special = false,
            stops = [],
            draft,
            reuse,
        } = typeof prompt === 'string' ? { text: prompt, id: count++ } : checkedPrompt(prompt);
        if (!Number.isInteger(edit) || edit < 0 || edit >= edits.length) {
            throw wrongUse(`a prompt uses edit ${edit}, but there are ${edits.length} edits`);
        }
        const tokens = typeof text === 'string' ? await tokensOf(text, special) : text;
        yield {
            prompt: withBos(tokens, info.bos),
            edit,
            answers,
            maxTokens,
            temperature,
            seed,
            promptNumber,
            stops,
            reuse,
            draft: draft === undefined || !plainCache ? undefined : await draftOf(draft, false),
        };
    }
}

type LongPrompt = Exclude<Prompt, string>;

const promptFields = {
    text: true,
    id: true,
    edit: true,
    special: true,
    stops: true,
    draft: true,
    reuse: true,
} as const satisfies OtherOptions<LongPrompt, object>;

function checkedPrompt(prompt: LongPrompt): LongPrompt {
    const unknown = unknownOption(prompt, promptFields);
    if (unknown !== undefined) throw wrongUse(`prompt ${prompt.id}: ${unknown}`);
    checkReuse(prompt);
    return prompt;
}

/** Tokenizes a text once where it comes several times in a row. */
function lastKept(tokenize: (text: string, special: boolean) => Promise<Int32Array>): typeof tokenize {
    let last: { readonly text: string; readonly special: boolean; readonly tokens: Int32Array } | undefined;
    return async (text, special) => {
        if (last?.text !== text || last.special !== special)
            last = { text, special, tokens: await tokenize(text, special) };
        return last.tokens;
    };
}
