import { createReadStream } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { textMetrics } from '../experiments/registry/metrics.js';
import { isUdhr } from '../corpus/udhrCorpus.js';
import { isModelUri } from '../engine/files/modelUri.js';
import { LanguageNeuronsError, wrongUse } from '../errors.js';
import { expandHome } from '../files/expandHome.js';
import { partIn } from '../corpus/textPart.js';
import { namedQuestions } from '../questions/sources/openQuestions.js';
import { isTemplateName } from '../questions/templates/promptTemplates.js';
import {
    accuracyTable,
    checkTable,
    collectTable,
    effectsTable,
    engineTable,
    examplesTable,
    experimentTable,
    factorRange,
    identifyTable,
    metricTable,
    operationTable,
    quantsTable,
    questionTable,
    referenceTable,
    textTable,
    tuneQuestionTable,
    tuneTable,
    watchTable,
} from '../settings/settings.js';
import { checkApplies } from '../settings/checkSetting.js';
import { describeIssue, fieldsOf, nameList, partOf, partsOf } from './settingIssues.js';

/** The most bytes of a configuration; a larger file is a mistake. */
const mostBytes = 1024 * 1024;

const text = z.string().min(1);
const loraScale = { number: factorRange } as const;
const loras = z.array(z.strictObject({ path: text, ...fieldsOf({ scale: loraScale }) }));

/** All steps in one file, with the settings of their commands; its paths are relative to the file. */
const schema = z.strictObject({
    title: z.string().optional(),
    /** GGUF file or URI. */
    model: text.optional(),
    loras: loras.optional(),
    /** In the place of `model`: several, each by a name, which go through the same steps and are compared. */
    models: z
        .record(
            z.string().regex(/^\w[\w.+-]*$/),
            z.union([text, z.strictObject({ model: text, loras: loras.optional() })]),
        )
        .optional(),
    ...fieldsOf(engineTable),
    /** Texts to count on. */
    data: nameList(),
    /** Texts to deactivate on; default: a part of `data`, which is then not counted (`withHeldOut`). */
    evaluation: nameList().optional(),
    /** The metric that is measured on them; default: `ppl`. */
    metric: z.enum(textMetrics.map(({ name }) => name)).optional(),
    ...fieldsOf(referenceTable),
    ...fieldsOf({ languages: textTable.languages, folds: collectTable.folds, values: collectTable.values }),
    ...fieldsOf(identifyTable),
    ...fieldsOf(experimentTable),
    /** Neuron sets without which texts are scored; none scores the whole model alone. Default: all three. */
    ...fieldsOf({ sets: experimentTable.sets }, 0),
    /** What makes neurons active, as `examples` finds it. Default: none. */
    examples: partOf({
        /** Default: the run's `data`. */
        data: nameList().optional(),
        ...fieldsOf({ languages: textTable.languages, neurons: watchTable.neurons }),
        ...fieldsOf(examplesTable),
    }).optional(),
    /** Which tokens neurons raise and lower, as `effects` finds it. Default: none. */
    effects: partOf(fieldsOf(effectsTable)).optional(),
    /** Other operations on neurons, as `intervene` measures them, by the metric of `evaluation`. Default: none. */
    intervene: partsOf({ ...fieldsOf(operationTable), ...fieldsOf(experimentTable) }).optional(),
    /** What a sceptic asks, as `check` answers it. Default: nothing. */
    check: partsOf({
        /** Names of checks. Default: those that need no model and no texts. */
        names: nameList().optional(),
        /** Texts that the others measure on. Default: the run's `evaluation`. */
        data: nameList().optional(),
        ...fieldsOf({ languages: textTable.languages }),
        ...fieldsOf(checkTable),
    }).optional(),
    /** Quantized files of the model, as `quants` compares them, on `data` and `evaluation`. Default: none. */
    quants: z
        .strictObject({
            files: nameList().optional(),
            ...fieldsOf({ make: quantsTable.make, imatrix: quantsTable.imatrix, maxKl: quantsTable.maxKl }),
        })
        .optional(),
    /** Interventions that keep the model in a language, as `tune` searches for them, a goal each. Default: none. */
    tune: partsOf({
        /** Prompts: `everyday`, `mgsm`, `msvamp` or a folder of their files. Default: `everyday`. */
        data: text.optional(),
        /** Texts that should change little. Default: the run's `evaluation`. */
        texts: nameList().optional(),
        ...fieldsOf(tuneTable),
        ...fieldsOf(tuneQuestionTable),
    }).optional(),
    /** Questions to answer in every condition, beside the metric of `evaluation`. */
    accuracy: z
        .strictObject({
            /** `mgsm`, `msvamp` or a folder of their files. */
            questions: text,
            /** Of the run's languages, those whose questions are asked. Default: all. */
            ...fieldsOf({ languages: textTable.languages }),
            ...fieldsOf(questionTable),
            ...fieldsOf(accuracyTable),
            /** Neuron sets without which questions are asked; none asks the whole model alone. Default: the run's. */
            ...fieldsOf({ sets: experimentTable.sets }, 0),
        })
        .optional(),
    /** The model after alignment, which goes through the same steps and is compared. */
    aligned: z
        .strictObject({
            /** Default: the model itself, with these adapters. */
            model: text.optional(),
            loras: loras.optional(),
            /** Languages that the alignment was trained on. */
            trained: z.array(text).optional(),
            /**
             * Examined beside the model, not after it: takes the memory of both, and pays where one alone leaves cores
             * idle.
             */
            together: z.boolean().optional(),
        })
        .optional(),
    /** Run folder; the aligned model's is `aligned` in it. */
    out: text,
    /** Remarks for the report. */
    notes: z.array(z.string()).optional(),
});

