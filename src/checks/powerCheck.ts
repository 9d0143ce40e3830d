import type { DeactivationMatrix } from '../experiments/results/DeactivationMatrix.js';
import { readMatrices } from '../experiments/resultFiles/matrixFile.js';
import { type CellPower, powerOf, referenceEffect, type SetPower } from '../experiments/power/matrixPower.js';
import type { MetricKind } from '../experiments/metric/Metric.js';
import { metricOf } from '../experiments/registry/metrics.js';
import { wantedPower } from '../experiments/statistics/power.js';
import { seenWords } from '../experiments/power/powerWords.js';
import { isDeactivation } from '../interventions/Operation.js';
import { operationInFiles } from '../interventions/operationText.js';
import { neuronsDigest } from '../neurons/analysis/neuronsDigest.js';
import { capitalized, formatCount, formatQuantity, formatShare } from '../support/format.js';
import type { Check, CheckContext } from './Check.js';
import { type Finding, notTold, type Verdict } from './CheckResult.js';

/** Are there enough texts or questions to see what is looked for? */
export const powerCheck: Check = {
    name: 'power',
    question: 'Are there enough texts or questions to see a change, and how many would it take?',
    needs: [],
    cost: 'seconds',
    settings: [],
    version: 1,
    reads: async (context) => JSON.stringify(await ownMatrices(context)),
    run: checkPower,
};

/** The set that a verdict is of, where it was measured. */
const mainSet = 'specific+related';

/** What the tests of one set of a matrix can see. */
interface MatrixPower {
    readonly metric: MetricKind;
    /** Of the matrix, in a word or two. */
    readonly name: string;
    readonly set: string;
    readonly isMain: boolean;
    readonly power: SetPower;
}

/** The matrices that were measured with the neurons of the analysis. */
async function ownMatrices({
    folder,
    analysis,
}: Pick<CheckContext, 'folder' | 'analysis'>): Promise<DeactivationMatrix[]> {
    const digest = neuronsDigest(analysis);
    return (await readMatrices(folder)).filter(({ neurons }) => neurons === digest);
}

async function checkPower(context: CheckContext): Promise<Finding> {
    const matrices = await ownMatrices(context);
    const known = matrices.flatMap(powersIn);
    const main = known.filter(({ isMain }) => isMain);
    if (main.length === 0) {
        const sentence =
            matrices.length === 0
                ? 'There is no matrix; run deactivate. With `plan` it says before how small a change can be seen.'
                : 'The matrices do not say how much their texts or questions differ; run deactivate again.';
        return notTold(sentence);
    }
    return {
        verdict: verdictOf(main),
        sentence: main.map(sentenceOf).join(' '),
        numbers: main.flatMap(({ metric, name, power: { least, forReference } }) => [
            {
                name: `least change of ${name} told in ${formatShare(wantedPower)} of cases`,
                value: least === null ? null : Math.abs(least),
                form: 'share' as const,
            },
            {
                name: `${metric.inputs} for ${metric.formatEffect(metric.harm * referenceEffect)} of ${name}`,
                value: forReference,
                form: 'count' as const,
            },
        ]),
        table: {
            columns: [
                ...['matrix', 'set', 'language', 'texts or questions', 'change', 'told', 'least change told'],
                ...['needed for the change', `needed for ${formatShare(referenceEffect)} or points`],
            ],
            rows: known.flatMap(({ name, set, power: { cells } }) => cells.map((cell) => rowOf(name, set, cell))),
        },
        caption:
            `The least harm to each language by its own neurons, beyond random ones, that is told from chance in ` +
            `${formatShare(wantedPower)} of cases: a fraction of a perplexity, a difference of an accuracy. ` +
            'Without a bar none is.',
        figure: {
            form: 'bars',
            title: `least change told in ${formatShare(wantedPower)} of cases`,
            numbers: 'share',
            bars: main.flatMap(({ name: group, power: { cells } }) =>
                cells.map(({ language: label, least }) => ({
                    ...{ label, group },
                    value: least === null ? null : Math.abs(least),
                })),
            ),
        },
    };
}

function powersIn({ metric: of, operation, sets }: DeactivationMatrix): MatrixPower[] {
    const metric = metricOf(of);
    const name = isDeactivation(operation) ? metric.noun : `${metric.noun}, ${operationInFiles(operation)}`;
    const known = Object.entries(sets).flatMap(([set, one]) => {
        const power = powerOf(one, metric);
        return power === undefined ? [] : [{ metric, name, set, power }];
    });
    const main = known.find(({ set }) => set === mainSet) ?? known[0];
    return known.map((one) => ({ ...one, isMain: one === main }));
}

function rowOf(name: string, set: string, cell: CellPower): (string | number | null)[] {
    const { language, units, effect, told, least, forSeen, forReference } = cell;
    return [name, set, language, units, effect, told ? 'yes' : 'no', least, forSeen, forReference];
}

/** Whether a small change would be seen, or all changes were. */
function isEnough({ power: { cells, least } }: MatrixPower): boolean {
    return (least !== null && Math.abs(least) <= referenceEffect) || cells.every(({ told }) => told);
}

function verdictOf(main: readonly MatrixPower[]): Verdict {
    if (main.some(({ power }) => power.coarse)) return 'fails';
    return main.every(isEnough) ? 'holds' : 'doubtful';
}

function sentenceOf({ name, metric, power }: MatrixPower): string {
    const told = power.cells.filter((cell) => cell.told).length;
    return (
        `${capitalized(name)}${power.coarse ? ', too coarse' : ''}: ${seenWords(power, metric)}. The own change of ` +
        `${formatCount(told)} of ${formatQuantity(power.cells.length, 'language')} is told from chance.`
    );
}
