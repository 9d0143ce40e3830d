import type { TextEdit } from './edits.js';
import type { RunOptions } from './engineTypes.js';

/** A neuron: its site, and its index there; at a routed site `expert * width + neuron`. */
export type WatchedNeuron = readonly [site: number, index: number];

/** @inline */
export interface WatchOptions extends RunOptions {
    /** At least one; in this order they are columns of the values. */
    readonly neurons: readonly WatchedNeuron[];
    /**
     * What becomes of activations meanwhile; what is watched is the activation as it comes out of its function, before
     * an edit of its own site. Default: the whole model.
     */
    readonly edit?: TextEdit;
    /** Give each text in parts, as they are computed, so that no long one has to be held. Default false. */
    readonly parts?: boolean;
}

/** The watched activations of a text. */
export interface WatchedText {
    readonly language: string;
    /** Its response; empty for a sample of tokens. */
    readonly text: string;
    /** Those that count: of the response, without BOS. */
    readonly tokens: Int32Array;
    /** [tokens, neurons], row-major: neuron j at token t is `values[t * neurons + j]`. */
    readonly values: Float32Array;
    /** Place of the text among the samples. */
    readonly place: number;
    /** Place of the first of the tokens among the response's: 0 unless the text comes in parts. */
    readonly position: number;
}
