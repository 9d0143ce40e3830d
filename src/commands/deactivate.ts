import { join } from 'node:path';
import { shardText } from '../activations/Shard.js';
import type { NumberRule } from '../answers/numberRules.js';
import { openCorpus } from '../data/openCorpus.js';
import type { Engine } from '../engine/Engine.js';
import { generationContextSize } from '../engine/engineTypes.js';
import type { ScoredPart } from '../engine/packBatches.js';
import { LanguageNeuronsError } from '../errors.js';
import { accuracyMetric } from '../experiments/accuracy.js';
import { deactivate } from '../experiments/deactivate.js';
import { deactivateShard } from '../experiments/deactivateShard.js';
import { countConditions } from '../experiments/experiment.js';
import type { MetricName } from '../experiments/DeactivationMatrix.js';
import { matrixPath } from '../experiments/matrixFile.js';
import type { Metric } from '../experiments/Metric.js';
import { perplexityMetric } from '../experiments/perplexity.js';
import type { PerplexityMean } from '../experiments/choices.js';
import { type NeuronSetName, neuronSetNames } from '../neurons/neuronSets.js';
import { readNeurons } from '../neurons/neuronsFile.js';
import { openQuestions } from '../questions/openQuestions.js';
import { openTemplate } from '../questions/promptTemplates.js';
import { describeMatrix } from './describeMatrix.js';
import { onDevices } from './devices.js';
import { mergeResult } from './merge.js';
import type { CommandContext, CommandResult } from './CommandDeclaration.js';
import { freshly } from './freshly.js';
import { type ModelArguments, openEngine, toEngineOptions } from './openModel.js';
import { type QuestionArguments, parseLanguages, readShardArgument } from './sharedArguments.js';

export interface DeactivateArguments extends ModelArguments, QuestionArguments {
    dir: string;
    data: string[];
    languages: string | undefined;
    metric: MetricName;
    sets: string | undefined;
    controls: number;
    seed: number;
    mean: PerplexityMean;
    over: ScoredPart;
    number: NumberRule;
    wholeLimit: number | undefined;
    force: boolean;
    fresh: boolean;
    shard: string | undefined;
    devices: string | undefined;
}

/** `deactivate`: the matrix of each neuron set, beside its random controls, into DIR. */
export async function deactivateCommand(args: DeactivateArguments, context: CommandContext): Promise<CommandResult> {
    const { signal, progress } = context;
    const { dir, data, mean, over, limit, wholeLimit, maxTokens, controls, seed, metric: name } = args;
    const sets = args.sets === undefined ? undefined : parseSets(args.sets); // cheap mistakes first
    if (name === 'accuracy' && data.length > 1)
        throw new LanguageNeuronsError('WRONG_USE', '--data: accuracy takes the questions of one dataset; give one');
    const shard = readShardArgument(args);
    const analysis = await readNeurons(join(dir, 'neurons.json'));
    const experiment = { analysis, sets, controls, seed };
    const languages = parseLanguages(args.languages) ?? analysis.languages;
    const { devices } = args;
    if (devices !== undefined) {
        const divided = { folder: dir, whole: matrixPath(dir, name), kinds: [name] };
        return mergeResult([await onDevices({ ...args, devices }, divided, context)]);
    }
    const run = async (engine: Engine, metric: Metric): Promise<CommandResult> => {
        const options = { ...experiment, engine, metric, folder: dir, otherModel: args.force, signal, progress };
        if (shard !== undefined) {
            const { path, wasThere, seconds } = await deactivateShard({ ...options, shard });
            const done = wasThere ? 'was finished' : `is finished (${seconds.toFixed(1)} s)`;
            const text = `${path}: shard ${shardText(shard)} ${done}; merge when all are`;
            return { json: { path, there: wasThere, seconds }, text };
        }
        const { fresh } = args;
        const matrix = await freshly({ fresh, folder: dir, kinds: [name] }, context, () => deactivate(options));
        return { json: matrix, text: describeMatrix(matrix) };
    };
    if (name === 'ppl') {
        const corpus = await openCorpus(data, { languages, signal, progress });
        using engine = await openEngine(toEngineOptions(args), { signal, progress });
        return await run(engine, perplexityMetric(corpus, { mean, over }));
    }
    const questions = await openQuestions(data[0]!, { languages, signal, progress });
    using engine = await openEngine(
        {
            ...toEngineOptions(args),
            contextSize: args.contextSize ?? generationContextSize,
            masks: countConditions(experiment, languages),
        },
        { signal, progress },
    );
    return await run(
        engine,
        accuracyMetric({
            questions,
            template: await openTemplate(args.template, engine),
            limit,
            wholeLimit,
            maxTokens,
            rule: args.number,
        }),
    );
}

/** @throws LanguageNeuronsError WRONG_USE */
export function parseSets(text: string): NeuronSetName[] {
    const names = text.split(',').map((name) => name.trim());
    return names.map((name) => {
        const found = neuronSetNames.find((known) => known === name);
        if (found === undefined) {
            throw new LanguageNeuronsError(
                'WRONG_USE',
                `--sets: unknown set ${name}; choose from ${neuronSetNames.join(', ')}`,
            );
        }
        return found;
    });
}
