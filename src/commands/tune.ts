import { neuronsPath, readNeurons } from '../neurons/analysis/neuronsFile.js';
import { openTemplate } from '../questions/templates/promptTemplates.js';
import { pick } from '../settings/pick.js';
import { tuneTable } from '../settings/settings.js';
import { formatMeasured, formatPlainShare, formatP, formatPercentPoints } from '../support/format.js';
import { tune } from '../tune/tune.js';
import { goalName, type Tune, tunePath } from '../tune/tuneFile.js';
import { countedFor, openTuneInputs, raisedBy } from '../tune/tuneInputs.js';
import { type Baseline, baselineNames, tuneUse, tuneVerdict } from '../tune/tuneWords.js';
import { alignedTable } from './words/alignedTable.js';
import type { CommandOf } from './arguments/CommandDeclaration.js';
import type { tuneDeclaration } from './arguments/declarations.js';
import { openEngine, toEngineOptions } from './process/openModel.js';

/** `tune`: the intervention that keeps the model in a language, if there is one, into DIR/tune.GOAL.json. */
export const tuneCommand: CommandOf<typeof tuneDeclaration> = async (args, context) => {
    const { dir, model, dose, force, date, limit, maxTokens, texts: named = ['udhr'] } = args;
    const { signal, progress } = context;
    const analysis = await readNeurons(neuronsPath(dir));
    const raise = raisedBy(args.op);
    const counted = await countedFor(dir, { raise, dose });
    const { goal, questions, texts } = await openTuneInputs({ ...args, texts: named }, analysis.languages, {
        ...{ signal, progress },
    });
    using engine = await openEngine({ ...toEngineOptions(args), contextSize: args.contextSize }, { signal, progress });
    const template = await openTemplate(args.template, engine);
    const found = await tune({
        ...{ engine, analysis, ...counted, raise, questions, template, texts, folder: dir },
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
    const beside = (name: Baseline): string[] => [
        ...[baselineNames[name], formatPlainShare(rates[name])],
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
        ...(Object.keys(baselineNames) as Baseline[]).map(beside),
        ...accuracyRows,
        ['KL on other texts', formatMeasured(kl.value), '', kl.interval?.map(formatMeasured).join(' to ') ?? '', ''],
    ]);
}

function changeCells({ value, interval, p }: NonNullable<Tune['judgement']>['over']['whole']): string[] {
    const points = (share: number): string => formatPercentPoints(100 * share);
    return [points(value), interval?.map(points).join(' to ') ?? '', p === null ? '' : formatP(p)];
}
