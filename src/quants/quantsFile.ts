import { join } from 'node:path';
import { z } from 'zod';
import { inLines, readJsonIfAny, writeJson } from '../files/versionedJson.js';
import { intervalShape } from '../neurons/analysis/NeuronAnalysis.js';
import type { DeepReadonly } from '../support/DeepReadonly.js';
import { byName, nameShape } from '../support/names.js';

/** Folder in a run folder, where a run compares files. */
export const quantsName = 'quants';

/** A number with its 95 % interval; null: there is none. */
const certain = z.object({ value: z.number(), interval: intervalShape.nullable() });
const certainIfAny = z.object({ value: z.number().nullable(), interval: intervalShape.nullable() });

const languageShape = z.object({
    /** Scored tokens. */
    tokens: z.int(),
    perplexity: certain,
    /** Relative, to the reference's on the same texts. */
    perplexityChange: certain,
    /** Mean KL(reference || file) of the next-token distributions, in nats a token. */
    kl: certain,
    /** Share of the tokens before which both files have the same likeliest token. */
    sameTop: certain,
    /** Specific neurons in the reference and in the file. */
    specificBefore: z.int(),
    specific: z.int(),
    /** Jaccard index of these two sets; null where both are empty. */
    overlap: certainIfAny,
    /** Mean over all neurons of how far their activation probability moved. */
    moved: certain,
    /** Mean change of that probability over the reference's specific neurons; null without any. */
    own: certainIfAny,
});
export interface QuantLanguage extends DeepReadonly<z.output<typeof languageShape>> {}

const fileShape = z.object({
    /** Unique in the list. */
    name: z.string(),
    path: z.string(),
    /** Fingerprint. */
    model: z.string(),
    /** llama.cpp's name of the type, such as `Q4_K - Medium`. */
    type: z.string(),
    /** Of the file, or of all files of the model. */
    bytes: z.int(),
    bitsPerWeight: z.number(),
    /** What its metadata say of the importance matrix it was made with; null: nothing. */
    imatrix: z.object({ file: z.string(), dataset: z.string(), entries: z.int(), chunks: z.int() }).nullable(),
    perLanguage: byName(languageShape),
});
export interface QuantFile extends DeepReadonly<z.output<typeof fileShape>> {}

const quantsShape = z.object({
    languages: z.array(nameShape),
    /** Names of the texts that neurons were found on, and of those that perplexity and KL were measured on. */
    data: z.array(z.string()),
    evaluation: z.array(z.string()),
    /** Nats a token. */
    maxKl: z.number(),
    /** The smallest file, by name, whose KL is under `maxKl` in every language; null: none is. */
    smallest: z.string().nullable(),
    /** Sentences that a reader should know. */
    notes: z.array(z.string()),
    /** The reference first, then by size, the largest first. */
    files: z.array(fileShape).min(1),
});
/** What `quants.json` holds. */
export interface Quants extends DeepReadonly<z.output<typeof quantsShape>> {}

const quantsFormat = {
    format: 'language-neurons/quants',
    version: 1,
    what: 'a comparison of quantized files',
    shape: quantsShape,
} as const;

export function quantsPath(folder: string): string {
    return join(folder, 'quants.json');
}

/**
 * Writes it, a file of a model a line.
 * @throws LanguageNeuronsError UNWRITABLE
 */
export async function writeQuants(folder: string, quants: Quants): Promise<void> {
    await writeJson(quantsPath(folder), quantsFormat, quants, inLines('files'));
}

/** @throws LanguageNeuronsError NOT_FOUND where it cannot be read; DAMAGED */
export function readQuantsIfAny(folder: string): Promise<Quants | undefined> {
    return readJsonIfAny(quantsPath(folder), quantsFormat, 'run quants again');
}
