import { join } from 'node:path';
import { openCorpus } from '../data/openCorpus.js';
import type { Engine } from '../engine/Engine.js';
import { LanguageNeuronsError, wrongUse } from '../errors.js';
import { checkModel, checkSets } from '../experiments/conditions/checkFit.js';
import { distinctNeurons } from '../neurons/analysis/distinctNeurons.js';
import type { NeuronAnalysis, NeuronIndex } from '../neurons/analysis/NeuronAnalysis.js';
import { neuronNamed } from '../neurons/tables/neuronNames.js';
import { neuronsPath, readNeurons } from '../neurons/analysis/neuronsFile.js';
import { neuronsOf } from '../neurons/sets/neuronsOf.js';
import { writeWatched } from '../neurons/tables/watchedFile.js';
import { sum } from '../support/averages.js';
import { formatQuantity } from '../support/format.js';
import type { CommandArguments, CommandOf } from './arguments/CommandDeclaration.js';
import type { activationsDeclaration } from './arguments/declarations.js';
import { openEngine, toEngineOptions } from './process/openModel.js';

/** `activations`: the activations of chosen neurons for every token, as Parquet. */
export const activationsCommand: CommandOf<typeof activationsDeclaration> = async (args, { signal, progress }) => {
    const { dir, neurons: names, set, limit, languages, out = join(dir, 'activations.parquet') } = args;
    if ((names === undefined) === (set === undefined))
        throw wrongUse(
            'name neurons with `neurons`, such as --neurons 12:345,13:7, or one of their sets with `set`, not both',
        );
    if (args.of !== undefined && set === undefined)
        throw wrongUse('`of` means nothing with `neurons`; leave it out, or give `set`');
    const analysis = set === undefined ? undefined : await readNeurons(neuronsPath(dir));
    const called = analysis?.languages;
    const corpus = await openCorpus(args.data, { languages, called, signal, progress });
    using engine = await openEngine({ ...toEngineOptions(args), countOnly: true }, { signal, progress });
    const neurons =
        analysis === undefined
            ? names!.map((name) => neuronNamed(engine.sites, name))
            : neuronsOfSet(args, engine, analysis, args.of ?? corpus.languages);
    const { tokens, seconds } = await writeWatched(out, { engine, corpus, neurons, limit, signal, progress });
    const all = sum(Object.values(tokens));
    return {
        json: { out, neurons: neurons.length, tokens, seconds },
        text: `${formatQuantity(neurons.length, 'neuron')} at ${formatQuantity(all, 'token')} in ${out}`,
    };
};

/** Those of all languages, each once. */
function neuronsOfSet(
    { set, force }: CommandArguments<typeof activationsDeclaration>,
    engine: Engine,
    analysis: NeuronAnalysis,
    languages: readonly string[],
): NeuronIndex[] {
    checkModel({ engine, analysis, otherModel: force });
    checkSets(engine, [set!]);
    const all = languages.flatMap((language) => neuronsOf(analysis, language, set!));
    const neurons = distinctNeurons(all);
    if (neurons.length > 0) return neurons;
    throw new LanguageNeuronsError(
        'EMPTY',
        `${languages.join(', ')}: no neurons are ${set!}; choose another \`set\`, or other languages with \`of\``,
    );
}
