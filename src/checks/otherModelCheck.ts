import type { EngineOptions } from '../engine/types/engineTypes.js';
import { checkModel } from '../experiments/conditions/checkFit.js';
import { difference } from '../experiments/statistics/resampling.js';
import type { Damage } from './measures/selectivity.js';
import { formatQuantity } from '../support/format.js';
import { inParts } from '../support/progress.js';
import type { Check, CheckContext, CheckSettings } from './Check.js';
import { type Finding, notTold } from './CheckResult.js';
import {
    damageCells,
    damageColumns,
    firstShare,
    formatDifferenceOf,
    formatEstimate,
    indexBars,
    meanIndex,
    numberOf,
    ownDamages,
    type OwnNeurons,
    verdictOfIndex,
    withOwnNeurons,
} from './damages.js';

/** Are the neurons that were found on one model those of its language in another one that was made of it? */
export const otherModelCheck: Check = {
    name: 'other-model',
    question: 'Do the neurons found on the model harm their language in its chat model too?',
    needs: ['model', 'data'],
    cost: 'two passes over the texts for each language',
    settings: ['set', 'other', 'otherLora'],
    version: 2,
    reads: async ({ engine, settings }) => {
        const options = otherOptions(settings);
        return options === undefined ? undefined : (await engine(options)).fingerprint;
    },
    run: (context) => {
        const options = otherOptions(context.settings);
        return options === undefined
            ? Promise.resolve(nothingGiven)
            : withOwnNeurons(context, (own) => checkOtherModel(context, own, options));
    },
};

const nothingGiven: Finding = notTold(
    'No other model is given; give one made of this model with `other`, or a LoRA with `otherLora`.',
);

/** How the other model is opened; undefined where none is given. */
function otherOptions({ other, otherLora }: CheckSettings): Partial<EngineOptions> | undefined {
    if (other === undefined && otherLora === undefined) return undefined;
    return {
        ...(other === undefined ? {} : { model: other }),
        ...(otherLora === undefined ? {} : { loras: [{ path: otherLora }] }),
    };
}

async function checkOtherModel(
    context: CheckContext,
    own: readonly OwnNeurons[],
    options: Partial<EngineOptions>,
): Promise<Finding> {
    const other = await context.engine(options);
    checkModel({ engine: other, analysis: context.analysis, otherModel: true });
    const [here, there] = inParts(context.progress, [1, 1]);
    const damages = await ownDamages({ ...context, progress: here! }, await context.engine(), own);
    return findingOf(own, damages, await ownDamages({ ...context, progress: there! }, other, own));
}

function findingOf(own: readonly OwnNeurons[], here: readonly Damage[], there: readonly Damage[]): Finding {
    const [index, otherIndex] = [meanIndex(here), meanIndex(there)];
    const first = firstShare(there);
    const most = Math.round(first * own.length);
    const more = difference(otherIndex, index);
    const models = [
        ['the analysed model', here],
        ['the other model', there],
    ] as const;
    return {
        verdict: verdictOfIndex(otherIndex, first),
        sentence:
            `In the other model, neurons found on this one harm their own language most for ${most} of ` +
            `${formatQuantity(own.length, 'language')}; the selectivity index is ${formatEstimate(otherIndex)} nats ` +
            `a token there and ${formatEstimate(index)} here, a difference of ${formatDifferenceOf(more)}.`,
        numbers: [
            numberOf('selectivity index in the other model, nats a token', otherIndex),
            numberOf('in the analysed model', index),
            numberOf('difference', more),
            { name: 'own language first in the other model', value: first, form: 'share' },
        ],
        table: {
            columns: ['model', 'language', 'neurons', ...damageColumns],
            rows: models.flatMap(([model, damages]) =>
                damages.map((damage, row) => [
                    ...[model, own[row]!.language, own[row]!.neurons.length],
                    ...damageCells(damage),
                ]),
            ),
        },
        caption:
            'The selectivity index of each language, in nats a token, when the neurons that were found on the ' +
            'analysed model are set to 0 in it, and in the other model.',
        figure: indexBars(
            models.map(([model, damages]) => [model, damages.map((damage, row) => [own[row]!.language, damage])]),
        ),
    };
}
