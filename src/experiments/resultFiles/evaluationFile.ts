import { join } from 'node:path';
import { z } from 'zod';
import { type CsvOptions, type CsvTable, toCsv } from '../../files/csv.js';
import { writeFileAtomic } from '../../files/fileAccess.js';
import { jsonNumber } from '../../files/jsonNumber.js';
import { inLines, readJsonIfAny, writeJson } from '../../files/versionedJson.js';
import type { DeepReadonly } from '../../support/DeepReadonly.js';
import { byName, nameShape } from '../../support/names.js';
import { measuredModelShape } from '../results/DeactivationMatrix.js';

const interval = z.tuple([jsonNumber, jsonNumber]).nullable();

const valueShape = z.object({
    value: jsonNumber,
    /** 95 %; null where there is none, as of two texts. */
    interval,
    /** The value less the first model's on the same texts or questions; absent for the first, or where they differ. */
    change: z.object({ value: jsonNumber, interval }).optional(),
});
/** A model's value, and how far it is from the first model's. */
export interface EvaluatedValue extends DeepReadonly<z.output<typeof valueShape>> {}

const languageShape = valueShape.extend({
    /** Scored tokens or bytes, or questions. */
    samples: z.number().nonnegative(),
    /** The shares that stand beside the metric, by name. */
    shares: byName(jsonNumber).optional(),
});

const modelShape = z.object({
    /** Unique in the list. */
    name: z.string(),
    path: z.string(),
    model: measuredModelShape,
    settings: byName(z.union([z.string(), z.number()])),
    perLanguage: byName(languageShape),
    /** In the mean over the languages, geometric where the metric's effects are relative. */
    all: valueShape,
});
export interface EvaluatedModel extends DeepReadonly<z.output<typeof modelShape>> {}

const evaluationShape = z
    .object({
        metric: z.string(),
        languages: z.array(nameShape),
        /** Why a model is not set beside the first, in sentences. */
        notes: z.array(z.string()),
        models: z.array(modelShape).min(1),
    })
    .refine(
        ({ languages, models }) =>
            models.every(({ perLanguage }) => languages.every((language) => Object.hasOwn(perLanguage, language))),
        'a model lacks a language',
    );
/** Whole models measured on the same texts or questions; what `ppl.evaluation.json` holds. */
export interface Evaluation extends DeepReadonly<z.output<typeof evaluationShape>> {}

/** Paths of the table of a metric. */
export function evaluationPaths(folder: string, metric: string): { readonly json: string; readonly csv: string } {
    const path = join(folder, `${metric}.evaluation`);
    return { json: `${path}.json`, csv: `${path}.csv` };
}

const evaluationFormat = {
    format: 'language-neurons/evaluation',
    version: 1,
    what: 'an evaluation of models',
    shape: evaluationShape,
} as const;

/**
 * Writes it, and the same as CSV.
 * @throws LanguageNeuronsError UNWRITABLE
 */
export async function writeEvaluation(folder: string, evaluation: Evaluation, options: CsvOptions): Promise<void> {
    const { json, csv } = evaluationPaths(folder, evaluation.metric);
    await writeFileAtomic(csv, toCsv(evaluationTable(evaluation), options));
    await writeJson(json, evaluationFormat, evaluation, inLines('models'));
}

/** @throws LanguageNeuronsError NOT_FOUND where it cannot be read; DAMAGED */
export function readEvaluationIfAny(folder: string, metric: string): Promise<Evaluation | undefined> {
    return readJsonIfAny(evaluationPaths(folder, metric).json, evaluationFormat, 'run evaluate again');
}

/** A line for each model and language, and one for the mean over all, with an empty language. */
function evaluationTable({ languages, models }: Evaluation): CsvTable {
    const shares = Object.keys(models[0]!.perLanguage[languages[0]!]?.shares ?? {});
    const cells = ({ value, interval, change }: EvaluatedValue): (number | null)[] => [
        ...[value, interval?.[0] ?? null, interval?.[1] ?? null],
        ...[change?.value ?? null, change?.interval?.[0] ?? null, change?.interval?.[1] ?? null],
    ];
    return {
        columns: [
            ...['model', 'language', 'value', 'valueLow', 'valueHigh', 'change', 'changeLow', 'changeHigh', 'samples'],
            ...shares,
        ],
        rows: models.flatMap(({ name, perLanguage, all }) => [
            ...languages.map((language) => {
                const one = perLanguage[language]!;
                return [
                    name,
                    language,
                    ...cells(one),
                    one.samples,
                    ...shares.map((share) => one.shares?.[share] ?? null),
                ];
            }),
            [name, '', ...cells(all), null, ...shares.map(() => null)],
        ]),
    };
}
