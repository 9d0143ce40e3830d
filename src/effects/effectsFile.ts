import { join } from 'node:path';
import { z } from 'zod';
import { isOfModel } from '../activations/isOfModel.js';
import { inLines, readJsonIfAny, writeJson } from '../files/versionedJson.js';
import type { NeuronAnalysis } from '../neurons/analysis/NeuronAnalysis.js';
import type { DeepReadonly } from '../support/DeepReadonly.js';

const listShape = z.array(z.tuple([z.int().nonnegative(), z.number()]));
const effectsShape = z.object({
    /** Fingerprint of the model. */
    model: z.string(),
    /** By number, the text of each token of the lists, as `tokenText` writes it. */
    tokens: z.record(z.string(), z.string()),
    /**
     * By site, then index; of each the tokens whose logits it raises and lowers most, and by how much beyond the mean
     * over all tokens.
     */
    neurons: z.array(
        z.object({
            neuron: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
            raised: listShape,
            lowered: listShape,
        }),
    ),
});
/** Which tokens neurons raise and lower: `effects.json`. */
export interface EffectsFile extends DeepReadonly<z.output<typeof effectsShape>> {}

const effectsFormat = {
    format: 'language-neurons/effects',
    version: 2,
    what: "neurons' effects on tokens",
    shape: effectsShape,
} as const;

/** In a run folder. */
export const effectsName = 'effects.json';

/** Path of the effects in a run folder. */
export function effectsPath(folder: string): string {
    return join(folder, effectsName);
}

/**
 * Reads the effects in a run folder; undefined where there are none.
 * @throws LanguageNeuronsError NOT_FOUND where the file cannot be read; DAMAGED
 */
export function readEffectsIfAny(folder: string): Promise<EffectsFile | undefined> {
    return readJsonIfAny(effectsPath(folder), effectsFormat, 'remove it and run effects again');
}

/**
 * Reads those of an analysis: of another model than its neurons they are left out.
 * @throws LanguageNeuronsError as `readEffectsIfAny`
 */
export async function effectsOf(folder: string, { source }: NeuronAnalysis): Promise<EffectsFile | undefined> {
    const effects = await readEffectsIfAny(folder);
    return effects !== undefined && isOfModel(source, effects.model) ? effects : undefined;
}

/**
 * Writes them, a neuron a line.
 * @throws LanguageNeuronsError UNWRITABLE
 */
export async function writeEffects(folder: string, effects: EffectsFile): Promise<void> {
    await writeJson(effectsPath(folder), effectsFormat, effects, inLines('neurons'));
}
