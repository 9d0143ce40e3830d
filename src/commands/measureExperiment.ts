import { readActivations } from '../activations/activationsFile.js';
import { openCorpus } from '../data/openCorpus.js';
import type { Engine } from '../engine/Engine.js';
import { wrongUse } from '../errors.js';
import { checkNumbers } from '../experiments/answerMetrics/answerMetric.js';
import { intervene, type InterveneResult, type MeasuredShard } from '../experiments/intervene.js';
import type { Metric } from '../experiments/metric/Metric.js';
import { metricOf } from '../experiments/registry/metrics.js';
import { dosePath, matrixPath } from '../experiments/resultFiles/resultPaths.js';
import type { Operation } from '../interventions/Operation.js';
import { valuesFor } from '../interventions/valuesFor.js';
import { neuronsPath, readNeurons } from '../neurons/analysis/neuronsFile.js';
import { rankNeurons } from '../neurons/scores/rankNeurons.js';
import { openQuestions } from '../questions/sources/openQuestions.js';
import { settingsFor } from '../settings/checkSetting.js';
import { pick } from '../settings/pick.js';
import { perplexityTable, questionMetricTable } from '../settings/settings.js';
import { openTemplate } from '../questions/templates/promptTemplates.js';
import { mergeResult } from './merge.js';
import type { CommandArguments, CommandContext, CommandResult } from './arguments/CommandDeclaration.js';
import type { deactivateDeclaration } from './arguments/declarations.js';
import { freshly } from './process/freshly.js';
import { openEngine, openReference, toEngineOptions } from './process/openModel.js';
import { planMeasuring } from './planMeasuring.js';
import { readShardArgument } from './arguments/shardArgument.js';

/** Arguments of every command that measures. */
export type ExperimentArguments = CommandArguments<typeof deactivateDeclaration>;

/** What a command asks for beside these arguments, and how it answers. */
export interface ExperimentCommand {
    /** Its name. */
    readonly command: string;
    readonly operations: readonly Operation[];
    /** Shares of rankings; undefined: sets. */
    readonly shares?: readonly number[] | undefined;
    readonly measured: (result: InterveneResult) => CommandResult;
    readonly divided: (result: InterveneResult) => unknown;
}

/** Measures what a command asks for into its DIR: all of it, a shard, or on several devices at once. */
export async function measureExperiment(
    args: ExperimentArguments,
    { command, operations, shares, measured, divided }: ExperimentCommand,
    context: CommandContext,
): Promise<CommandResult> {
    const { signal, progress } = context;
    const { dir, data, sets, controls, seed, matched, circular, metric: name } = args;
    const kind = metricOf(name);
    if (kind.inputs === 'questions' && data.length > 1)
        throw wrongUse(`\`data\`: ${name} takes the questions of one dataset; give one`);
    const shard = readShardArgument(args);
    const analysis = await readNeurons(neuronsPath(dir));
    const activations = shares === undefined && matched !== 'rate' ? undefined : await readActivations(dir);
    const doses = shares && { shares, ranking: rankNeurons(activations!, analysis) };
    const values = await valuesFor(operations, dir);
    const experiment = { analysis, sets, operations, values, doses, controls, seed, matched, activations, circular };
    const called = analysis.languages; // and so the languages of texts and questions
    const languages = args.languages ?? called;
    if (args.plan) return planMeasuring(args, { metric: kind, options: experiment }, context);
    const { devices } = args;
    if (devices !== undefined) {
        const { onDevices } = await import('./devices.js');
        const pathOf = doses === undefined ? matrixPath : dosePath;
        const wholes = operations.map((operation) => pathOf(dir, name, operation));
        return mergeResult(await onDevices({ ...args, devices }, { folder: dir, wholes, kinds: [name] }, context));
    }
    const run = async (engine: Engine, metric: Metric): Promise<CommandResult> => {
        const { force: otherModel, fresh, excel } = args;
        const shared = { engine, metric, folder: dir, otherModel, excel, command, shard, signal, progress };
        const options = { ...experiment, ...shared };
        if (shard !== undefined) {
            const result = await intervene(options);
            return { json: divided(result), text: describeShards(result.shards, args.shard!, result.seconds) };
        }
        return measured(await freshly({ fresh, folder: dir, kinds: [name] }, context, () => intervene(options)));
    };
    if (kind.inputs === 'texts') {
        const corpus = await openCorpus(data, { languages, called, signal, progress });
        using engine = await openEngine(toEngineOptions(args), { signal, progress });
        using reference = await openReference(args, { signal, progress });
        const metric = kind.on(corpus, { ...pick(args, settingsFor(perplexityTable, { metric: name })), reference });
        return await run(engine, metric);
    }
    const questions = await openQuestions(data[0]!, { languages, called, signal, progress });
    if (kind.needsNumbers) checkNumbers(name, questions);
    kind.note(questions, args, progress); // before the model is loaded
    const options = { ...toEngineOptions(args), contextSize: args.contextSize };
    using engine = await openEngine(options, { signal, progress });
    return await run(
        engine,
        kind.on({
            questions,
            template: await openTemplate(args.template, engine),
            ...pick(args, settingsFor(questionMetricTable, { metric: name })),
        }),
    );
}

function describeShards(shards: readonly MeasuredShard[], shard: string, seconds: number): string {
    return shards
        .map(({ path, wasThere }) => {
            const done = wasThere ? 'was finished' : `is finished (${seconds.toFixed(1)} s)`;
            return `${path}: shard ${shard} ${done}; merge when all are`;
        })
        .join('\n');
}
