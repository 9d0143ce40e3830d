import { join } from 'node:path';
import type { NumberRule } from '../answers/numberRules.js';
import { openCorpus } from '../corpus/openCorpus.js';
import type { Engine } from '../engine/Engine.js';
import { generationContextSize } from '../engine/engineTypes.js';
import type { ScoredPart } from '../engine/packBatches.js';
import { LanguageNeuronsError } from '../errors.js';
import { accuracyMetric } from '../experiments/accuracy.js';
import { countConditions, deactivate } from '../experiments/deactivate.js';
import { type CellInterval, type DeactivationMatrix, type MetricName, type NeuronSetName, neuronSetNames } from '../experiments/DeactivationMatrix.js';
import { type PerplexityMean, perplexityMetric } from '../experiments/perplexity.js';
import { readNeurons } from '../neurons/file.js';
import { openQuestions } from '../questions/openQuestions.js';
import { openTemplate } from '../questions/promptTemplates.js';
import { type CommandContext, type CommandResult, type ModelArguments, type QuestionArguments, engineOptions, freshly, openEngine, parseLanguages } from './shared.js';

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
}

/** `deactivate`: the matrix of each neuron set, beside its random controls, into DIR. */
export async function deactivateCommand(args: DeactivateArguments, context: CommandContext): Promise<CommandResult> {
    const { signal, progress } = context;
    const { dir, data, mean, over, limit, wholeLimit, maxTokens, controls, seed, metric: name } = args;
    const sets = args.sets === undefined ? undefined : parseSets(args.sets); // cheap mistakes first
    if (name === 'accuracy' && data.length > 1) throw new LanguageNeuronsError('WRONG_USE', '--data: accuracy takes the questions of one dataset; give one');
    const analysis = await readNeurons(join(dir, 'neurons.json'));
    const experiment = { analysis, sets, controls, seed };
    const languages = parseLanguages(args.languages) ?? analysis.languages;
    const run = async (engine: Engine, metric: Parameters<typeof deactivate>[0]['metric']): Promise<CommandResult> => {
        const matrix = await freshly(
            { fresh: args.fresh, folder: dir, kinds: [name] }, context,
            () => deactivate({ ...experiment, engine, metric, folder: dir, otherModel: args.force, signal, progress }),
        );
        return { json: matrix, text: describeMatrix(matrix) };
    };
    if (name === 'ppl') {
        const corpus = await openCorpus(data, { languages, signal, progress });
        using engine = await openEngine(engineOptions(args), { signal, progress });
        return await run(engine, perplexityMetric(corpus, { mean, over }));
    }
    const questions = await openQuestions(data[0]!, { languages, signal, progress });
    using engine = await openEngine({
        ...engineOptions(args), contextSize: args.contextSize ?? generationContextSize, masks: countConditions(experiment, languages),
    }, { signal, progress });
    return await run(engine, accuracyMetric({ questions, template: await openTemplate(args.template, engine), limit, wholeLimit, maxTokens, rule: args.number }));
}

/** @throws LanguageNeuronsError WRONG_USE */
export function parseSets(text: string): NeuronSetName[] {
    const names = text.split(',').map((name) => name.trim());
    return names.map((name) => {
        const found = neuronSetNames.find((known) => known === name);
        if (found === undefined) {
            throw new LanguageNeuronsError('WRONG_USE', `--sets: unknown set ${name}; choose from ${neuronSetNames.join(', ')}`);
        }
        return found;
    });
}

/** For each set and language: what its removal does to it, what random neurons do, and the difference. */
export function describeMatrix({ metric, sets }: DeactivationMatrix): string {
    const format = (value: number): string => (metric === 'ppl' ? value.toFixed(2) : `${(100 * value).toFixed(1)} %`);
    const signed = (value: number): string => `${value > 0 ? '+' : ''}${format(value)}`;
    const range = (interval: CellInterval): string => (interval === null ? '' : ` (${signed(interval[0])} to ${signed(interval[1])})`);
    const lines: string[] = [];
    for (const [name, set] of Object.entries(sets)) {
        lines.push(`${name}: ${metric === 'ppl' ? 'perplexity' : 'accuracy'} of the own language, whole → deactivated; with random neurons; difference (95 %)`);
        for (const [r, language] of set.rows.entries()) {
            const c = set.columns.indexOf(language);
            const base = set.baseline[c]!;
            lines.push(
                `  ${language}  ${format(base)} → ${format(set.values[r]![c]!)}; ${format(base + set.control[r]![c]!)}; ${signed(set.beyondControl[r]![c]!)}${range(set.intervals.beyondControl[r]![c]!)}, ${set.neurons[r]!} ${set.neurons[r] === 1 ? 'neuron' : 'neurons'}`,
            );
        }
    }
    return lines.join('\n');
}
