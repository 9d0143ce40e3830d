import type { ActivationsSource } from '../../activations/ActivationsSource.js';
import { isOfModel } from '../../activations/isOfModel.js';
import { countedWords } from './countedTexts.js';
import type { HeldOut, MeasuredIntervention, MeasuredModel } from '../results/DeactivationMatrix.js';
import { metricOf } from '../registry/metrics.js';

/** What a reader of a matrix or of curves has to know before the numbers, a sentence each. */
export function caveatsOf({
    metric,
    counted,
    model,
    foundIn,
}: Pick<MeasuredIntervention, 'metric' | 'counted' | 'model' | 'foundIn'>): string[] {
    const kind = metricOf(metric);
    const { noun, inputs } = kind;
    const circular =
        counted === undefined
            ? []
            : [
                  `Circular: the ${noun} was ${countedWords(counted, kind)}, and effects on ${inputs} that neurons ` +
                      'were found on look larger than on others.',
              ];
    const other =
        foundIn === undefined
            ? []
            : [
                  `The ${noun} was measured on another model (${model.name}, ${model.quantization}) than the neurons ` +
                      `were found in (${foundIn.name}, ${foundIn.quantization}).`,
              ];
    return [...circular, ...other];
}

/** Which texts are held out, in a clause. */
export function heldOutWords({ fold, of }: Pick<HeldOut, 'fold' | 'of'>): string {
    return `fold ${fold} of ${of} is held out: neurons are found anew in the others, and measured on its texts`;
}

/** A sentence on the texts that neurons were not found on; none where no texts were held out. */
export function heldOutSentences({ metric, heldOut }: Pick<MeasuredIntervention, 'metric' | 'heldOut'>): string[] {
    if (heldOut === undefined) return [];
    const { fold, of } = heldOut;
    const others = of === 2 ? 'the other fold' : `the other ${of - 1} folds`;
    return [
        `Held out: the ${metricOf(metric).noun} was measured on the texts of fold ${fold} of ${of}, with neurons ` +
            `that were found anew in ${others}; their numbers are not those of the analysis of all texts.`,
    ];
}

/** The model that neurons were found in, where it is another one than was measured. */
export function foundElsewhere(
    source: ActivationsSource,
    { fingerprint }: Pick<MeasuredModel, 'fingerprint'>,
): MeasuredModel | undefined {
    if (isOfModel(source, fingerprint)) return undefined;
    const { name, quantization, fingerprint: own } = source.model;
    return { name, quantization, fingerprint: own };
}
