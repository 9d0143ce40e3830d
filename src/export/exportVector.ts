import type { ActivationValues } from '../activations/ActivationValues.js';
import { type DirectPath, directPath } from '../effects/directPath.js';
import { residualVectors } from '../effects/neuronVectors.js';
import { loadAddon } from '../engine/native/loadBackends.js';
import { modelFiles } from '../engine/files/modelFiles.js';
import { modelFingerprint } from '../engine/files/modelFingerprint.js';
import { awaitNative } from '../engine/native/nativeError.js';
import { resolveModel } from '../engine/files/resolveModel.js';
import type { Site } from '../engine/types/Site.js';
import { LanguageNeuronsError } from '../errors.js';
import { unwritable } from '../files/fileAccess.js';
import { withFile } from '../files/folderLock.js';
import { UnfinishedFile } from '../files/UnfinishedFile.js';
import { type GgufFile, type GgufValue, readGguf } from '../gguf/GgufFile.js';
import { smallGguf } from '../gguf/smallGguf.js';
import { analysisSites, type NeuronAnalysis, type NeuronIndex } from '../neurons/analysis/NeuronAnalysis.js';
import { checkSettings } from '../settings/checkSetting.js';
import { modelTable, outputTable } from '../settings/settings.js';
import { silent, type WorkOptions } from '../support/progress.js';
import { toolVersion } from '../versions.js';
import { checkAnalysed } from './checkAnalysed.js';
import { refuseThere, targetsOf } from './writeModel.js';

/** Neurons whose mean activations in a language are a part of a vector. */
export interface VectorPart {
    readonly neurons: readonly NeuronIndex[];
    /** Of their means. */
    readonly language: string;
    /** What the means are multiplied by. */
    readonly factor: number;
    /** What the neurons are, for the file's metadata, such as `zh specific+related`. */
    readonly label: string;
}

export interface VectorOptions extends WorkOptions {
    /** GGUF file, or `hf:user/repo:quant`; any of them, where the model is in several files. */
    readonly model: string;
    /** The analysis that found the neurons. */
    readonly analysis: Pick<NeuronAnalysis, 'sites' | 'widths' | 'source'>;
    /** Of the same counts. */
    readonly values: ActivationValues;
    readonly parts: readonly VectorPart[];
    /** The control vector, `NAME.gguf`, which must not exist. */
    readonly out: string;
    /** Of another model than the one that was analysed. Default: refuse. */
    readonly otherModel?: boolean | undefined;
}

export interface VectorResult {
    readonly file: string;
    /** Neurons in the vector, each once. */
    readonly neurons: number;
    /** Those of layer 0 among them, which are added behind layer 1: llama.cpp adds nothing behind layer 0. */
    readonly late: number;
    /** Euclidean lengths of the directions of layers 1, 2 … */
    readonly lengths: readonly number[];
}

/** Version of the vector's description in its metadata. */
const version = 1;

/** Architectures with a direct path into whose layers llama.cpp adds no control vector. */
const withoutVectors: ReadonlySet<string> = new Set(['plamo2']);

/**
 * Writes llama.cpp's control vector of neurons: in each layer, the sum of their columns of the down matrix, each times
 * the mean of the neuron's activation in a language, act(gate). Unpatched llama.cpp adds it to the residual stream
 * behind the layer (`--control-vector-scaled`), and what is of layer 0 behind layer 1, as it adds nothing behind layer
 * 0. In a gated FFN up is taken as 1, as its means are not collected.
 * @throws LanguageNeuronsError UNSUPPORTED for experts' neurons, and for an architecture whose FFNs add to the residual
 * stream what depends on the token in other ways; EMPTY where no neuron is left; MISMATCH where the model, or the
 * values, are not those that were analysed; WRONG_USE, NOT_FOUND, DAMAGED, UNWRITABLE, BUSY, ABORTED
 */
export async function exportVector(options: VectorOptions): Promise<VectorResult> {
    checkSettings(
        options,
        { model: modelTable.model, out: outputTable.out, otherModel: outputTable.force },
        { analysis: true, values: true, parts: true, signal: true, progress: true },
    );
    const { analysis, values, parts, out, signal, progress = silent } = options;
    const path = await resolveModel(options.model, { signal, progress });
    const sources = await Promise.all((await modelFiles(path)).map(readGguf));
    targetsOf(out, [sources[0]!]); // its name
    const sites = analysisSites(analysis);
    if (!values.fits(sites))
        throw new LanguageNeuronsError('MISMATCH', 'the values belong to a model with other neurons; collect again');
    const way = vectorPath(sources, sites, parts);
    await refuseThere(out); // before the model is read whole
    const fingerprint = await modelFingerprint(path, [], { signal, progress });
    if (options.otherModel !== true) checkAnalysed(path, fingerprint, analysis);
    const sums = await directionsOf(way, { sites, values, parts, layers: layersOf(sources[0]!), signal });
    const rows = sums.map((sum, i) => ({ name: `direction.${i + 1}`, values: Float32Array.from(sum) }));
    await writeVector(out, await smallGguf(keysOf(sources[0]!, fingerprint, parts, rows.length), rows));
    const places = new Map(parts.flatMap(({ neurons }) => neurons.map((place) => [place.join(), place[0]] as const)));
    const late = [...places.values()].filter((site) => sites[site]!.layer === 0).length;
    const lengths = sums.map((sum) => Math.hypot(...sum));
    return { file: out, neurons: places.size, late, lengths };
}

