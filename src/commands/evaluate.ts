import { openCorpus } from '../data/openCorpus.js';
import type { EngineOptions } from '../engine/types/engineTypes.js';
import { checkVocabulary, type ModelHead, modelHead } from '../engine/files/modelHead.js';
import { usualWindow } from '../engine/loading/usualWindow.js';
import { wrongUse } from '../errors.js';
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
import { formatCount } from '../support/format.js';
import { type AlignedCell, type AlignedColumn, alignedTable } from './words/alignedTable.js';
import type { CommandArguments, CommandContext, CommandOf } from './arguments/CommandDeclaration.js';
import type { evaluateDeclaration } from './arguments/declarations.js';
import { changeCells, effectUnit } from './words/effectCells.js';
import { openEngine, parseLora } from './process/openModel.js';

type Arguments = CommandArguments<typeof evaluateDeclaration>;

/** `evaluate`: whole models side by side, into OUT/METRIC.evaluation.json and .csv. */
export const evaluateCommand: CommandOf<typeof evaluateDeclaration> = async (args, context) => {
    const { out: folder, excel, metric } = args;
    const { signal, progress, say } = context;
    const loras = (args.lora ?? []).map(parseLora);
    const models = args.model.map((model, i): EngineOptions => ({
        ...{ model, loras: i === args.model.length - 1 ? loras : [] },
        ...pick(args, engineTable),
    }));
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
    const heads: ModelHead[] = [];
    for (const model of args.model) heads.push(await modelHead(model, shared));
    const windowed = { ...shared, models: withLeastWindow(shared.models, heads, progress) };
    if (kind.compares !== true) return evaluate({ ...windowed, metricFor: () => kind.on(corpus, options) });
    const [first] = windowed.models as [EngineOptions];
    const compared = args.reference === undefined ? first : { ...first, model: args.reference, loras: [] };
    const head = await modelHead(compared.model, shared);
    for (const one of heads) checkVocabulary(one, head);
    using reference = await openEngine(compared, shared);
    return await evaluate({ ...windowed, metricFor: () => kind.on(corpus, { ...options, reference }) });
}

/** Models that take texts in windows of different sizes get the least, so that they can be set beside each other. */
function withLeastWindow(
    models: readonly EngineOptions[],
    heads: readonly ModelHead[],
    progress: CommandContext['progress'],
): readonly EngineOptions[] {
    const windows = heads.map(({ trainContext }, i) => models[i]!.windowSize ?? usualWindow(trainContext));
    const windowSize = Math.min(...windows);
    if (windows.every((window) => window === windowSize)) return models;
    const { path } = heads[windows.indexOf(windowSize)]!;
    progress.note(
        `texts are taken in windows of ${formatCount(windowSize)} tokens, the most that ${path} takes, so that all ` +
            'models are measured alike',
    );
    return models.map((model) => ({ ...model, windowSize }));
}

async function evaluateAnswers(kind: QuestionMetricKind, args: Arguments, shared: Shared): Promise<Evaluation> {
    const { data, languages, contextSize, template } = args;
    const { signal, progress } = shared;
    const { name } = kind;
    if (data.length > 1) throw wrongUse(`\`data\`: ${name} takes the questions of one dataset; give one`);
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
