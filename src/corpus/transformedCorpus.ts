import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { ValueOf } from '../settings/Setting.js';
import { collectTable } from '../settings/settings.js';
import { drawFrom, randomGenerator } from '../support/randomGenerator.js';
import type { Corpus, Sample, SampleOfTokens } from './Corpus.js';
import { romanized } from './romanized.js';
import { TokenDraws } from './tokenDraws.js';

/** What takes from texts that which a finding may rest on; see `collectTable`. */
export type Transform = ValueOf<typeof collectTable.transform>;

/** Splits texts into the tokens of a model. */
export interface Tokenizer {
    tokenize(text: string): Promise<Int32Array>;
}

/**
 * A corpus with every text rewritten:
 * - `shuffled`: the words of each text in random order; spaces and marks between them stay where they are.
 * - `romanized`: see `romanized`.
 * - `random`: as many tokens, drawn independently by their frequencies in the texts of the language.
 * - `pooled`: the same, by their frequencies in the texts of all languages together.
 *
 * The i-th text of a language is rewritten alike whenever it is read.
 */
export function transformedCorpus(corpus: Corpus, transform: Transform, seed: number, tokenizer: Tokenizer): Corpus {
    if (transform === 'romanized') return { ...rewritten(corpus, romanized), transform };
    const seeded = { transform: `${transform}, seed ${seed}` };
    if (transform !== 'shuffled')
        return { ...randomTokens(corpus, transform === 'pooled', seed, tokenizer), ...seeded };
    const shuffled = rewritten(corpus, (text, language, place) =>
        shuffledWords(text, language, randomGenerator(seed, ...place)),
    );
    return { ...shuffled, ...seeded };
}

/** @param rewrite gets the text's place in its language, and the part's in the text */
function rewritten(
    corpus: Corpus,
    rewrite: (text: string, language: string, place: readonly number[]) => string | Promise<string>,
): Corpus {
    return {
        ...corpus,
        async *samples(language): AsyncGenerator<Sample> {
            let index = 0;
            for await (const sample of corpus.samples(language)) {
                const place = index++;
                const { prompt, response, turns } = sample;
                const part = (text: string, number: number): string | Promise<string> =>
                    rewrite(text, language, [place, number]);
                const messages = (turns ?? []).map(async (turn, i) => ({
                    ...turn,
                    content: await part(turn.content, 2 + i),
                }));
                yield {
                    ...sample,
                    prompt: await part(prompt, 0),
                    response: await part(response, 1),
                    ...(turns === undefined ? {} : { turns: await Promise.all(messages) }),
                };
            }
        },
    };
}

/** The words of a text, as its language divides them, in random order among their places. */
export function shuffledWords(text: string, language: string, generator: RandomGenerator): string {
    const pieces = Array.from(new Intl.Segmenter(language, { granularity: 'word' }).segment(text));
    const words = pieces.filter(({ isWordLike }) => isWordLike).map(({ segment }) => segment);
    const drawn = drawFrom(words, words.length, generator).values();
    return pieces.map(({ segment, isWordLike }) => (isWordLike ? drawn.next().value! : segment)).join('');
}

function randomTokens(corpus: Corpus, pooled: boolean, seed: number, tokenizer: Tokenizer): Corpus {
    const draws = new Map<string, Promise<TokenDraws>>();
    const drawsOf = (language: string): Promise<TokenDraws> => {
        const key = pooled ? '' : language;
        const found = draws.get(key) ?? readDraws(corpus, pooled ? corpus.languages : [language], tokenizer);
        draws.set(key, found);
        return found;
    };
    return {
        ...corpus,
        async *samples(language): AsyncGenerator<SampleOfTokens> {
            const from = await drawsOf(language);
            let index = 0;
            for await (const sample of corpus.samples(language)) {
                const lengths = (await tokensOf(sample, tokenizer)).map(({ length }) => length);
                const generator = randomGenerator(seed, index++);
                const [prompt, response] = lengths.map((length) => from.draw(length, generator)) as [
                    Int32Array,
                    Int32Array,
                ];
                const names = { prompt: prompt.join(' '), response: response.join(' ') };
                yield {
                    ...{ language, ...names, characters: names.prompt.length + names.response.length },
                    ...{ tokens: Int32Array.of(...prompt, ...response), promptLength: prompt.length },
                };
            }
        },
    };
}

async function readDraws(corpus: Corpus, languages: readonly string[], tokenizer: Tokenizer): Promise<TokenDraws> {
    const draws = new TokenDraws();
    for (const language of languages)
        for await (const sample of corpus.samples(language))
            for (const tokens of await tokensOf(sample, tokenizer)) draws.add(tokens);
    return draws;
}

/** Tokens of what stands before a response, a conversation's messages line by line, and of the response. */
async function tokensOf({ prompt, response, turns }: Sample, tokenizer: Tokenizer): Promise<[Int32Array, Int32Array]> {
    const before = turns === undefined ? prompt : turns.map(({ content }) => content).join('\n');
    return [await tokenizer.tokenize(before), await tokenizer.tokenize(response)];
}
