import { z } from 'zod';
import type { DeepReadonly } from '../support/DeepReadonly.js';
import { byName, nameShape } from '../support/names.js';

const count = z.int().nonnegative();

const exampleShape = z.object({
    /** Place of the text among its language's, from 0. */
    text: count,
    /** 48 bits of the hash of its prompt and response: texts that are alike count as one. */
    key: count,
    /** Place of the token among the text's counted ones, from 0. */
    position: count,
    /** The token's activation. */
    value: z.number().positive(),
    /**
     * Texts of the token and its neighbours, up to 12 on each side. Bytes that are no whole character are each a code
     * unit from U+DC80 to U+DCFF, as Python's `surrogateescape` writes them; see `tokenText`.
     */
    tokens: z.array(z.string()).min(1),
    /** Activation of each of them, to two digits; 0: not active. */
    values: z.array(z.number().nonnegative()).min(1),
    /** Index of the token in `tokens`. */
    at: count,
});
/** A token that made a neuron active, with what stands around it. */
export interface Example extends DeepReadonly<z.output<typeof exampleShape>> {}

const sampledShape = exampleShape.extend({
    language: nameShape,
    /** Of the neuron's positive activations, 1 to 5 from below. Absent in a part: they are not known yet. */
    quantile: z.int().min(1).max(5).optional(),
});
/** An example that was drawn from all positive activations of a neuron. */
export interface SampledExample extends DeepReadonly<z.output<typeof sampledShape>> {}

const shareShape = z.object({
    /** Tokens for which the neuron was active. */
    active: count,
    /** Sum of their activations, in steps of 2^-20. */
    sum: z.number().nonnegative(),
});
export interface ActiveShare extends DeepReadonly<z.output<typeof shareShape>> {}

const ofLanguageShape = z.object({
    /** Counted tokens for which the neuron was active. */
    active: count,
    /** Of these by their activations, in the bins of `ExamplesHead.edges`. */
    histogram: z.array(count),
    /** The strongest tokens, no two of one text unless there are no others; the strongest first. */
    strongest: z.array(exampleShape),
});
export interface LanguageExamples extends DeepReadonly<z.output<typeof ofLanguageShape>> {}

export const neuronExamplesShape = z.object({
    /** Only those with a token for which it was active. */
    languages: byName(ofLanguageShape),
    /** By `tokenKinds`: what kinds of tokens it was active for. */
    kinds: byName(shareShape),
    /** Its activity at tokens that begin a word. */
    wordBeginnings: shareShape,
    /** Five of each fifth of its positive activations, by activation; in a part more, in no such groups. */
    sample: z.array(sampledShape),
});
/** What makes one neuron active. */
export interface NeuronExamples extends DeepReadonly<z.output<typeof neuronExamplesShape>> {}

/** Tokens on each side of an example's. */
export const neighbours = 12;
/** Examples of a language. */
export const strongestKept = 20;
/** Quantiles, and examples of each. */
export const quantiles = 5;
export const ofQuantile = 5;
/** Examples that the quantiles are found by: 20 in each. */
export const sampleKept = 100;

export const noExamples: NeuronExamples = {
    languages: {},
    kinds: {},
    wordBeginnings: { active: 0, sum: 0 },
    sample: [],
};
