import { openCorpus } from '../data/openCorpus.js';
import { collectExamples } from '../examples/collectExamples.js';
import { examplesPath } from '../examples/examplesFile.js';
import { analysisSites } from '../neurons/analysis/NeuronAnalysis.js';
import { neuronNamed } from '../neurons/tables/neuronNames.js';
import { neuronsPath, readNeurons } from '../neurons/analysis/neuronsFile.js';
import type { CommandOf } from './arguments/CommandDeclaration.js';
import type { examplesDeclaration } from './arguments/declarations.js';
import { describeExamples, summaryOf } from './words/describeExamples.js';
import { freshly } from './process/freshly.js';
import { mergeResult } from './merge.js';
import { openEngine, toEngineOptions } from './process/openModel.js';
import { readShardArgument } from './arguments/shardArgument.js';

/** `examples`: the tokens that make neurons active, into DIR/examples.safetensors. */
export const examplesCommand: CommandOf<typeof examplesDeclaration> = async (args, context) => {
    const { dir, devices, fresh, force, general, seed } = args;
    const { signal, progress } = context;
    const shard = readShardArgument(args);
    const analysis = await readNeurons(neuronsPath(dir));
    const sites = analysisSites(analysis);
    const neurons = args.neurons?.map((name) => neuronNamed(sites, name));
    const called = analysis.languages;
    const corpus = await openCorpus(args.data, { languages: args.languages ?? called, called, signal, progress });
    const kinds = ['examples'];
    if (devices !== undefined) {
        const { onDevices } = await import('./devices.js');
        const divided = { folder: dir, wholes: [examplesPath(dir)], kinds };
        return mergeResult(await onDevices({ ...args, devices }, divided, context));
    }
    using engine = await openEngine({ ...toEngineOptions(args), countOnly: true }, { signal, progress });
    const { path, head, wasThere, seconds } = await freshly({ fresh, folder: dir, kinds }, context, () =>
        collectExamples({
            ...{ engine, analysis, corpus, folder: dir, neurons, general, seed },
            ...{ shard, force, signal, progress },
        }),
    );
    const words = wasThere ? 'were in' : 'are in';
    return {
        json: { path, seconds, ...summaryOf(head) },
        text: `${describeExamples(head)} ${words} ${path} (${seconds.toFixed(1)} s)`,
    };
};
