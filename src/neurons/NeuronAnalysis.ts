/** Classes of neurons (section 2.2 of the paper). */
export type NeuronClass = 'specific' | 'related' | 'general';

/** `[layer, neuron]`, both 0-based. */
export type NeuronIndex = readonly [layer: number, neuron: number];

/** Numbers of neurons of one layer by class. */
export interface LayerCounts {
    readonly specific: number;
    readonly related: number;
    readonly general: number;
}

/** Result of `identify`; what `neurons.json` holds and `identify --json` prints (without `neurons`). */
export interface NeuronAnalysis {
    readonly method: 'paper';
    readonly languages: readonly string[];
    /** FFN width of each layer. */
    readonly widths: readonly number[];
    /** Share of all neurons that is selected. */
    readonly topRate: number;
    /** Quantile of all activation probabilities above which one counts as high. */
    readonly bar: number;
    /** Weight λ of the maximum in the score. */
    readonly lambda: number;
    /** Threshold τ: the `bar` quantile of all activation probabilities. */
    readonly threshold: number;
    /** Number of selected neurons. */
    readonly selected: number;
    /** Selected neurons by N, the number of languages in which they are high; index 0..l. */
    readonly histogram: readonly number[];
    /** All neurons by N; index 0..l. */
    readonly histogramAll: readonly number[];
    /** Number of general neurons (N = l over all neurons). */
    readonly general: number;
    readonly perLanguage: Readonly<Record<string, { readonly specific: number; readonly related: number; readonly total: number }>>;
    readonly layers: readonly LayerCounts[];
    /** Scoring and λ sweep alone, in milliseconds. */
    readonly milliseconds: number;
    /** The neurons themselves: of each language, and the general ones. Sorted by layer, then neuron. */
    readonly neurons: {
        readonly specific: Readonly<Record<string, readonly NeuronIndex[]>>;
        readonly related: Readonly<Record<string, readonly NeuronIndex[]>>;
        readonly general: readonly NeuronIndex[];
    };
}