/** @throws LanguageNeuronsError UNSUPPORTED, EMPTY */
function vectorPath(sources: readonly GgufFile[], sites: readonly Site[], parts: readonly VectorPart[]): DirectPath {
    const [{ path, metadata }] = sources as [GgufFile];
    const refused = (why: string): LanguageNeuronsError =>
        new LanguageNeuronsError('UNSUPPORTED', `${path}: a control vector cannot be computed: ${why}`);
    const way = directPath(sources, 'a control vector');
    const architecture = String(metadata['general.architecture']);
    if (withoutVectors.has(architecture)) throw refused(`llama.cpp adds none to the layers of ${architecture}`);
    const used = [...new Set(parts.flatMap(({ neurons }) => neurons.map(([site]) => site)))];
    for (const { kind, layer } of used.map((number) => sites[number]!)) {
        if (kind !== 'dense') throw refused("the router decides at each token what experts' neurons add");
        if (way.postNorm(layer) !== undefined)
            throw refused('a norm behind its FFNs decides at each token how much a neuron adds');
    }
    if (used.length === 0) {
        const what = 'no neuron would be in the vector';
        throw new LanguageNeuronsError('EMPTY', `${path}: ${what}; choose other languages or another set`);
    }
    return way;
}

function layersOf({ metadata }: GgufFile): number {
    return Number(metadata[`${String(metadata['general.architecture'])}.block_count`]);
}

interface DirectionOptions {
    readonly sites: readonly Site[];
    readonly values: ActivationValues;
    readonly parts: readonly VectorPart[];
    readonly layers: number;
    readonly signal: AbortSignal | undefined;
}

/** Sums of layers 1 (with 0), 2 …, each [n_embd]. */
async function directionsOf(path: DirectPath, options: DirectionOptions): Promise<Float64Array[]> {
    const { sites, values, parts, layers, signal } = options;
    const { addon } = await loadAddon();
    const [width] = path.head.shape as [number];
    const sums = Array.from({ length: layers - 1 }, () => new Float64Array(width));
    for (const { neurons, language, factor } of parts) {
        const k = values.languageNumber(language);
        for await (const [place, vector] of residualVectors(addon, path, sites, neurons, signal)) {
            const [site, index] = neurons[place]!;
            const sum = sums[Math.max(1, sites[site]!.layer) - 1]!;
            const times = factor * values.mean(site, index, k);
            for (let row = 0; row < width; row++) sum[row]! += times * vector[row]!;
        }
    }
    return sums;
}

function keysOf(
    { metadata }: GgufFile,
    fingerprint: string,
    parts: readonly VectorPart[],
    layers: number,
): Record<string, GgufValue> {
    return {
        'general.architecture': 'controlvector',
        'controlvector.model_hint': String(metadata['general.architecture']),
        'controlvector.layer_count': layers,
        'language-neurons.vector.version': version,
        'language-neurons.vector.tool': `language-neurons ${toolVersion}`,
        'language-neurons.vector.model': fingerprint,
        'language-neurons.vector.parts': parts.map(({ label, factor }) => `${label} × ${factor}`),
    };
}

/** Gives the file its name once llama.cpp's reader accepts it. */
async function writeVector(out: string, bytes: Buffer): Promise<void> {
    const refused = (cause: unknown): never => {
        throw unwritable(out, cause);
    };
    await withFile(out, 'export', async () => {
        await refuseThere(out);
        const file = await UnfinishedFile.create(out).catch(refused);
        try {
            await file
                .write(bytes)
                .then(() => file.finish(), refused)
                .catch(refused);
            const { addon } = await loadAddon();
            const { refused: why } = await awaitNative(() => addon.readHeader(file.path));
            if (why !== null)
                throw new LanguageNeuronsError('DAMAGED', `${out}: the written file cannot be read back (${why})`);
            await file.place().catch(refused);
        } catch (cause) {
            await file.discard();
            throw cause;
        }
    });
}
