import type { NeuronAnalysis, NeuronClass, Unsourced } from './NeuronAnalysis.js';

/** The neurons of each class as `layer,neuron`; specific ones with their language, `layer,neuron,LL`. */
export function classKeys({ neurons }: Unsourced): Record<NeuronClass, Set<string>> {
    return {
        specific: new Set(
            Object.entries(neurons.specific).flatMap(([language, list]) =>
                list.map(([layer, neuron]) => `${layer},${neuron},${language}`),
            ),
        ),
        related: new Set(
            Object.values(neurons.related).flatMap((list) => list.map(([layer, neuron]) => `${layer},${neuron}`)),
        ),
        general: new Set(neurons.general.map(([layer, neuron]) => `${layer},${neuron}`)),
    };
}

/** What stands in words of a class: for a general neuron, behind the class's name, and between languages. */
interface ClassWords {
    readonly general: string;
    readonly behind: string;
    readonly between: string;
}

/** The class of each classified neuron or expert in words, with its languages, by `site,index`. */
export function classWords(
    { specific, related, general }: Pick<NeuronAnalysis['neurons'], NeuronClass>,
    words: ClassWords,
): ReadonlyMap<string, string> {
    const found = new Map<string, string>(general.map((index) => [index.join(), words.general]));
    for (const [kind, lists] of Object.entries({ specific, related })) {
        for (const [language, list] of Object.entries(lists)) {
            for (const index of list) {
                const had = found.get(index.join());
                found.set(index.join(), `${had === undefined ? kind + words.behind : had + words.between}${language}`);
            }
        }
    }
    return found;
}
