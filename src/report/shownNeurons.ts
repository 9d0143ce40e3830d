import type { Activations } from '../activations/Activations.js';
import { isOfModel } from '../activations/isOfModel.js';
import { effectsPath, readEffectsIfAny } from '../effects/effectsFile.js';
import { shownToken } from '../effects/shownToken.js';
import { examplesPath, readExamplesHead } from '../examples/examplesFile.js';
import type { NeuronAnalysis, NeuronIndex } from '../neurons/NeuronAnalysis.js';
import { neuronName } from '../neurons/neuronNames.js';
import { neuronRow, type NeuronRow } from '../neurons/neuronRows.js';
import { neuronTable } from '../neurons/neuronTable.js';

/** Neurons of each language. */
const shown = 5;
/** Tokens of each neuron. */
const mostTokens = 5;
/** Characters of a token. */
const longest = 24;

/** A neuron of a language, with its tokens where the run folder has them, ready to be shown. */
export interface ShownNeuron {
    readonly language: string;
    readonly name: string;
    readonly row: NeuronRow;
    readonly strongest: readonly string[] | undefined;
    readonly raised: readonly string[] | undefined;
}

export interface ShownNeurons {
    readonly neurons: readonly ShownNeuron[];
    /** Files of the folder that are of another model, and not used. */
    readonly passedOver: readonly string[];
}

/**
 * Each language's specific and related neurons with the lowest scores, the most specific first.
 * @param activations those that the analysis is of
 * @throws LanguageNeuronsError NOT_FOUND, DAMAGED where tokens cannot be read
 */
export async function readShownNeurons(
    folder: string,
    activations: Activations,
    analysis: NeuronAnalysis,
): Promise<ShownNeurons> {
    const table = neuronTable(activations, analysis);
    const tokens = await readTokens(folder, analysis);
    const rowOf = ([site, index]: NeuronIndex): number => table.starts[site]! + index;
    const neurons = analysis.languages.flatMap((language) => {
        const own = [...analysis.neurons.specific[language]!, ...analysis.neurons.related[language]!];
        return own
            .sort((a, b) => table.score[rowOf(a)]! - table.score[rowOf(b)]! || rowOf(a) - rowOf(b))
            .slice(0, shown)
            .map((neuron): ShownNeuron => ({
                language,
                name: neuronName(table.sites, neuron),
                row: neuronRow(table, rowOf(neuron)),
                strongest: tokens.strongest.get(String(neuron)),
                raised: tokens.raised.get(String(neuron)),
            }));
    });
    return { neurons, passedOver: tokens.passedOver };
}

interface Tokens {
    /** By neuron. */
    readonly strongest: ReadonlyMap<string, readonly string[]>;
    readonly raised: ReadonlyMap<string, readonly string[]>;
    readonly passedOver: readonly string[];
}

async function readTokens(folder: string, { source }: NeuronAnalysis): Promise<Tokens> {
    const examples = await readExamplesHead(examplesPath(folder));
    const effects = await readEffectsIfAny(folder);
    const [strongest, raised] = [new Map<string, readonly string[]>(), new Map<string, readonly string[]>()];
    const passedOver: string[] = [];
    if (examples !== undefined && !isOfModel(source, examples.source.model.fingerprint)) {
        passedOver.push(examplesPath(folder));
    } else {
        for (const [n, neuron] of (examples?.neurons ?? []).entries())
            strongest.set(String(neuron), firstTokens(examples!.strongest[n] ?? []));
    }
    if (effects !== undefined && !isOfModel(source, effects.model)) passedOver.push(effectsPath(folder));
    else {
        for (const { neuron, raised: list } of effects?.neurons ?? []) {
            const texts = list.map(([token]) => effects!.tokens[token]).filter((text) => text !== undefined);
            raised.set(String(neuron), firstTokens(texts));
        }
    }
    return { strongest, raised, passedOver };
}

function firstTokens(texts: readonly string[]): string[] {
    return texts.slice(0, mostTokens).map((text) => shownToken(text, longest));
}
