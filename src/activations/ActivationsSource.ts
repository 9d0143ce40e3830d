import { z } from 'zod';
import type { DeepReadonly } from '../support/DeepReadonly.js';
import { byName } from '../support/names.js';

/** Options that shape a result, by name. */
export const settingsShape = byName(z.union([z.string(), z.number()]));
/** Versions of this tool, llama.cpp and the backend. */
export const versionsShape = byName(z.string());

const modelShape = z.object({
    name: z.string(),
    architecture: z.string(),
    quantization: z.string(),
    /** `xxh128:` and a hash over all bytes; empty: not known, as of counts that others published. */
    fingerprint: z.string(),
    /** The importance matrix that the file was quantized with; null: none. Absent: not known. */
    imatrix: z.string().nullable().optional(),
});
/** The model that was counted, as its file says. */
export interface ModelSource extends DeepReadonly<z.output<typeof modelShape>> {}

const countedTextsShape = z.object({
    /** sha256 over the texts in order, hexadecimal. */
    digest: z.string(),
    /** Hash of the texts in any order, hexadecimal. */
    set: z.string(),
    /** See `Sketch`. */
    sketch: z.string(),
    /** Of what the texts answer; see `QuestionSketch`. Absent: they answer nothing, or it is not known. */
    asked: z.string().optional(),
    /** Share of the different texts that are in several folds. Absent: there are no folds. */
    inSeveralFolds: z.number().optional(),
});
/** Texts of one language that were counted. */
export interface CountedTexts extends DeepReadonly<z.output<typeof countedTextsShape>> {}

const datasetShape = z.object({
    name: z.string(),
    /** sha256 over all texts, hexadecimal. */
    hash: z.string(),
    /** By language: what identifies the texts, so that others can be compared with them. Absent: not known. */
    texts: byName(countedTextsShape).optional(),
    /** In the source of an analysis: see `textsSet`. */
    set: z.string().optional(),
});
/** Texts that were counted. */
export interface DatasetSource extends DeepReadonly<z.output<typeof datasetShape>> {}

export const activationsSourceShape = z.object({
    model: modelShape,
    dataset: datasetShape,
    /** Options that shape counts, such as `window`. Absent: not known, as of counts that others published. */
    settings: settingsShape.optional(),
    versions: versionsShape,
});
/** The model, texts, settings and versions that made counts; stored as the metadata of `activations.safetensors`. */
export interface ActivationsSource extends DeepReadonly<z.output<typeof activationsSourceShape>> {}
