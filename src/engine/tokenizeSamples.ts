import type { Sample } from '../corpus/Corpus.js';
import type { NativeModel } from './addon.js';
import { awaitNative } from './nativeError.js';

/** A sample as tokens; the first `promptLength` are neither counted nor scored. */
export interface TokenizedSample {
    readonly tokens: Int32Array;
    readonly promptLength: number;
    /** UTF-16 code units of the text: the measure of progress. */
    readonly characters: number;
}

/** Texts handed to one native call: enough to be worth the trip, few enough to stay small. */
const groupCharacters = 65_536;

/** Tokenizes a stream of samples off the JS thread, in groups. */
export async function* tokenizeSamples(
    model: NativeModel,
    samples: AsyncIterable<Sample> | Iterable<Sample>,
): AsyncGenerator<TokenizedSample> {
    let group: Sample[] = [];
    let characters = 0;
    for await (const sample of samples) {
        group.push(sample);
        characters += sample.prompt.length + sample.response.length;
        if (characters >= groupCharacters) {
            yield* await tokenizeGroup(model, group);
            group = [];
            characters = 0;
        }
    }
    if (group.length > 0) yield* await tokenizeGroup(model, group);
}

async function tokenizeGroup(model: NativeModel, group: readonly Sample[]): Promise<TokenizedSample[]> {
    const prompted = group.filter((sample) => sample.prompt !== '');
    const lists = await awaitNative(
        () => model.tokenize([...group.map((sample) => sample.prompt + sample.response), ...prompted.map((sample) => sample.prompt)]),
    );
    let nextPrompt = group.length;
    return group.map((sample, index) => {
        const tokens = lists[index]!;
        const promptLength = sample.prompt === '' ? 0 : commonPrefix(tokens, lists[nextPrompt++]!);
        return { tokens, promptLength, characters: sample.prompt.length + sample.response.length };
    });
}

/**
 * Prompt and response are tokenized together, as the model would meet them; a token that reaches
 * from one into the other belongs to the response.
 */
function commonPrefix(whole: Int32Array, prompt: Int32Array): number {
    let length = 0;
    while (length < prompt.length && length < whole.length && whole[length] === prompt[length]) length++;
    return length;
}
