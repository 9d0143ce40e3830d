import type { DeactivationMatrix } from '../../experiments/results/DeactivationMatrix.js';
import { effectCell } from '../../experiments/metric/effectUnits.js';
import type { MetricWords } from '../../experiments/metric/Metric.js';
import { metricOf } from '../../experiments/registry/metrics.js';
import { leastSignTestP } from '../../experiments/statistics/tooFewRight.js';
import { equalsP, formatCount, formatNumber, formatQuantity } from '../../support/format.js';
import { cellsOf, type SetCell, setsOf } from '../facts/matrixFacts.js';
import { inPercent, isComparable, type Measured } from '../facts/numbers.js';
import { divergingScale, type DivergingScale } from './heatmap.js';

/** What a matrix shows of a cell, for the report's figure and the explorer's page alike. */
export interface ShownCell {
    readonly effect: Measured;
    /** Its colour, −1 to 1, 1 being harm; null: grey, not to be told from chance. */
    readonly position: number | null;
    readonly isMissing: boolean;
    /** At most five characters. */
    readonly text: string;
    /** Why it is grey, in a sentence; empty where it is not. */
    readonly note: string;
}

/** The neurons of a language, or as many random ones. */
export type Side = 'own' | 'control';

/** One colour scale for all sets of a matrix and their controls, so that their figures can be compared. */
export function commonScale(matrix: DeactivationMatrix): DivergingScale {
    const cells = setsOf(matrix).flatMap(([, set]) => cellsOf(set, matrix.metric).flat());
    const words = metricOf(matrix.metric);
    return divergingScale(cells.flatMap((cell) => [sides.own(cell), sides.control(cell)]).map(coloured), (percent) =>
        effectCell(percent / 100, words),
    );
}

export function shownCell(cell: SetCell, side: Side, words: MetricWords, scale: DivergingScale): ShownCell {
    const { effect, noise, tooFew, q } = sides[side](cell);
    const place = scale.position(coloured({ effect, noise }));
    return {
        effect,
        position: place === null ? null : words.harm * place,
        isMissing: !isComparable(effect),
        text: effectCell(effect, words),
        note: tooFew ? tooFewWords(cell) : noise ? noiseWords[side](q) : '',
    };
}

const noiseWords: Readonly<Record<Side, (q: Measured) => string>> = {
    own: (q) => `Does not differ from random neurons${q === null ? '' : ` (${equalsP('q', q)})`}.`,
    control: () => 'Within the margin of error.',
};

interface Told {
    readonly effect: Measured;
    /** Not to be told from chance. */
    readonly noise: boolean;
    readonly tooFew: boolean;
    readonly q: Measured;
}

const sides: Readonly<Record<Side, (cell: SetCell) => Told>> = {
    own: ({ effect, noise, tooFew, q }) => ({ effect, noise, tooFew, q }),
    control: ({ controlEffect: effect, controlNoise: noise, controlTooFew: tooFew }) => ({
        ...{ effect, noise, tooFew },
        q: null, // controls are not tested
    }),
};

/** The percentage that a cell's colour stands for; null where it is grey. */
function coloured({ effect, noise }: Pick<Told, 'effect' | 'noise'>): Measured {
    return noise ? null : inPercent(effect);
}

function tooFewWords({ baseline, samples }: SetCell): string {
    const right = Math.round((baseline ?? 0) * (samples ?? 0));
    return (
        `The whole model answers ${formatCount(right)} of ${formatQuantity(samples ?? 0, 'question')} rightly: ` +
        `even a fall to 0 would not differ from chance (p = ${formatNumber(leastSignTestP(right))}).`
    );
}
