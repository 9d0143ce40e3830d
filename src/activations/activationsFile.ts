import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Site, siteName, siteShape } from '../engine/types/Site.js';
import { LanguageNeuronsError } from '../errors.js';
import { otherVersion } from '../files/versionedJson.js';
import { checkSettings } from '../settings/checkSetting.js';
import { collectTable } from '../settings/settings.js';
import { nameShape } from '../support/names.js';
import type { Activations, Counts, Values } from './Activations.js';
import { type ActivationsSource, activationsSourceShape } from './ActivationsSource.js';
import { addCounts } from './addCounts.js';
import { type Shard, shardPath } from './Shard.js';
import { toNumbers } from './toNumbers.js';
import {
    readSafetensors,
    readSafetensorsMetadata,
    type Safetensors,
    type Tensor,
    writeSafetensors,
} from './safetensors.js';

const format = 'language-neurons/activations';
const ending = '.safetensors';
/** In a run folder. */
export const activationsName = `activations${ending}`;
const version = 1;
const languagesShape = z
    .array(nameShape)
    .min(1)
    .refine((languages) => new Set(languages).size === languages.length);
const edgesShape = z
    .array(z.number())
    .min(2)
    .refine((edges) => edges.every((edge, i) => i === 0 || edge > edges[i - 1]!));
const sitesShape = z.array(siteShape).min(1);

/**
 * Writes `activations.safetensors`: `blk.{i}.counts` int64 [n_ff_i, l] and `tokens` int64 [l], the same
 * behind `fold.{f}.` for each fold kept, with what made them as metadata. Where there is a table of sites it is
 * metadata too, and the tensors are `site.{i}.counts` [n_ff, l], or [experts, n_ff, l] and `site.{i}.routed`
 * [experts, l] of a routed one. Values, where there are any, are `site.{i}.sums` int64, shaped as the counts, and
 * `site.{i}.histogram` uint32, with the bins behind, their edges in the metadata.
 * @throws LanguageNeuronsError UNWRITABLE
 */
export async function writeActivations(path: string, activations: Activations): Promise<void> {
    const { languages, sites, folds = [], source } = activations;
    const l = languages.length;
    const tensors = new Map<string, Tensor>();
    const put = (prefix: string, { counts, routed = [], tokens, values }: Counts): void => {
        for (const [i, data] of counts.entries()) {
            const site = sites?.[i];
            const experts = routed[i]?.length ?? 0;
            const shape = experts === 0 ? [data.length / l, l] : [site!.experts, site!.width, l];
            tensors.set(`${prefix}${tensorName(i, sites)}.counts`, { shape, data });
            if (values !== undefined) {
                tensors.set(`${prefix}${tensorName(i, sites)}.sums`, { shape, data: values.sums[i]! });
                const bins = values.histograms[i]!;
                if (bins.length > 0)
                    tensors.set(`${prefix}${tensorName(i, sites)}.histogram`, {
                        shape: [...shape, values.edges.length],
                        data: bins,
                    });
            }
            if (experts > 0)
                tensors.set(`${prefix}${tensorName(i, sites)}.routed`, { shape: [site!.experts, l], data: routed[i]! });
        }
        tensors.set(`${prefix}tokens`, { shape: [l], data: tokens });
    };
    put('', activations);
    for (const [f, fold] of folds.entries()) put(`fold.${f}.`, fold);
    await writeSafetensors(path, tensors, {
        format,
        version: String(version),
        ...(activations.values === undefined ? {} : { edges: JSON.stringify(activations.values.edges) }),
        ...(sites === undefined ? {} : { sites: JSON.stringify(sites) }),
        languages: JSON.stringify(languages),
        model: JSON.stringify(source.model),
        dataset: JSON.stringify(source.dataset),
        ...(source.settings === undefined ? {} : { settings: JSON.stringify(source.settings) }),
        versions: JSON.stringify(source.versions),
        ...(folds.length === 0 ? {} : { folds: JSON.stringify(folds.length) }),
    });
}

/**
 * Reads counts from a file, or from `activations.safetensors` in a run folder; with `values` also those, where there
 * are any, which take many times the space.
 * @throws LanguageNeuronsError NOT_FOUND, or DAMAGED saying what is wrong
 */
