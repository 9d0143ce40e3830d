import type { Sample } from '../../corpus/Corpus.js';

/** A sample as tokens; the first `promptLength` are neither counted nor scored. */
export interface TokenizedSample {
    readonly tokens: Int32Array;
    readonly promptLength: number;
    /** UTF-16 code units of the text: the measure of progress. */
    readonly characters: number;
    /** Bytes of the text that each token stands for (`tokenBytes`); absent: not asked for. Length tokens. */
    readonly bytes?: Int32Array | undefined;
}

/** A text, or one that is tokens already. */
export type AnySample = Sample | TokenizedSample;
