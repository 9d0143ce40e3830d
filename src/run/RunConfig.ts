import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { type NumberRule, numberRules } from '../answers/numberRules.js';
import { gpuChoices } from '../engine/loadBackends.js';
import { LanguageNeuronsError } from '../errors.js';
import { questionSets } from '../questions/fetchQuestions.js';
import { neuronSetNames } from '../experiments/DeactivationMatrix.js';

const specs = z.union([z.string(), z.array(z.string()).min(1)]).transform((value) => [value].flat());

const loras = z.array(z.strictObject({ path: z.string(), scale: z.number().optional() }));

/** The whole way in one file; paths in it are relative to the file. */
const schema = z.strictObject({
    title: z.string().optional(),
    /** GGUF file or URI. */
    model: z.string(),
    loras: loras.optional(),
    gpu: z.enum(gpuChoices as [string, ...string[]]).optional() as z.ZodOptional<z.ZodType<(typeof gpuChoices)[number]>>,
    gpuLayers: z.int().optional(),
    split: z.enum(['layer', 'row', 'none']).optional(),
    batchSize: z.int().optional(),
    windowSize: z.int().optional(),
    threads: z.int().optional(),
    /** Texts to count on. */
    data: specs,
    /** Texts to deactivate on; default: those of `data`. */
    evaluation: specs.optional(),
    languages: z.array(z.string()).optional(),
    /** Parts of the texts to keep apart, for the certainty of the analysis. */
    folds: z.int().optional(),
    method: z.enum(['paper', 'lape']).optional(),
    topRate: z.number().optional(),
    bar: z.number().optional(),
    lambda: z.union([z.literal('auto'), z.number()]).optional(),
    sets: z.array(z.enum(neuronSetNames as [string, ...string[]])).optional() as z.ZodOptional<z.ZodType<(typeof neuronSetNames)[number][]>>,
    /** Random controls of each cell, and the seed of the first. */
    controls: z.int().optional(),
    seed: z.int().optional(),
    /** Questions to answer in every condition, beside perplexity on `evaluation`. */
    accuracy: z.strictObject({
        /** `mgsm`, `msvamp` or a folder of their files. */
        questions: z.string(),
        template: z.string().optional(),
        limit: z.int().optional(),
        /** Questions of each language for the whole model, where it is to be asked more than `limit`. */
        wholeLimit: z.int().optional(),
        maxTokens: z.int().optional(),
        contextSize: z.int().optional(),
        number: z.enum(numberRules as [NumberRule, ...NumberRule[]]).optional(),
    }).optional(),
    /** The model after alignment, to go the same way and be compared. */
    aligned: z.strictObject({
        /** Default: the model itself, with these adapters. */
        model: z.string().optional(),
        loras: loras.optional(),
        /** Languages that it was aligned in. */
        trained: z.array(z.string()).optional(),
        /** Examined beside the model, not after it: takes the memory of both, and pays where one alone leaves cores idle. */
        together: z.boolean().optional(),
    }).optional(),
    /** Run folder; the aligned model's is `aligned` in it. */
    out: z.string(),
    /** Remarks for the report. */
    notes: z.array(z.string()).optional(),
});

export type RunConfig = z.infer<typeof schema>;

/**
 * Reads a run's configuration from YAML.
 * @throws LanguageNeuronsError NOT_FOUND, or DAMAGED naming the file and the setting
 */
export async function readRunConfig(path: string): Promise<RunConfig> {
    const text = await readFile(path, 'utf8').catch((cause: Error) => {
        throw new LanguageNeuronsError('NOT_FOUND', `${path}: cannot be read (${cause.message}); give the path of a YAML configuration`, { cause });
    });
    let config: RunConfig;
    try {
        config = schema.parse(parse(text));
    } catch (cause) {
        const why = cause instanceof z.ZodError
            ? cause.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`).join('; ')
            : (cause as Error).message.split('\n')[0]!;
        throw new LanguageNeuronsError('DAMAGED', `${path}: not a run configuration (${why}); see README for the settings`, { cause });
    }
    const folder = dirname(resolve(path));
    const localLoras = (loras: RunConfig['loras']) => (loras === undefined ? {} : { loras: loras.map((lora) => ({ ...lora, path: local(lora.path, folder) })) });
    const { aligned } = config;
    return {
        ...config,
        model: local(config.model, folder),
        ...localLoras(config.loras),
        ...(aligned === undefined ? {} : { aligned: { ...aligned, ...localLoras(aligned.loras), ...(aligned.model === undefined ? {} : { model: local(aligned.model, folder) }) } }),
        data: config.data.map((spec) => local(spec, folder)),
        ...(config.accuracy === undefined ? {} : { accuracy: { ...config.accuracy, questions: local(config.accuracy.questions, folder) } }),
        ...(config.evaluation === undefined ? {} : { evaluation: config.evaluation.map((spec) => local(spec, folder)) }),
        out: resolve(folder, config.out),
    };
}

/** A path from the configuration's folder; names and URIs (`udhr`, `hf:…`) stay what they are. */
function local(spec: string, folder: string): string {
    return /^(udhr\b|[a-z.]{2,}:)/.test(spec) || questionSets.includes(spec) ? spec : resolve(folder, spec);
}