export type RunConfig = z.infer<typeof schema>;

/** That of one model. */
export interface ModelConfig extends RunConfig {
    readonly model: string;
}

/**
 * Reads a run's configuration from YAML.
 * @throws LanguageNeuronsError NOT_FOUND, ENCODING, or DAMAGED naming the file, the setting and what was given
 */
export async function readRunConfig(path: string): Promise<RunConfig> {
    const yaml = await readConfigText(path);
    const damaged = (why: string, cause?: unknown): LanguageNeuronsError =>
        new LanguageNeuronsError(
            'DAMAGED',
            `${path}: not a run configuration (${why}); see docs/commands/run.md for the settings`,
            {
                cause,
            },
        );
    if (yaml.trim() === '') throw damaged('the file is empty');
    let settings: unknown;
    try {
        settings = parse(yaml, { logLevel: 'error' });
    } catch (cause) {
        const why = (cause as Error).message.split('\n')[0]!;
        // the advice of the yaml library is for programmers
        const several = why.startsWith('Source contains multiple documents');
        throw damaged(several ? 'it holds several documents; leave one' : why, cause);
    }
    const { data: config, error } = parseSettings(settings);
    if (error !== undefined) throw damaged(describeIssues(error, 'the file'), error);
    return withPathsFrom(dirname(resolve(path)), config);
}

/** @throws LanguageNeuronsError WRONG_USE for a configuration of a script, naming the setting and what was given */
export function checkRunConfig(config: RunConfig): void {
    const { error } = parseSettings(config);
    if (error !== undefined) throw wrongUse(describeIssues(error, 'the configuration'));
    checkApplies(config, { ...metricTable, ...referenceTable }, ['reference']);
}

/** Whether a configuration is of one model; else it has `models`. */
export function isOfOneModel(config: RunConfig): config is ModelConfig {
    return config.model !== undefined;
}

function parseSettings(settings: unknown): z.ZodSafeParseResult<RunConfig> {
    const whole = schema.superRefine((config, context) => {
        for (const [path, message] of modelIssues(config)) context.addIssue({ code: 'custom', path: [path], message });
    });
    return whole.safeParse(settings, { reportInput: true, error: describeIssue });
}

/** What is wrong with how models are named, by the setting. */
function modelIssues({ model, models, loras: adapters, aligned }: RunConfig): [path: string, why: string][] {
    if (models === undefined) return model === undefined ? [['model', 'is missing']] : [];
    const beside = { model, loras: adapters, aligned };
    const given = Object.entries(beside).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    return [
        ...given.map((name): [string, string] => [name, 'cannot stand beside `models`; leave one of them out']),
        ...(Object.keys(models).length < 2 ? [['models', 'takes at least 2'] as [string, string]] : []),
    ];
}

function describeIssues({ issues }: z.ZodError, whole: string): string {
    return issues.map(({ path, message }) => `${path.join('.') || whole}: ${message}`).join('; ');
}

async function readConfigText(path: string): Promise<string> {
    const parts: Buffer[] = [];
    try {
        // As a stream: a pipe or a device has no size to look at.
        for await (const part of createReadStream(path, { end: mostBytes })) parts.push(part as Buffer);
    } catch (cause) {
        throw new LanguageNeuronsError(
            'NOT_FOUND',
            `${path}: cannot be read (${(cause as Error).message}); give the path of a YAML configuration`,
            { cause },
        );
    }
    const bytes = Buffer.concat(parts);
    if (bytes.length > mostBytes) {
        throw new LanguageNeuronsError(
            'DAMAGED',
            `${path}: larger than the 1 MB of any configuration; give the path of a YAML configuration`,
        );
    }
    try {
        return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch (cause) {
        throw new LanguageNeuronsError('ENCODING', `${path}: not UTF-8; save the configuration as UTF-8`, { cause });
    }
}

/** The configuration with its paths from a folder; names and URIs (`udhr`, `mgsm`, `hf:…`) stay what they are. */
function withPathsFrom(folder: string, config: RunConfig): RunConfig {
    const local = (path: string): string => resolve(folder, expandHome(path));
    const model = (spec: string): string => (isModelUri(spec) ? spec : local(spec));
    const questions = (name: string): string => (namedQuestions.includes(name) ? name : local(name));
    const texts = (spec: string): string => {
        const { base } = partIn(spec);
        return isUdhr(base) || namedQuestions.includes(base) ? spec : local(spec);
    };
    const template = (name: string): string => (isTemplateName(name) ? name : local(name));
    /** How a path is written anew, by the key that it stands under, in whatever part of the file. */
    const paths: Readonly<Record<string, (path: string) => string>> = {
        ...{ model, reference: model, path: model, files: model, other: model, otherLora: model },
        ...{ data: texts, texts, evaluation: texts, questions, template, out: local },
    };
    const moved = (value: unknown, path?: (text: string) => string): unknown => {
        if (typeof value === 'string') return path?.(value) ?? value;
        if (Array.isArray(value)) return value.map((one) => moved(one, path));
        if (typeof value !== 'object' || value === null) return value;
        return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, moved(one, paths[key])]));
    };
    const { models, ...others } = config;
    const all = moved(others) as RunConfig;
    if (models === undefined) return all;
    // Under names that are no keys.
    const named = Object.entries(models).map(([name, one]) => [name, moved(one, model)]);
    return { ...all, models: Object.fromEntries(named) as RunConfig['models'] };
}
