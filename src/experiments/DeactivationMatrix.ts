/** Neuron sets of a deactivation experiment, by their names on the command line. */
export type NeuronSetName = 'specific' | 'specific+related' | 'specific+related+general';

/** One matrix of a deactivation experiment (figs. 2, 6-13). Row r: the language whose neurons are
 * deactivated; column c: the language evaluated. */
export interface DeactivationSet {
    readonly rows: readonly string[];
    readonly columns: readonly string[];
    /** Metric of the whole model in each column's language. Length columns. */
    readonly baseline: readonly number[];
    /** Metric with row r's neurons deactivated, [rows][columns]. */
    readonly values: readonly (readonly number[])[];
    /** values − baseline, [rows][columns]. */
    readonly change: readonly (readonly number[])[];
    /** values − baseline when as many random neurons of the same layers are deactivated. */
    readonly control: readonly (readonly number[])[];
    /** Scored tokens behind each cell, [rows][columns]. */
    readonly samples: readonly (readonly number[])[];
    /** Neurons deactivated in each row. Length rows. */
    readonly neurons: readonly number[];
}

/** What `ppl.matrix.json` holds. */
export interface DeactivationMatrix {
    readonly metric: 'ppl';
    readonly languages: readonly string[];
    readonly sets: Readonly<Partial<Record<NeuronSetName, DeactivationSet>>>;
    /** Tokens that went through the model for all cells. */
    readonly decodedTokens: number;
}
