/**
 * What the explorer's page reads, from the server of `explore` or from any file server: `data/site.json`, and columns
 * of numbers in blocks, `data/NAME.K.bin`. Shared by what writes it and by the page, so it imports nothing of Node.
 */

import type { LiveFacts } from './live/liveFormat.js';
import type { ClassCounts, SitePart } from './resultsFormat.js';

/** Path of the summary, relative to the page. */
export const summaryPath = 'data/site.json';
export const siteVersion = 1;

/** Bytes of a block, at most: a file server without support for ranges sends no more than is needed. */
export const blockBytes = 96 * 1024;

export const columnTypes = {
    uint8: Uint8Array,
    uint16: Uint16Array,
    uint32: Uint32Array,
    float32: Float32Array,
    float64: Float64Array,
} as const;
export type ColumnType = keyof typeof columnTypes;
export type ColumnArray = Uint8Array | Uint16Array | Uint32Array | Float32Array | Float64Array;

/** A matrix of numbers `[rows, width]`, row-major, little-endian, cut between rows into blocks of equal length. */
export interface ColumnSpec {
    readonly name: string;
    readonly type: ColumnType;
    readonly rows: number;
    readonly width: number;
    /** Rows of each block but the last. */
    readonly blockRows: number;
}

/** A language of the analysis; its index is that of all columns. */
export interface SiteLanguage {
    /** BCP 47, or the user's name of it. */
    readonly tag: string;
    readonly english: string;
    /** Its name in itself, such as `Deutsch`; the English one where it is not known. */
    readonly own: string;
    /** Of the script that it is usually written in, such as `Latn`; empty where it is not known. */
    readonly script: string;
    readonly rightToLeft: boolean;
    /** English name of its family, such as `Indo-European`; empty where it is not known. */
    readonly family: string;
    /** Codes of its family, of smaller groups, and of itself; see `LanguageFamily`. */
    readonly lineage: readonly string[];
    /** Counted tokens. */
    readonly tokens: number;
    readonly specific: number;
    readonly related: number;
}

/** Where a layer computes activations; see `Site`. Neurons of all sites follow one another in one flat index. */
export interface ExploredSite {
    readonly layer: number;
    readonly kind: 'dense' | 'shared' | 'routed';
    readonly width: number;
    readonly experts: number;
    /** For people: `layer 3, experts`. */
    readonly name: string;
}

/** A check of the finding, in words. */
export interface SiteCheck {
    readonly name: string;
    readonly question: string;
    /** Such as `holds`. */
    readonly verdict: string;
    /** With settings in backticks. */
    readonly sentence: string;
    /** What it rests on, the most important first. */
    readonly numbers: readonly { readonly name: string; readonly words: string }[];
}

/** What is known before any column is read. */
export interface SiteSummary {
    readonly format: 'language-neurons/explore';
    readonly version: typeof siteVersion;
    readonly title: string;
    readonly toolVersion: string;
    readonly model: { readonly name: string; readonly quantization: string };
    readonly dataset: string;
    readonly method: string;
    readonly topRate: number;
    /** Null: the method has none. */
    readonly lambda: number | null;
    /** Activation probability above which a neuron is high in a language. */
    readonly threshold: number;
    readonly selected: number;
    readonly general: number;
    readonly languages: readonly SiteLanguage[];
    readonly sites: readonly ExploredSite[];
    readonly layers: readonly ClassCounts[];
    /** Specific and related neurons, `[languages][layers]`. */
    readonly layerLanguages: readonly (readonly number[])[];
    /** Neurons that languages share, specific and related; `[languages][languages]`. See `LanguageOverlap`. */
    readonly overlap: {
        readonly shared: readonly (readonly number[])[];
        readonly jaccard: readonly (readonly (number | null)[])[];
    };
    /** Sentence on the paper's four stages, and the first and last layer of each; none where they are not seen. */
    readonly stages: {
        readonly sentence: string;
        readonly layers: readonly (readonly [first: number, last: number])[];
    };
    /** What the removal of neurons shows, in a sentence or two. */
    readonly found: string;
    readonly warnings: readonly string[];
    /** What a sceptic asks, in the order of `check`; none where nothing was checked. */
    readonly checks: readonly SiteCheck[];
    readonly matrices: readonly SitePart[];
    readonly curves: readonly SitePart[];
    /** Absent: the folder has none. */
    readonly comparison?: SitePart;
    /** Absent: the folder has none. */
    readonly lens?: SitePart;
    /** Absent: the model has no routed experts. */
    readonly experts?: SitePart;
    /** Of the pages that ask the model; null: no model is open. Absent: the site is of static files and has none. */
    readonly live?: LiveFacts | null | undefined;
    /** Flat index of the first neuron of each block of effects; see `effectsFormat`. Absent: the folder has none. */
    readonly effects?: readonly number[] | undefined;
    /** Whether neurons have examples: see `SiteExamplesHead`. */
    readonly hasExamples: boolean;
    /** Blocks of neurons' tokens, see `SiteTokens`; 0: of no neuron are tokens known. */
    readonly tokenBlocks: number;
    readonly columns: {
        /** uint32 [classified neurons, 2 + words]: flat index, place in `classNames`, bits of its languages. */
        readonly classified: ColumnSpec;
        /** [neurons]: the score that neurons are selected by; NaN where a neuron was not assessed. */
        readonly scores: ColumnSpec;
        /** [neurons, languages]: counted tokens for which the neuron was active. */
        readonly counts: ColumnSpec;
        /**
         * [experts of all routed sites, languages]: the tokens that a probability divides by. Absent: those of the
         * language.
         */
        readonly routed?: ColumnSpec;
    };
}

/** Classes by their numbers in `classified`; 0 is no class. */
export const classNames = ['none', 'specific', 'related', 'general'] as const;
export type ClassName = (typeof classNames)[number];

/** Words of 32 bits for a set of languages. */
export function wordsFor(languages: number): number {
    return Math.ceil(languages / 32);
}

export function blockPath({ name }: ColumnSpec, block: number): string {
    return `data/${name}.${block}.bin`;
}

export function blocksOf({ rows, blockRows }: ColumnSpec): number {
    return Math.ceil(rows / blockRows);
}
