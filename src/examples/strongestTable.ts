import type { ExamplesHead } from './examplesFile.js';
import type { NeuronExamples } from './NeuronExamples.js';

/** Different tokens that a neuron is known by, in one language or in whatever language. */
const shown = 5;

/**
 * A neuron's strongest tokens in whatever language, each different one once, blanks around it aside; tokens of blanks
 * alone as they are.
 */
function strongestOf({ languages }: Pick<NeuronExamples, 'languages'>): string[] {
    const all = Object.values(languages)
        .flatMap(({ strongest }) => strongest)
        .sort((a, b) => b.value - a.value);
    const different = new Set<string>();
    for (const { tokens, at } of all) {
        const token = tokens[at]!.trim() || tokens[at]!;
        if (token !== '') different.add(token);
        if (different.size === shown) break;
    }
    return [...different];
}

/** The strongest tokens of all neurons, as the head of their file has them: read without unpacking any neuron. */
export function strongestTable(
    examples: readonly NeuronExamples[],
    languages: readonly string[],
): Pick<ExamplesHead, 'vocabulary' | 'strongest'> {
    const places = new Map<string, number>();
    const placeOf = (token: string): number => {
        const place = places.get(token) ?? places.size;
        places.set(token, place);
        return place;
    };
    const strongest = examples.map((one) => {
        const ofLanguages = languages.map((language) => {
            const own = one.languages[language];
            return own === undefined ? [] : strongestOf({ languages: { [language]: own } });
        });
        return [strongestOf(one), ...ofLanguages].map((tokens) => tokens.map(placeOf));
    });
    return { vocabulary: [...places.keys()], strongest };
}

/**
 * The strongest tokens of a neuron.
 * @param place of the neuron in `head.neurons`
 * @param language its place in `head.languages`. Default: in whatever language
 * @returns none in a part, whose examples are not chosen yet
 */
export function strongestTokens(
    { vocabulary, strongest }: Pick<ExamplesHead, 'vocabulary' | 'strongest'>,
    place: number,
    language?: number,
): string[] {
    const list = strongest[place]?.[language === undefined ? 0 : language + 1] ?? [];
    return list.flatMap((token) => vocabulary[token] ?? []);
}
