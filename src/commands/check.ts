import type { Check } from '../checks/Check.js';
import { checkedFindings } from '../checks/checkedFindings.js';
import type { CheckResult, Verdict } from '../checks/CheckResult.js';
import { check, type CheckOptions } from '../checks/runChecks.js';
import { checks } from '../checks/checks.js';
import { numberWords, secondsWords } from '../checks/checkWords.js';
import { openCorpus } from '../data/openCorpus.js';
import { neuronsPath, readNeurons } from '../neurons/analysis/neuronsFile.js';
import { pick } from '../settings/pick.js';
import { checkTable } from '../settings/settings.js';
import { wrapText } from '../support/wrapText.js';
import { type AlignedCell, alignedTable, type Tone } from './words/alignedTable.js';
import type { CommandArguments, CommandContext, CommandOf, CommandResult } from './arguments/CommandDeclaration.js';
import type { checkDeclaration } from './arguments/declarations.js';
import { openEngine, toEngineOptions } from './process/openModel.js';

/** `check`: what a sceptic would ask of the findings in DIR, answered into DIR/checks. */
export const checkCommand: CommandOf<typeof checkDeclaration> = async (args, context) => {
    const { dir, names = [], list } = args;
    const { signal, progress, named } = context;
    const width = process.stdout.columns ?? 80;
    if (list) return listed(dir, named, width);
    const options = { ...given(args, context), ...pick(args, checkTable), force: args.force, signal, progress };
    const results = await check(dir, names.length === 0 ? options : { ...options, names });
    return { json: results, text: describe(results, named, width) };
};

/** How the model and the texts are opened, where they are given. */
function given(
    args: CommandArguments<typeof checkDeclaration>,
    { signal, progress }: CommandContext,
): Pick<CheckOptions, 'engine' | 'corpus'> {
    const { model, data } = args;
    return {
        ...(model !== undefined && {
            engine: (options = {}) =>
                openEngine({ ...toEngineOptions({ ...args, model }), ...options }, { signal, progress }),
        }),
        ...(data !== undefined && {
            corpus: ({ languages: called }) =>
                openCorpus(data, { languages: args.languages ?? called, called, signal, progress }),
        }),
    };
}

/** All checks, and the verdicts of those that are done for the neurons in DIR. */
async function listed(dir: string, named: (text: string) => string, width: number): Promise<CommandResult> {
    const { results } = await checkedFindings(dir, await readNeurons(neuronsPath(dir)));
    const verdictOf = new Map(results.map(({ name, verdict }) => [name, verdict]));
    const found = checks.map((one) => ({ check: one, verdict: verdictOf.get(one.name) }));
    const columns = [{ heading: 'check' }, { heading: 'needs' }, { heading: 'verdict' }];
    const rows = found.map(({ check: { name, needs }, verdict }): AlignedCell[] => [
        ...[name, needsWords(needs)],
        verdict === undefined ? 'not done' : { text: verdict, tone: tones[verdict] },
    ]);
    const words = checks.flatMap(({ name, question, cost }) => [
        '',
        ...wrapText(`${name}: ${question} It takes ${named(cost)}.`, width),
    ]);
    return {
        json: found.map(({ check: { name, question, needs, cost }, verdict }) => ({
            ...{ name, question, needs, cost },
            verdict: verdict ?? null,
        })),
        text: [alignedTable(columns, rows, width), ...words].join('\n'),
    };
}

function needsWords(needs: Check['needs']): string {
    return needs.length === 0 ? 'nothing more' : needs.map((need) => `--${need}`).join(' ');
}

const tones: Readonly<Record<Verdict, Tone>> = {
    holds: 'good',
    doubtful: 'heading',
    fails: 'bad',
    'not told': 'faint',
};

/** The verdicts in a table, and below it what each rests on. */
function describe(results: readonly CheckResult[], named: (text: string) => string, width: number): string {
    const columns = [
        { heading: 'check' },
        { heading: 'verdict' },
        { heading: 'number', right: true },
        { heading: 'of', elastic: true },
        { heading: 'took', right: true },
    ];
    const rows = results.map(({ name, verdict, numbers: [first], seconds }): AlignedCell[] => [
        name,
        { text: verdict, tone: tones[verdict] },
        first === undefined ? '' : numberWords(first),
        first?.name ?? '',
        secondsWords(seconds),
    ]);
    const words = results.flatMap(({ name, sentence }) => ['', ...wrapText(`${name}: ${named(sentence)}`, width)]);
    return [alignedTable(columns, rows, width), ...words].join('\n');
}
