import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { namesIfAny, unwritable, writeFileAtomic } from '../files/fileAccess.js';
import { compact, readJsonIfAny, writeJson } from '../files/versionedJson.js';
import { operationShape } from '../interventions/operationShape.js';
import { intervalShape } from '../neurons/analysis/NeuronAnalysis.js';
import type { DeepReadonly } from '../support/DeepReadonly.js';
import { byName, nameShape } from '../support/names.js';
import { refusals } from './judgement.js';

const place = z.int().nonnegative();
const changeShape = z.object({ value: z.number(), interval: intervalShape.nullable(), p: z.number().nullable() });
const counts = byName(z.int().positive());

const candidateShape = z.object({
    words: z.string(),
    neurons: z.int().positive(),
    /** Of the last round that it was in. */
    passRate: z.number(),
});

const judgementShape = z.object({
    /** Shares of held-out prompts whose answers keep to the language. */
    rates: z.object({ tuned: z.number(), whole: z.number(), prompted: z.number(), random: z.number() }),
    /** The intervention's share less each baseline's. */
    over: z.object({ whole: changeShape, prompted: changeShape, random: changeShape }),
    /** Null where no prompt has a right answer. */
    accuracy: changeShape.extend({ whole: z.number(), prompted: z.number() }).nullable(),
    /** Nats a token, on held-out texts. */
    kl: z.object({ value: z.number(), interval: intervalShape.nullable() }),
    /** Why nothing is claimed. */
    refused: z.array(z.enum(refusals)),
});

const tuneShape = z.object({
    speak: z.array(nameShape),
    avoid: z.array(nameShape),
    /** The user's names of prompts and texts, and their languages. */
    data: z.string(),
    languages: z.array(nameShape),
    texts: z.string(),
    textLanguages: z.array(nameShape),
    template: z.string(),
    maxTokens: z.int().positive(),
    maxKl: z.number(),
    maxLoss: z.number(),
    controls: z.int().positive(),
    seed: z.int().nonnegative(),
    /** Fingerprint, and a digest of the analysis's neurons. */
    model: z.string(),
    neurons: z.string(),
    /** Of each language. */
    prompts: z.object({ searched: z.int(), judged: z.int() }),
    /** The whole model on the searched prompts. */
    whole: z.object({ passRate: z.number(), instead: counts }),
    candidates: z.int().nonnegative(),
    rounds: z.array(z.object({ prompts: z.int(), tried: z.int(), kept: z.array(candidateShape) })),
    /** The best within bounds; null: there is none, or nothing was searched. */
    best: candidateShape
        .extend({
            interventions: z.array(operationShape.extend({ neurons: z.array(z.tuple([place, place])).min(1) })),
        })
        .nullable(),
    /** Null where there is no best. */
    judgement: judgementShape.nullable(),
    /** The file of the named intervention; null: no gain is claimed. */
    file: z.string().nullable(),
    /** Whether `export` can write it into the weights. */
    isExact: z.boolean(),
});
/** What `tune.NAME.json` holds. */
export interface Tune extends DeepReadonly<z.output<typeof tuneShape>> {}

const tuneFormat = {
    format: 'language-neurons/tune',
    version: 1,
    what: 'a search for an intervention',
    shape: tuneShape,
} as const;

/** The name of a goal and of its intervention, such as `speak-de` or `speak-de-avoid-zh`. */
export function goalName({ speak, avoid }: Pick<Tune, 'speak' | 'avoid'>): string {
    const part = (word: string, languages: readonly string[]): string[] =>
        languages.length === 0 ? [] : [`${word}-${languages.join('-')}`];
    return [...part('speak', speak), ...part('avoid', avoid)].join('-');
}

/** The file of a search, without its ending. */
export function tuneFileName(goal: Pick<Tune, 'speak' | 'avoid'>): string {
    return `tune.${goalName(goal)}`;
}

export function tunePath(folder: string, goal: string): string {
    return join(folder, `tune.${goal}.json`);
}

/** The file of the intervention itself, as `generate`, `chat`, `serve` and `export` take it. */
function tunedInterventionsPath(folder: string, goal: string): string {
    return join(folder, `tune.${goal}.interventions.json`);
}

/** Whether a file of a run folder is a search's, or its intervention's, by its name. */
export function isTuneFile(name: string): boolean {
    return /^tune\.(speak|avoid)-.+\.json$/.test(name);
}

/** @throws LanguageNeuronsError UNWRITABLE */
export async function writeTune(folder: string, tune: Tune): Promise<void> {
    await writeJson(tunePath(folder, goalName(tune)), tuneFormat, tune, indentedHead);
}

/** A line for each field. */
function indentedHead(document: object): string {
    const lines = Object.entries(document).map(([name, value]) => `${JSON.stringify(name)}: ${compact(value)}`);
    return `{${lines.join(',\n')}}`;
}

/** @throws LanguageNeuronsError NOT_FOUND where it cannot be read; DAMAGED */
export function readTuneIfAny(folder: string, goal: string): Promise<Tune | undefined> {
    return readJsonIfAny(tunePath(folder, goal), tuneFormat, 'run tune again');
}

/**
 * The searches of a run folder, by their goals' names.
 * @throws LanguageNeuronsError NOT_FOUND where one cannot be read; DAMAGED
 */
export async function readTunes(folder: string): Promise<Tune[]> {
    const names = (await namesIfAny(folder)).filter(
        (name) => isTuneFile(name) && !name.endsWith('.interventions.json'),
    );
    const goals = names.sort().map((name) => name.slice('tune.'.length, -'.json'.length));
    const found = await Promise.all(goals.map((goal) => readTuneIfAny(folder, goal)));
    return found.filter((one) => one !== undefined);
}

/**
 * Writes the file of a named intervention, or removes that of an earlier search which claimed what this one does not.
 * @returns its path, or null
 * @throws LanguageNeuronsError UNWRITABLE
 */
export async function writeIntervention(
    folder: string,
    goal: string,
    best: NonNullable<Tune['best']> | null,
): Promise<string | null> {
    const path = tunedInterventionsPath(folder, goal);
    if (best !== null) {
        await writeFileAtomic(path, `${compact({ [goal]: best.interventions })}\n`);
        return path;
    }
    await rm(path, { force: true }).catch((cause: unknown) => {
        throw unwritable(path, cause);
    });
    return null;
}
