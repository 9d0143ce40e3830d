import type { DeactivationSet, MeasuredIntervention } from './DeactivationMatrix.js';

/** What of each language's neurons is changed, up to which share of the model; see `rankNeurons`. */
export interface Dose {
    /** Of all neurons assessed, in (0, 1). A language that has fewer neurons gets all it has: see `set.neurons`. */
    readonly share: number;
    /** A matrix as of a set: rows are the languages whose neurons are changed. */
    readonly set: DeactivationSet;
}

/** What `ppl.dose.json` or, of another operation than deactivation, `ppl.scale-0.5.dose.json` holds. */
export interface DoseCurves extends MeasuredIntervention {
    /** Neurons that doses are shares of. */
    readonly total: number;
    /** Ascending. */
    readonly doses: readonly Dose[];
}
