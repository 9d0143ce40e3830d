import type { Engine } from '../../engine/Engine.js';
import { steppingDown } from '../../engine/steppingDown.js';
import { neuronsAt } from '../../engine/types/Site.js';
import type { Sample } from '../../corpus/Corpus.js';
import { LanguageNeuronsError } from '../../errors.js';
import type { NeuronIndex } from '../../neurons/analysis/NeuronAnalysis.js';
import { asPrompts } from '../../questions/templates/chatSamples.js';
import type { Work } from '../../support/progress.js';

/** Neurons that are set to 0 in one pass, each in texts of its own. */
export const neuronsAPass = 15;

export interface DropOptions extends Work {}

/**
 * How much the log-probability of texts falls when a neuron is set to 0, each neuron alone. All go through the model
 * in one pass: each text once with every neuron off, and once with all on, so that both sides of a drop are computed in
 * batches of one shape.
 * @param neurons at most `neuronsAPass`
 * @returns [neurons][texts with a scored token], in nats a token
 * @throws LanguageNeuronsError EMPTY where no token of the texts is scored; as `Engine.score`
 */
export async function neuronDrops(
    engine: Engine,
    texts: readonly Sample[],
    neurons: readonly NeuronIndex[],
    { signal, progress }: DropOptions,
): Promise<Float64Array[]> {
    const edits = [undefined, ...neurons.map((neuron) => maskOf(neuron, engine))];
    const samples = edits.flatMap(() => texts);
    const edit = { edits, at: (_: number, _length: number, text: number) => Math.floor(text / texts.length) };
    const onBatch = (tokens: number, characters: number): void => progress.advance(characters, tokens);
    const score = await steppingDown(engine, progress, () =>
        engine.score(asPrompts(engine, samples), { edit, signal, onBatch }),
    );
    if (score.tokens === 0)
        throw new LanguageNeuronsError('EMPTY', 'the texts have no token to score; give longer texts');
    const scored = [...texts.keys()].filter((text) => (score.texts[text]?.tokens ?? 0) > 0);
    const perToken = (copy: number, text: number): number => {
        const { logProbability, tokens } = score.texts[copy * texts.length + text]!;
        return logProbability / tokens;
    };
    return neurons.map((_, i) => Float64Array.from(scored, (text) => perToken(0, text) - perToken(i + 1, text)));
}

function maskOf([site, index]: NeuronIndex, { sites }: Engine): Uint8Array[] {
    const mask = sites.map((one) => new Uint8Array(neuronsAt(one)));
    mask[site]![index] = 1;
    return mask;
}
