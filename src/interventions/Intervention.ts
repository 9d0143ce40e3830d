import type { NeuronSetName } from '../neurons/sets/neuronSets.js';
import type { NeuronIndex } from '../neurons/analysis/NeuronAnalysis.js';

/**
 * A change of the activations g = act(gate) of some neurons, at the gate site, before the product with up. With
 * strength s (1: whole), each becomes g + s * (op(g) - g):
 *
 * | op | op(g) |
 * |---|---|
 * | zero | 0 |
 * | scale | v * g |
 * | add | g + v |
 * | replace | v |
 * | diffmean | g + v - mean over the other languages of their means |
 *
 * `add`, `replace` and `diffmean` come from Language Arithmetics: its strength alpha is s, its mu_t the value
 * `mean:t`.
 */
export interface Intervention {
    readonly neurons: NeuronChoice;
    readonly op: InterventionOp;
    /**
     * v: none for `zero`, a number for `scale`, a mean for `diffmean`. Default: 1; for `diffmean`, the mean in the
     * language of the neurons.
     */
    readonly value?: InterventionValue | undefined;
    /** s. Default 1. */
    readonly strength?: number | undefined;
    /** Tokens whose activations change. Default `both`. */
    readonly where?: InterventionWhere | undefined;
}

/**
 * A number for all neurons, or each neuron's own: its mean over all counted tokens or those of a language, or a
 * percentile of a language, such as `p90:zh`.
 */
export type InterventionValue = number | 'mean' | `mean:${string}` | `p${number}:${string}`;

export const interventionOps = ['zero', 'scale', 'add', 'replace', 'diffmean'] as const;
export type InterventionOp = (typeof interventionOps)[number];

/** A language's neurons in one of the sets of an analysis, or neurons by site and index. */
export type NeuronChoice =
    { readonly language: string; readonly set?: NeuronSetName | undefined } | readonly NeuronIndex[];

/**
 * Which tokens: those of the prompt with BOS, those after it (generated or given), both, or positions [from, to) in the
 * text with its prompt, from 0. Negative positions count from the end of the prompt: -1 is its last token.
 */
export type InterventionWhere = 'prompt' | 'response' | 'both' | PositionRange;

export interface PositionRange {
    /** Default 0. */
    readonly from?: number | undefined;
    /** Default: to the end. */
    readonly to?: number | undefined;
}
