import { openCorpus } from '../data/openCorpus.js';
import type { EngineOptions } from '../engine/types/engineTypes.js';
import { LanguageNeuronsError } from '../errors.js';
import { checkNumbers } from '../experiments/answerMetrics/answerMetric.js';
import { evaluate, type EvaluateOptions } from '../experiments/evaluate.js';
import {
    type EvaluatedModel,
    type EvaluatedValue,
    type Evaluation,
    evaluationPaths,
} from '../experiments/resultFiles/evaluationFile.js';
import type { QuestionMetricKind, TextMetricKind } from '../experiments/metric/Metric.js';
import { meanWords } from '../experiments/statistics/meanEffect.js';
import { metricOf } from '../experiments/registry/metrics.js';
import { openQuestions } from '../questions/sources/openQuestions.js';
import { openTemplate } from '../questions/templates/promptTemplates.js';
import { settingsFor } from '../settings/checkSetting.js';
import { pick } from '../settings/pick.js';
import { engineTable, perplexityTable, questionMetricTable } from '../settings/settings.js';
import { type AlignedCell, type AlignedColumn, alignedTable } from './words/alignedTable.js';
import type { CommandArguments, CommandContext, CommandOf } from './arguments/CommandDeclaration.js';
import type { evaluateDeclaration } from './arguments/declarations.js';
import { changeCells, effectUnit } from './words/effectCells.js';
import { openEngine } from './process/openModel.js';

type Arguments = CommandArguments<typeof evaluateDeclaration>;

/** `evaluate`: whole models side by side, into OUT/METRIC.evaluation.json and .csv. */
export const evaluateCommand: CommandOf<typeof evaluateDeclaration> = async (args, context) => {
    const { out: folder, excel, metric } = args;
    const { signal, progress, say } = context;
    const models = args.model.map((model): EngineOptions => ({ model, ...pick(args, engineTable) }));
    const shared = { models, folder, excel, signal, progress };
    const kind = metricOf(metric);
    const found = await (kind.inputs === 'texts'
        ? evaluateTexts(kind, args, shared)
        : evaluateAnswers(kind, args, shared));
    for (const note of found.notes) say(note);
    const { json, csv } = evaluationPaths(folder, metric);
    return { json: { ...found, path: json }, text: `${evaluationWords(found)}\n\ntable: ${csv}` };
};

type Shared = Omit<EvaluateOptions, 'metricFor' | 'signal' | 'progress'> & Pick<CommandContext, 'signal' | 'progress'>;

async function evaluateTexts(kind: TextMetricKind, args: Arguments, shared: Shared): Promise<Evaluation> {
    const { data, languages } = args;
    const { signal, progress } = shared;
    const corpus = await openCorpus(data, { languages, signal, progress });
    const options = pick(args, settingsFor(perplexityTable, { metric: kind.name }));
    if (kind.compares !== true) return evaluate({ ...shared, metricFor: () => kind.on(corpus, options) });
    using reference = await openEngine({ ...shared.models[0]!, model: args.reference ?? args.model[0]! }, shared);
    return await evaluate({ ...shared, metricFor: () => kind.on(corpus, { ...options, reference }) });
}

async function evaluateAnswers(kind: QuestionMetricKind, args: Arguments, shared: Shared): Promise<Evaluation> {
    const { data, languages, contextSize, template } = args;
    const { signal, progress } = shared;
    const { name } = kind;
    if (data.length > 1)
        throw new LanguageNeuronsError('WRONG_USE', `\`data\`: ${name} takes the questions of one dataset; give one`);
    const questions = await openQuestions(data[0]!, { languages, signal, progress });
    if (kind.needsNumbers) checkNumbers(name, questions);
    const options = pick(args, settingsFor(questionMetricTable, { metric: name }));
    return evaluate({
        ...shared,
        models: shared.models.map((model) => ({ ...model, contextSize })),
        metricFor: async (engine) => kind.on({ questions, template: await openTemplate(template, engine), ...options }),
    });
}

/** A row for each model in each language, and in the mean over all: its value and its change from the first. */
function evaluationWords({ metric, languages, models }: Evaluation): string {
    const kind = metricOf(metric);
    const numbers = [kind.noun, '95 %', ...(models.length > 1 ? [`change, ${effectUnit(metric)}`, '95 %'] : [])];
    const columns: AlignedColumn[] = [
        { heading: 'language' },
        { heading: 'model', elastic: true },
        ...numbers.map((heading) => ({ heading, right: true })),
    ];
    const rowsOf = (title: string, of: (model: EvaluatedModel) => EvaluatedValue): AlignedCell[][] =>
        models.map((model, i) => {
            const { value, interval, change } = of(model);
            const ends = interval?.map((end) => kind.formatPlain(end)).join('–') ?? '';
            const before = of(models[0]!).value;
            const changed = change && changeCells(metric, { before, change: change.value, interval: change.interval });
            const beside = models.length > 1 ? (changed ?? ['', '']) : [];
            return [i === 0 ? title : '', model.name, kind.formatPlain(value), ends, ...beside];
        });
    const rows = languages.flatMap((language) => rowsOf(language, ({ perLanguage }) => perLanguage[language]!));
    if (languages.length === 1) return alignedTable(columns, rows);
    return [
        alignedTable(columns, [...rows, ...rowsOf('all', ({ all }) => all)]),
        `all: ${meanWords(kind)} over the languages`,
    ].join('\n');
}
