import type { DeactivationMatrix, DeactivationSet } from '../experiments/results/DeactivationMatrix.js';
import { readMatrix } from '../experiments/resultFiles/matrixFile.js';
import { readSaidAnswers, type SaidAnswers } from '../experiments/givenAnswers/saidAnswers.js';
import { readableName } from '../languages/englishName.js';
import type { NeuronAnalysis } from '../neurons/analysis/NeuronAnalysis.js';
import { formatCount, formatList, formatShare } from '../support/format.js';
import { mean } from '../support/averages.js';
import type { Check, CheckContext } from './Check.js';
import { type Finding, notTold } from './CheckResult.js';

/** Above these shares of a fall that come from answers in another language, the finding is doubted, or fails. */
const half = 0.5;
const nearlyAll = 0.9;
/** Falls in accuracy below this are not divided. */
const leastFall = 0.01;

/** Do answers get worse without a language's neurons, or only change their language? */
export const answersCheck: Check = {
    name: 'answers',
    question: 'Without its neurons, is a language answered worse, or in another language?',
    needs: [],
    cost: 'seconds',
    settings: [],
    version: 1,
    reads: async ({ folder }) => JSON.stringify(await answerMatrix(folder)),
    run: checkAnswers,
};

/** How a language is answered, with all neurons and without its own. */
export interface OwnAnswers {
    readonly language: string;
    /** Accuracy. */
    readonly before: number;
    readonly after: number;
    /** Share of answers in the language asked. */
    readonly ownBefore: number;
    readonly ownAfter: number;
}

/**
 * The share of a fall in accuracy that comes from answers in another language. With accuracy = (share of answers in the
 * own language) · (accuracy among these), it is what would fall if the first factor alone fell. Null: nothing falls.
 */
export function shareOfLanguage({ before, after, ownBefore, ownAfter }: OwnAnswers): number | null {
    if (before - after < leastFall) return null;
    const ability = before / ownBefore;
    return Math.min(1, Math.max(0, (before - ability * ownAfter) / (before - after)));
}

/** The matrix of accuracies, where answers were judged by number and language. */
async function answerMatrix(folder: string): Promise<DeactivationMatrix | undefined> {
    const matrix = await readMatrix(folder, 'accuracy');
    return matrix?.settings.judge === 'number' ? undefined : matrix;
}

async function checkAnswers({ folder, analysis }: CheckContext): Promise<Finding> {
    const matrix = await answerMatrix(folder);
    const sets = Object.entries(matrix?.sets ?? {}).filter(([, set]) => set.shares?.language !== undefined);
    const [name, set] = sets.find(([one]) => one === 'specific+related') ?? sets[0] ?? [];
    if (matrix === undefined || set === undefined) {
        return notTold(
            'There is no matrix of accuracies judged by number and language; run deactivate with `metric: accuracy`.',
        );
    }
    const own = ownAnswers(set);
    const said = await readSaidAnswers(folder, matrix, analysis);
    const shares = own.map((one) => ({ ...one, share: shareOfLanguage(one) }));
    const fallen = shares.filter(({ share }) => share !== null);
    const share = mean(fallen.map(({ share }) => share!));
    const elsewhere = mean(own.map(({ ownAfter }) => 1 - ownAfter));
    const ability = (given: number, of: number): number | null => (of === 0 ? null : given / of);
    return {
        verdict: share === null ? 'not told' : share > nearlyAll ? 'fails' : share > half ? 'doubtful' : 'holds',
        sentence: sentenceOf(share, elsewhere, said, analysis),
        numbers: [
            { name: 'share of the fall that is of the language of answers', value: share, form: 'share' },
            { name: 'answers not in the language asked, without its neurons', value: elsewhere, form: 'share' },
            {
                ...{ name: 'answers not in the language asked, with all neurons', form: 'share' as const },
                value: mean(own.map(({ ownBefore }) => 1 - ownBefore)),
            },
        ],
        table: {
            columns: [
                ...['language', 'set', 'accuracy', 'accuracy without', 'own language', 'own language without'],
                ...['accuracy in own language', 'accuracy in own language without', 'share of language'],
                ...['answered instead in'],
            ],
            rows: shares.map(({ language, before, after, ownBefore, ownAfter, share }) => [
                ...[language, name!, before, after, ownBefore, ownAfter],
                ...[ability(before, ownBefore), ability(after, ownAfter), share],
                insteadIn(said, language),
            ]),
        },
        caption: 'Share of answers in the language of the question, with all neurons and without its own.',
        figure: {
            ...{ form: 'bars', title: 'answers in the language asked', numbers: 'share' },
            bars: own.flatMap(({ language, ownBefore, ownAfter }) => [
                { label: readableName(language), group: 'all neurons', value: ownBefore },
                { label: readableName(language), group: 'without its neurons', value: ownAfter },
            ]),
        },
    };
}

/** The languages whose own neurons were removed and that were asked in. */
function ownAnswers({ rows, columns, baseline, values, shares }: DeactivationSet): OwnAnswers[] {
    return rows.flatMap((language, r) => {
        const c = columns.indexOf(language);
        if (c < 0) return [];
        const [before, after] = [baseline[c]!, values[r]![c]!];
        const own = shares!.language!;
        return [{ language, before, after, ownBefore: own.baseline[c]!, ownAfter: own.values[r]![c]! }];
    });
}

/** Stands for the language of an answer that is too short, or in one of two languages too close, to say. */
const unclear = 'unclear';

/** Languages that a language is answered in without its neurons, with their numbers, most frequent first. */
function insteadIn(said: SaidAnswers | undefined, language: string): string {
    const [r, c] = [said?.rows.indexOf(language) ?? -1, said?.asked.indexOf(language) ?? -1];
    const counts = said?.changed[r]?.[c];
    if (said === undefined || counts === undefined) return '';
    return said.told
        .map((told, i) => ({ told, count: counts[i]! }))
        .filter(({ told, count }) => told !== language && count > 0)
        .sort((a, b) => b.count - a.count)
        .map(({ told, count }) => `${told ?? unclear} ${formatCount(count)}`)
        .join(', ');
}

function sentenceOf(
    mean: number | null,
    elsewhere: number | null,
    said: SaidAnswers | undefined,
    { languages }: NeuronAnalysis,
): string {
    const others = languages.flatMap((language) => insteadIn(said, language).match(/^\S+(?= )/)?.[0] ?? []);
    const frequent = [...new Set(others)].filter((tag) => tag !== unclear).slice(0, 3);
    const into = frequent.length === 0 ? '' : `, mostly ${formatList(frequent.map(readableName))}`;
    const where =
        `Without a language's neurons, ${formatShare(elsewhere)} of the answers to its questions are in another ` +
        `language${into}, or in none that is clear.`;
    if (mean === null) return `${where} No accuracy falls by a point, so that there is no fall to divide.`;
    const rest = 'the rest are wrong numbers in the language asked';
    return `${where} That is ${formatShare(mean)} of the fall in accuracy; ${rest}.`;
}
