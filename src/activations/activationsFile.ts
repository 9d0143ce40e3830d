import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { LanguageNeuronsError } from '../errors.js';
import type { Activations, ActivationsSource, Counts } from './Activations.js';
import { addCounts } from './addCounts.js';
import { modelShape, settingsShape, versionsShape } from './sourceShapes.js';
import { readSafetensors, readSafetensorsMetadata, type Tensor, writeSafetensors } from './safetensors.js';

const format = 'language-neurons/activations';
/** 2: fingerprints over all bytes, settings, which texts were counted. Format 1 is still read. */
const version = '2';
const readVersions: readonly string[] = ['1', version];
const languagesShape = z.array(z.string()).min(1).refine((languages) => new Set(languages).size === languages.length);
const datasetShape = z.object({
    name: z.string(), hash: z.string(),
    texts: z.record(z.string(), z.object({ digest: z.string(), sketch: z.string() })).optional(),
});

/**
 * Writes `activations.safetensors`: `blk.{i}.counts` int64 [n_ff_i, l] and `tokens` int64 [l], the same
 * behind `fold.{f}.` for each fold kept, with what made them as metadata.
 * @throws LanguageNeuronsError UNWRITABLE
 */
export async function writeActivations(path: string, activations: Activations): Promise<void> {
    const { languages, folds = [], source } = activations;
    const l = languages.length;
    const tensors = new Map<string, Tensor>();
    const put = (prefix: string, { counts, tokens }: Counts): void => {
        for (const [i, data] of counts.entries()) tensors.set(`${prefix}blk.${i}.counts`, { shape: [data.length / l, l], data });
        tensors.set(`${prefix}tokens`, { shape: [l], data: tokens });
    };
    put('', activations);
    for (const [f, fold] of folds.entries()) put(`fold.${f}.`, fold);
    await writeSafetensors(path, tensors, {
        format, version,
        languages: JSON.stringify(languages),
        model: JSON.stringify(source.model),
        dataset: JSON.stringify(source.dataset),
        ...(source.settings === undefined ? {} : { settings: JSON.stringify(source.settings) }),
        versions: JSON.stringify(source.versions),
        ...(folds.length === 0 ? {} : { folds: JSON.stringify(folds.length) }),
    });
}

/**
 * Reads counts from a file, or from `activations.safetensors` in a run folder.
 * @throws LanguageNeuronsError NOT_FOUND, or DAMAGED saying what is wrong
 */
export async function readActivations(path: string): Promise<Activations> {
    const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true;
    const file = isFolder ? activationsPath(path) : path;
    const { tensors, metadata } = await readSafetensors(file);
    const damaged = damageOf(file);

    const parse = metadataOf(metadata, damaged);
    const languages = parse('languages', languagesShape);
    const l = languages.length;
    const folds = metadata.folds === undefined ? 0 : parse('folds', z.int().min(2).max(1000));
    const layers = tensors.size / (folds + 1) - 1;
    const whole = readCounts(tensors, '', layers, l, damaged);
    if (whole.counts.every((layer) => layer.length === 0)) throw damaged('holds no neuron');
    const parts = Array.from({ length: folds }, (_, f) => readCounts(tensors, `fold.${f}.`, layers, l, damaged));
    if (folds > 0 && !addUp(parts, whole)) throw damaged('its folds do not add up to the whole');
    return {
        languages, ...whole, ...(folds === 0 ? {} : { folds: parts }),
        source: sourceOf(metadata, parse),
    };
}

/**
 * What made the counts of a run folder, without reading them; undefined where the folder has none.
 * @throws LanguageNeuronsError NOT_FOUND where they cannot be read, or DAMAGED
 */
export async function readActivationsSource(folder: string): Promise<{ readonly languages: readonly string[]; readonly source: ActivationsSource } | undefined> {
    const file = activationsPath(folder);
    const metadata = await readSafetensorsMetadata(file);
    if (metadata === undefined) return undefined;
    const parse = metadataOf(metadata, damageOf(file));
    return { languages: parse('languages', languagesShape), source: sourceOf(metadata, parse) };
}

export function activationsPath(folder: string): string {
    return join(folder, 'activations.safetensors');
}

type Metadata = Readonly<Record<string, string>>;
type Damage = (what: string, cause?: unknown) => LanguageNeuronsError;
type Parse = <T>(key: string, shape: z.ZodType<T>) => T;

function damageOf(file: string): Damage {
    return (what, cause) => new LanguageNeuronsError('DAMAGED', `${file}: ${what}; collect or import it again`, { cause });
}

/** Reads metadata of a file that holds counts in a format known. */
function metadataOf(metadata: Metadata, damaged: Damage): Parse {
    if (metadata.format !== format) throw damaged('holds no activation counts');
    if (!readVersions.includes(metadata.version ?? '')) throw damaged(`is of format version ${String(metadata.version)}, this tool reads ${readVersions.join(' and ')}`);
    return (key, shape) => {
        try {
            return shape.parse(JSON.parse(metadata[key] ?? ''));
        } catch (cause) {
            throw damaged(`its metadata '${key}' cannot be read`, cause);
        }
    };
}

function sourceOf({ settings }: Metadata, parse: Parse): ActivationsSource {
    return {
        model: parse('model', modelShape), dataset: parse('dataset', datasetShape),
        ...(settings === undefined ? {} : { settings: parse('settings', settingsShape) }), versions: parse('versions', versionsShape),
    };
}

function readCounts(
    tensors: ReadonlyMap<string, Tensor>, prefix: string, layers: number, l: number, damaged: (what: string) => Error,
): Counts {
    const tokens = tensors.get(`${prefix}tokens`);
    if (tokens === undefined || tokens.shape.length !== 1 || tokens.data.length !== l) throw damaged(`has no token totals of ${l} languages`);
    const counts: BigInt64Array[] = [];
    for (let i = 0; i < layers; i++) {
        const layer = tensors.get(`${prefix}blk.${i}.counts`);
        if (layer === undefined) throw damaged(`lacks layer ${i}`);
        if (layer.shape.length !== 2 || layer.shape[1] !== l) throw damaged(`layer ${i} is not [neurons, ${l} languages]`);
        checkRange(layer.data, tokens.data, l, () => damaged(`layer ${i} counts more activations than tokens, or fewer than none`));
        counts.push(layer.data);
    }
    return { counts, tokens: tokens.data };
}

/** Whether layers agree in width and counts and tokens in their sums. */
function addUp(parts: readonly Counts[], whole: Counts): boolean {
    const widths = ({ counts }: Counts): string => counts.map(({ length }) => length).join();
    if (parts.some((part) => widths(part) !== widths(whole))) return false;
    const sum = addCounts(parts);
    const equal = (a: BigInt64Array, b: BigInt64Array): boolean => Buffer.compare(new Uint8Array(a.buffer, a.byteOffset, a.byteLength), new Uint8Array(b.buffer, b.byteOffset, b.byteLength)) === 0;
    return equal(sum.tokens, whole.tokens) && sum.counts.every((layer, i) => equal(layer, whole.counts[i]!));
}

function checkRange(counts: BigInt64Array, tokens: BigInt64Array, l: number, error: () => Error): void {
    const most = Array.from(tokens);
    for (let j = 0; j < counts.length; j += l) {
        for (let k = 0; k < l; k++) {
            const count = counts[j + k]!;
            if (count < 0n || count > most[k]!) throw error();
        }
    }
}
