import type { ActiveShare, Example, LanguageExamples, SampledExample } from '../examples/NeuronExamples.js';

// What the page reads of a run folder's examples. It imports types alone, as all that the page shares.

/** Path of `SiteExamplesHead`. */
export const examplesHeadPath = 'data/examples.json';
/** Languages whose strongest tokens are in one file: some 80 KB. */
export const languagesOfFile = 6;

/** Of all neurons that have examples. */
export interface SiteExamplesHead {
    /** Their flat indices. */
    readonly flats: readonly number[];
    /** Languages of the texts. */
    readonly languages: readonly string[];
    /** Lower edges of the histograms' bins. */
    readonly edges: readonly number[];
    /** Tokens that the neurons saw, by kind, and those that begin a word. */
    readonly kinds: Readonly<Record<string, number>>;
    readonly wordBeginnings: number;
}

/** Of one neuron, all but the strongest tokens. */
export interface SiteNeuronExamples {
    readonly languages: Readonly<Record<string, Omit<LanguageExamples, 'strongest'>>>;
    readonly kinds: Readonly<Record<string, ActiveShare>>;
    readonly wordBeginnings: ActiveShare;
    readonly sample: readonly ShownExample<SampledExample>[];
}

export type ShownExample<Of extends Example = Example> = Omit<Of, 'key'>;

/** The strongest tokens in some languages. */
export type SiteStrongest = Readonly<Record<string, readonly ShownExample[]>>;

export function neuronExamplesPath(flat: number): string {
    return `data/examples.${flat}.json`;
}

/** @param language its place in `SiteExamplesHead.languages` */
export function strongestPath(flat: number, language: number): string {
    return `data/examples.${flat}.${Math.floor(language / languagesOfFile)}.json`;
}
