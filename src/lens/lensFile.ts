import { join } from 'node:path';
import { z } from 'zod';
import { isOfModel } from '../activations/isOfModel.js';
import { inLines, readJsonIfAny, writeJson } from '../files/versionedJson.js';
import type { NeuronAnalysis } from '../neurons/analysis/NeuronAnalysis.js';
import type { DeepReadonly } from '../support/DeepReadonly.js';

const count = z.int().nonnegative();
const layerShape = z.object({
    /** Tokens behind which the likeliest token is English; of English texts, own ones are here. */
    english: count,
    /** It is of the text's language. */
    own: count,
    /** It is of another language of the texts. */
    other: count,
    /** Its language is not to be told. */
    untold: count,
});
const lensShape = z.object({
    /** Fingerprint of the model. */
    model: z.string(),
    /** Names of the data. */
    data: z.array(z.string()),
    /** The texts' name for English. */
    english: z.string(),
    /** Of what shaped the numbers. */
    key: z.string(),
    /** In the order of the texts; one that is missing is not computed yet. */
    languages: z.array(
        z.object({
            language: z.string(),
            /** Tokens that were looked at. */
            tokens: count,
            /** Behind each layer, the first first; of each the numbers sum to `tokens`. */
            layers: z.array(layerShape),
        }),
    ),
});
/** In which language each layer's likeliest tokens are: `lens.json`. */
export interface LensFile extends DeepReadonly<z.output<typeof lensShape>> {}
/** Of one text language. */
type LensLanguage = LensFile['languages'][number];
/** Behind one layer. */
export type LensLayer = LensLanguage['layers'][number];

/** What a likeliest token's language may be, in the order of figures and tables. */
export const lensKinds = ['english', 'own', 'other', 'untold'] as const satisfies readonly (keyof LensLayer)[];

const lensFormat = {
    format: 'language-neurons/lens',
    version: 1,
    what: "languages of the layers' likeliest tokens",
    shape: lensShape,
} as const;

/** Path of the logit lens's result in a run folder. */
export function lensPath(folder: string): string {
    return join(folder, 'lens.json');
}

/**
 * Reads the logit lens's result in a run folder; undefined where there is none.
 * @throws LanguageNeuronsError NOT_FOUND where the file cannot be read; DAMAGED
 */
export function readLensIfAny(folder: string): Promise<LensFile | undefined> {
    return readJsonIfAny(lensPath(folder), lensFormat, 'remove it and run lens again');
}

/**
 * Reads that of an analysis: of another model than its neurons it is left out.
 * @throws LanguageNeuronsError as `readLensIfAny`
 */
export async function lensOf(folder: string, { source }: NeuronAnalysis): Promise<LensFile | undefined> {
    const lens = await readLensIfAny(folder);
    return lens !== undefined && isOfModel(source, lens.model) ? lens : undefined;
}

/**
 * Writes it, a language a line.
 * @throws LanguageNeuronsError UNWRITABLE
 */
export async function writeLens(folder: string, lens: LensFile): Promise<void> {
    await writeJson(lensPath(folder), lensFormat, lens, inLines('languages'));
}