export async function readActivations(path: string, options: { readonly values?: boolean } = {}): Promise<Activations> {
    checkSettings(options, { values: collectTable.values }, {});
    const { values = false } = options;
    const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true;
    const file = isFolder ? activationsPath(path) : path;
    const read = await readSafetensors(file, (name) => values || !isOfValues(name));
    const { tensors, metadata } = read;
    const damaged = damageOf(file);

    const parse = metadataOf(file, metadata, damaged);
    const languages = parse('languages', languagesShape);
    const l = languages.length;
    const folds = foldsIn(metadata, parse);
    const sites = metadata.sites === undefined ? undefined : parse('sites', sitesShape);
    const ofCounts = [...tensors.keys()].filter((name) => !isOfValues(name)).length;
    const number = sites?.length ?? ofCounts / (folds + 1) - 1;
    const shape = { sites, number, l };
    const counts = readCounts(tensors, '', shape, damaged);
    const hasValues = values && metadata.edges !== undefined;
    const whole: Counts = hasValues
        ? { ...counts, values: readValues(read, counts, { ...shape, edges: parse('edges', edgesShape) }, damaged) }
        : counts;
    if (whole.counts.every((site) => site.length === 0)) throw damaged('holds no neurons');
    const parts = Array.from({ length: folds }, (_, f) => readCounts(tensors, `fold.${f}.`, shape, damaged));
    if (folds > 0 && !addUp(parts, whole)) throw damaged('its folds do not add up to the whole');
    return {
        languages,
        ...(sites === undefined ? {} : { sites }),
        ...whole,
        ...(folds === 0 ? {} : { folds: parts }),
        source: sourceOf(metadata, parse),
    };
}

/**
 * The source of the counts of a run folder or file and how many folds they are kept in, 0 for none, without reading the
 * counts; undefined where there are none.
 * @throws LanguageNeuronsError NOT_FOUND where they cannot be read, or DAMAGED
 */
export async function readActivationsSource(
    path: string,
): Promise<
    { readonly languages: readonly string[]; readonly folds: number; readonly source: ActivationsSource } | undefined
> {
    const file = path.endsWith(ending) ? path : activationsPath(path);
    const metadata = await readSafetensorsMetadata(file);
    if (metadata === undefined) return undefined;
    const parse = metadataOf(file, metadata, damageOf(file));
    return {
        languages: parse('languages', languagesShape),
        folds: foldsIn(metadata, parse),
        source: sourceOf(metadata, parse),
    };
}

/** Where a run folder has its counts, or those of a shard. */
export function activationsPath(folder: string, shard?: Shard): string {
    return shardPath(join(folder, activationsName), shard);
}

type Metadata = Readonly<Record<string, string>>;
type Damage = (what: string, cause?: unknown) => LanguageNeuronsError;
type Parse = <T>(key: string, shape: z.ZodType<T>) => T;

const mend = 'remove it, then collect or import it again';

function damageOf(file: string): Damage {
    return (what, cause) => new LanguageNeuronsError('DAMAGED', `${file}: ${what}; ${mend}`, { cause });
}

/** Reads metadata of a file that holds counts. */
function metadataOf(file: string, metadata: Metadata, damaged: Damage): Parse {
    if (metadata.format !== format) throw damaged('holds no activation counts');
    if (metadata.version !== String(version))
        throw new LanguageNeuronsError('DAMAGED', otherVersion(file, format, metadata.version, version, mend));
    return (key, shape) => {
        try {
            return shape.parse(JSON.parse(metadata[key] ?? ''));
        } catch (cause) {
            throw damaged(`its metadata '${key}' cannot be read`, cause);
        }
    };
}

/** The number of folds; 0: none. */
function foldsIn({ folds }: Metadata, parse: Parse): number {
    return folds === undefined ? 0 : parse('folds', z.int().min(2).max(1000));
}

function sourceOf({ settings }: Metadata, parse: Parse): ActivationsSource {
    const { shape } = activationsSourceShape;
    return {
        model: parse('model', shape.model),
        dataset: parse('dataset', shape.dataset),
        ...(settings === undefined ? {} : { settings: parse('settings', shape.settings) }),
        versions: parse('versions', shape.versions),
    };
}

/** The expected shapes of a file's tensors. */
interface FileShape {
    readonly sites: readonly Site[] | undefined;
    /** Of sites. */
    readonly number: number;
    /** Languages. */
    readonly l: number;
}

function tensorName(i: number, sites: readonly Site[] | undefined): string {
    return sites === undefined ? `blk.${i}` : `site.${i}`;
}

