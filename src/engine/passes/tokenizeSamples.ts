import type { Sample } from '../../corpus/Corpus.js';
import { wrongUse } from '../../errors.js';
import type { NativeModel } from '../native/addon.js';
import { awaitNative } from '../native/nativeError.js';
import type { AnySample, TokenizedSample } from '../types/TokenizedSample.js';
import { tokenBytes } from './tokenBytes.js';
import type { TokenTexts } from './TokenTexts.js';

/** Texts handed to one native call: enough to be worth the trip, few enough to stay small. */
const groupCharacters = 65_536;

/** Tokenizes a stream of samples off the JS thread, in groups. */
export async function* tokenizeSamples(
    model: NativeModel,
    samples: AsyncIterable<AnySample> | Iterable<AnySample>,
    texts?: TokenTexts,
): AsyncGenerator<TokenizedSample> {
    let group: AnySample[] = [];
    let characters = 0;
    for await (const sample of samples) {
        if ('turns' in sample && sample.turns !== undefined) {
            throw wrongUse('a sample is a conversation; turn it into a prompt with asPrompts first');
        }
        group.push(sample);
        characters += 'tokens' in sample ? sample.characters : sample.prompt.length + sample.response.length;
        if (characters >= groupCharacters) {
            yield* await tokenizeGroup(model, group, texts);
            group = [];
            characters = 0;
        }
    }
    if (group.length > 0) yield* await tokenizeGroup(model, group, texts);
}

async function tokenizeGroup(
    model: NativeModel,
    group: readonly AnySample[],
    texts: TokenTexts | undefined,
): Promise<TokenizedSample[]> {
    const samples = group.filter((sample): sample is Sample => !('tokens' in sample));
    const found = new Map<Sample, TokenizedSample>();
    const { bos } = model.info();
    for (const special of [false, true]) {
        const same = samples.filter((sample) => (sample.special ?? false) === special);
        if (same.length === 0) continue;
        const lists = await awaitNative(() =>
            model.tokenize(
                same.flatMap(({ prompt, response }) => [prompt + response, prompt]),
                special,
            ),
        );
        for (const [i, sample] of same.entries()) {
            const lead = special && lists[2 * i]![0] === bos ? 1 : 0; // BOS is put in front of every sequence anyway
            const [tokens, prompt] = [lists[2 * i]!.subarray(lead), lists[2 * i + 1]!.subarray(lead)];
            found.set(sample, {
                tokens,
                promptLength: commonPrefix(tokens, prompt),
                characters: sample.prompt.length + sample.response.length,
                bytes: texts && tokenBytes(tokens, sample.prompt + sample.response, texts),
            });
        }
    }
    return group.map((sample) => {
        if (!('tokens' in sample)) return found.get(sample)!;
        return texts === undefined ? sample : { ...sample, bytes: tokenBytes(sample.tokens, undefined, texts) };
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
