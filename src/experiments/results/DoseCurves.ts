import { z } from 'zod';
import type { DeepReadonly } from '../../support/DeepReadonly.js';
import { areOf, measuredShape, setShape } from './DeactivationMatrix.js';

const doseShape = z.object({
    /** Of all neurons assessed, in (0, 1). A language that has fewer neurons gets all it has: see `set.neurons`. */
    share: z.number().gt(0).lt(1),
    /** A matrix, as for a set: rows are the languages whose neurons are changed. */
    set: setShape,
});
/** The effect of changing the best-ranked neurons of each language, up to a share of the model; see `rankNeurons`. */
export interface Dose extends DeepReadonly<z.output<typeof doseShape>> {}

export const curvesShape = measuredShape
    .extend({
        /** Neurons that doses are shares of. */
        total: z.int().positive(),
        /** Ascending. */
        doses: z.array(doseShape),
    })
    .refine(
        ({ languages, doses }) =>
            areOf(
                languages,
                doses.map(({ set }) => set),
            ),
        'a row or column is not one of its languages',
    )
    .refine(
        ({ doses }) => doses.every(({ share }, i) => i === 0 || share > doses[i - 1]!.share),
        'doses do not ascend',
    );
/** What `ppl.dose.json` or, of another operation than deactivation, `ppl.scale-0.5.dose.json` holds. */
export interface DoseCurves extends DeepReadonly<z.output<typeof curvesShape>> {}
