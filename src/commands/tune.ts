import { join } from 'node:path';
import { readActivations } from '../activations/activationsFile.js';
import { readValuesIfAny } from '../activations/ActivationValues.js';
import { openCorpus } from '../data/openCorpus.js';
import { LanguageNeuronsError } from '../errors.js';
import { parseOperations } from '../interventions/operationText.js';
import { valuesFor } from '../interventions/valuesFor.js';
import type { NeuronAnalysis } from '../neurons/analysis/NeuronAnalysis.js';
import { readNeurons } from '../neurons/analysis/neuronsFile.js';
import { openQuestions } from '../questions/sources/openQuestions.js';
import { openTemplate } from '../questions/templates/promptTemplates.js';
import type { Questions } from '../questions/sources/Questions.js';
import { pick } from '../settings/pick.js';
import { tuneTable } from '../settings/settings.js';
import { formatMeasured, formatPlainShare, formatP, formatPercentPoints } from '../support/format.js';
import { goalOf, tune } from '../tune/tune.js';
import { goalName, type Tune, tunePath } from '../tune/tuneFile.js';
import { tuneUse, tuneVerdict } from '../tune/tuneWords.js';
import { alignedTable } from './words/alignedTable.js';
import type { CommandArguments, CommandContext, CommandOf } from './arguments/CommandDeclaration.js';
import type { tuneDeclaration } from './arguments/declarations.js';
import { openEngine, toEngineOptions } from './process/openModel.js';

/** `tune`: the intervention that keeps the model in a language, if there is one, into DIR/tune.GOAL.json. */
export const tuneCommand: CommandOf<typeof tuneDeclaration> = async (args, context) => {
    const { dir, model, op, dose, force, date, limit, maxTokens } = args;
    const { signal, progress } = context;
    const analysis = await readNeurons(join(dir, 'neurons.json'));
    const goal = goalOf(analysis, args);
    const raise = op === undefined ? undefined : parseOperations(op);
    const activations = dose === undefined ? undefined : await readActivations(dir);
    const values = raise === undefined ? await readValuesIfAny(dir) : await valuesFor(raise, dir);
    const questions = await questionsOf(args, analysis, goal, context);
    const texts = await openCorpus(args.texts ?? ['udhr'], { called: analysis.languages, signal, progress });
    using engine = await openEngine({ ...toEngineOptions(args), contextSize: args.contextSize }, { signal, progress });
    const template = await openTemplate(args.template, engine);
    const found = await tune({
        ...{ engine, analysis, values, activations, raise, questions, template, texts, folder: dir },
        ...{ ...pick(args, tuneTable), ...goal, date, limit, maxTokens, otherModel: force, signal, progress },
    });
    const text = [
        ...roundsTable(found),
        ...(found.judgement === null ? [] : [judgementTable(found, found.judgement)]),
        tuneVerdict(found).map(context.named).join('\n'),
        ...(found.file === null ? [] : [tuneUse(found, { dir, model }).join('\n')]),
    ];
    return { json: { ...found, path: tunePath(dir, goalName(found)) }, text: text.join('\n\n') };
};

/** Prompts in the languages to speak, or in all that were analysed but those to avoid. */
async function questionsOf(
    { data }: CommandArguments<typeof tuneDeclaration>,
    { languages: called }: NeuronAnalysis,
    { speak, avoid }: Pick<Tune, 'speak' | 'avoid'>,
    { signal, progress }: Pick<CommandContext, 'signal' | 'progress'>,
): Promise<Questions> {
    if (speak.length > 0) return openQuestions(data, { languages: speak, called, signal, progress });
    const all = await openQuestions(data, { called, signal });
    const languages = all.languages.filter((language) => called.includes(language) && !avoid.includes(language));
    if (languages.length > 0) return openQuestions(data, { languages, called, signal, progress });
    const what = `has no prompts in an analysed language other than ${avoid.join(', ')}`;
    throw new LanguageNeuronsError('NOT_FOUND', `${data}: ${what}; give other prompts, or --speak`);
}

/** The best of each round. */
function roundsTable({ rounds }: Tune): string[] {
    if (rounds.length === 0) return [];
    const columns = [
        ...['round', 'prompts', 'tried', 'kept'].map((heading) => ({ heading, right: true })),
        { heading: 'best', elastic: true },
        { heading: 'passes', right: true },
    ];
    const rows = rounds.map(({ prompts, tried, kept }, i) => [
        ...[i + 1, prompts, tried, kept.length].map(String),
        kept[0]?.words ?? 'none within bounds',
        kept[0] === undefined ? '' : formatPlainShare(kept[0].passRate),
    ]);
    return [alignedTable(columns, rows)];
}

/** What it bought and what it cost, on held-out prompts and texts. */
function judgementTable({ prompts }: Tune, judgement: NonNullable<Tune['judgement']>): string {
    const { rates, over, accuracy, kl } = judgement;
    const columns = [
        { heading: `${prompts.judged} held-out prompts`, elastic: true },
        ...['passes', 'gain, points', '95 %', 'p'].map((heading) => ({ heading, right: true })),
    ];
    const beside = (name: 'whole' | 'prompted' | 'random', words: string): string[] => [
        ...[words, formatPlainShare(rates[name])],
        ...changeCells(over[name]),
    ];
    const accuracyRows =
        accuracy === null
            ? []
            : [
                  ['accuracy: intervention', formatPlainShare(accuracy.whole + accuracy.value), '', '', ''],
                  ['          whole model', formatPlainShare(accuracy.whole), ...changeCells(accuracy)],
                  ['          system prompt', formatPlainShare(accuracy.prompted), '', '', ''],
              ];
    return alignedTable(columns, [
        ['intervention', formatPlainShare(rates.tuned), '', '', ''],
        beside('whole', 'whole model'),
        beside('prompted', 'system prompt'),
        beside('random', 'random neurons'),
        ...accuracyRows,
        ['KL on other texts', formatMeasured(kl.value), '', kl.interval?.map(formatMeasured).join(' to ') ?? '', ''],
    ]);
}

function changeCells({ value, interval, p }: NonNullable<Tune['judgement']>['over']['whole']): string[] {
    const points = (share: number): string => formatPercentPoints(100 * share);
    return [points(value), interval?.map(points).join(' to ') ?? '', p === null ? '' : formatP(p)];
}