function readCounts(
    tensors: Safetensors['tensors'],
    prefix: string,
    { sites, number, l }: FileShape,
    damaged: (what: string) => Error,
): Counts {
    const tokens = tensors.get(`${prefix}tokens`);
    if (tokens === undefined || tokens.shape.length !== 1 || tokens.data.length !== l)
        throw damaged(`has no token totals of ${l} languages`);
    const counts: BigInt64Array[] = [];
    const routed: BigInt64Array[] = [];
    for (let i = 0; i < number; i++) {
        const site = sites?.[i];
        const name = site === undefined ? `layer ${i}` : siteName(site);
        const found = tensors.get(`${prefix}${tensorName(i, sites)}.counts`);
        if (found === undefined) throw damaged(`lacks ${name}`);
        const through = site?.kind === 'routed' ? tensors.get(`${prefix}${tensorName(i, sites)}.routed`) : undefined;
        const shape =
            site === undefined
                ? [found.shape[0], l]
                : site.kind === 'routed'
                  ? [site.experts, site.width, l]
                  : [site.width, l];
        if (found.shape.join() !== shape.join()) throw damaged(`${name} is not [neurons, ${l} languages]`);
        if (site?.kind === 'routed') {
            if (through?.shape.join() !== [site.experts, l].join())
                throw damaged(`${name} has no routed tokens of ${site.experts} experts`);
            checkCounts(through.data, tokens.data, l, undefined, () =>
                damaged(`${name} has routed tokens below 0 or above the number of tokens`),
            );
        }
        checkCounts(found.data, through?.data ?? tokens.data, l, site?.width, () =>
            damaged(`${name} has counts below 0 or above the number of tokens`),
        );
        counts.push(found.data);
        routed.push(through?.data ?? new BigInt64Array(0));
    }
    return { counts, ...(routed.every(({ length }) => length === 0) ? {} : { routed }), tokens: tokens.data };
}

/** Reads the values, which have the shapes of the counts. */
function readValues(
    { tensors, wordTensors }: Safetensors,
    { counts }: Counts,
    { sites, edges }: FileShape & { readonly edges: readonly number[] },
    damaged: (what: string) => Error,
): Values {
    const names = counts.map((_, i) => tensorName(i, sites));
    const sums = names.map((name, i) => {
        const found = tensors.get(`${name}.sums`)?.data;
        if (found?.length !== counts[i]!.length) throw damaged(`the sums and counts of ${name} differ in number`);
        return found;
    });
    const histograms = names.map((name, i) => {
        const found = wordTensors.get(`${name}.histogram`)?.data ?? new Uint32Array(0);
        const wanted = sites?.[i]?.kind === 'routed' ? 0 : counts[i]!.length * edges.length;
        if (found.length !== wanted)
            throw damaged(`the histograms of ${name} do not have ${edges.length} bins a neuron`);
        return found;
    });
    return { sums, histograms, edges };
}

function isOfValues(name: string): boolean {
    return /\.(sums|histogram)$/.test(name);
}

/** Whether sites agree in width and counts and tokens in their sums. */
function addUp(parts: readonly Counts[], whole: Counts): boolean {
    const widths = ({ counts }: Counts): string => counts.map(({ length }) => length).join();
    if (parts.some((part) => widths(part) !== widths(whole))) return false;
    const sum = addCounts(parts);
    const equal = (a: BigInt64Array, b: BigInt64Array): boolean =>
        Buffer.compare(
            new Uint8Array(a.buffer, a.byteOffset, a.byteLength),
            new Uint8Array(b.buffer, b.byteOffset, b.byteLength),
        ) === 0;
    return (
        equal(sum.tokens, whole.tokens) &&
        sum.counts.every((site, i) => equal(site, whole.counts[i]!)) &&
        (whole.routed ?? []).every((site, i) => equal(sum.routed![i]!, site))
    );
}

/**
 * Counts [.., l], of which none may be above its language's tokens: those of the whole, [l], or those routed to the
 * expert, [experts, l], with `width` neurons each.
 */
function checkCounts(
    counts: BigInt64Array,
    tokens: BigInt64Array,
    l: number,
    width: number | undefined,
    error: () => Error,
): void {
    const [numbers, most] = [toNumbers(counts), toNumbers(tokens)]; // a negative count is above 2^63 here
    const block = most.length === l ? numbers.length : width! * l;
    for (let begin = 0, at = 0; begin < numbers.length; begin += block, at += l) {
        for (let j = begin; j < begin + block; j += l) {
            for (let k = 0; k < l; k++) if (numbers[j + k]! > most[at + k]!) throw error();
        }
    }
}
