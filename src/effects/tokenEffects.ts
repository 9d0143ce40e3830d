import type { NativeAddon, NativeMatrix, NativeTokenLists } from '../engine/addon.js';
import { defaultThreads } from '../engine/defaultThreads.js';
import { loadAddon } from '../engine/loadBackends.js';
import { modelFiles } from '../engine/modelFiles.js';
import { awaitNative } from '../engine/nativeError.js';
import { neuronsAt, type Site } from '../engine/Site.js';
import { LanguageNeuronsError } from '../errors.js';
import { readGguf } from '../gguf/GgufFile.js';
import type { NeuronIndex } from '../neurons/NeuronAnalysis.js';
import { neuronName } from '../neurons/neuronNames.js';
import { type Progress, silent } from '../support/progress.js';
import { throwIfStopped } from '../support/stop.js';
import { type DirectPath, directPath, type PlacedTensor } from './directPath.js';

/** Tokens of each list. */
export const keptTokens = 20;
/** Rows of the head that are in memory at a time, in F32. */
const blockRows = 2048;
/** Neurons that are multiplied with a block at a time, and most numbers of their vectors. */
const groupNeurons = 4096;
const groupNumbers = 2 ** 25;

/** A token, and what the neuron adds to its logit; see `NeuronEffects`. */
export type TokenEffect = readonly [token: number, effect: number];

/**
 * The direct effect of a neuron on the logits: `W · (w ⊙ v)`, `v` its column of the down matrix, times the weights of
 * the norm behind the FFN where there is one, `w` the final norm's weights and `W` the output head (of a LayerNorm, `v`
 * without its mean). That is what a positive activation adds, up to a positive factor that depends on the token that is
 * read; where a gate's activation is multiplied by up, the lists hold for a positive product and change places with
 * its sign. A final soft cap of the logits keeps their order and is left out.
 */
export interface NeuronEffects {
    readonly neuron: NeuronIndex;
    /** Tokens whose logits rise most, the first most: at most 20. */
    readonly raised: readonly TokenEffect[];
    /** Tokens whose logits fall most. */
    readonly lowered: readonly TokenEffect[];
}

export interface TokenEffectsOptions {
    /** Path of a GGUF file, or of one of several. Adapters are not applied. */
    readonly model: string;
    /** The model's, as an engine or its counts have them. */
    readonly sites: readonly Site[];
    readonly neurons: readonly NeuronIndex[];
    /** Default: one for each physical core. */
    readonly threads?: number | undefined;
    readonly progress?: Progress | undefined;
    readonly signal?: AbortSignal | undefined;
}

/**
 * Which tokens each neuron raises and lowers, read from the weights, some thousand neurons at a time. ggml dequantizes
 * and multiplies them, in F32 on the CPU.
 * @throws LanguageNeuronsError UNSUPPORTED for an architecture without a direct path from FFNs to logits, or a type of
 * weights that ggml cannot dequantize; NOT_FOUND, DAMAGED; MISMATCH where the sites are not the model's; WRONG_USE;
 * ABORTED
 */
export async function* tokenEffects(options: TokenEffectsOptions): AsyncGenerator<NeuronEffects[]> {
    const { model, sites, neurons, progress = silent, signal } = options;
    const threads = options.threads ?? (await defaultThreads());
    const { addon } = await loadAddon();
    const path = directPath(await Promise.all((await modelFiles(model)).map(readGguf)));
    const [width, tokens] = path.head.shape as [number, number];
    const group = Math.max(1, Math.min(groupNeurons, Math.floor(groupNumbers / width)));
    progress.stage('Multiplying the output head', tokens * Math.ceil(neurons.length / group));
    for (let first = 0; first < neurons.length; first += group) {
        throwIfStopped(signal);
        const some = neurons.slice(first, first + group);
        const vectors = await neuronVectors(addon, path, sites, some, signal);
        const product = addon.tokenEffects(vectors, width, keptTokens, threads);
        for (let row = 0; row < tokens; row += blockRows) {
            throwIfStopped(signal);
            const rows = Math.min(blockRows, tokens - row);
            await awaitNative(() => product.add(matrixOf(path.head, row, rows)));
            progress.advance(rows);
        }
        const [raised, lowered] = [product.raised(), product.lowered()].map(listsOf) as [
            TokenEffect[][],
            TokenEffect[][],
        ];
        if (raised.some((list) => list.length < Math.min(keptTokens, tokens))) {
            const what = `${path.head.path}: weights of its neurons or of its head are not finite`;
            throw new LanguageNeuronsError('DAMAGED', `${what}; get the file anew`);
        }
        yield some.map((neuron, i) => ({
            neuron,
            raised: raised[i]!.filter(([, effect]) => effect > 0),
            lowered: lowered[i]!.filter(([, effect]) => effect < 0),
        }));
    }
    progress.done();
}

/**
 * What each neuron adds to the input of the output head, [neurons, n_embd].
 * @internal
 */
export async function neuronVectors(
    addon: NativeAddon,
    path: DirectPath,
    sites: readonly Site[],
    neurons: readonly NeuronIndex[],
    signal?: AbortSignal,
): Promise<Float32Array> {
    const [width] = path.head.shape as [number];
    const vectors = new Float32Array(neurons.length * width);
    const norm = await numbersOf(addon, path.norm);
    for (const [place, members] of byMatrix(sites, neurons)) {
        throwIfStopped(signal);
        const [number, expert] = place.split(' ').map(Number) as [number, number];
        const site = sites[number]!;
        const { matrix, scales } = path.down(site);
        const columns = Int32Array.from(members, (i) => neurons[i]![1] % site.width);
        const values = await awaitNative(() => addon.matrixColumns(matrixOf(matrix, expert * width, width), columns));
        const post = await numbersOf(addon, path.postNorm(site.layer));
        const factors = await numbersOf(addon, scales);
        const scale = path.residualScale * (factors?.[factors.length === 1 ? 0 : expert] ?? 1);
        for (const [column, i] of members.entries()) {
            const vector = values.subarray(column * width, (column + 1) * width);
            vectors.set(throughNorms(vector, post, norm, path.centred, scale), i * width);
        }
    }
    return vectors;
}

/** Through the norm behind the FFN, and the final one, each without its division. */
function throughNorms(
    vector: Float32Array,
    post: Float32Array | undefined,
    norm: Float32Array | undefined,
    centred: boolean,
    scale: number,
): Float64Array {
    const added = Float64Array.from(vector, (value, i) => scale * value * (post?.[i] ?? 1));
    const mean = centred ? added.reduce((sum, value) => sum + value, 0) / added.length : 0;
    return added.map((value, i) => (value - mean) * (norm?.[i] ?? 1));
}

/** Places in `neurons` by site and expert: each has a matrix of its own. */
function byMatrix(sites: readonly Site[], neurons: readonly NeuronIndex[]): Map<string, number[]> {
    const groups = new Map<string, number[]>();
    for (const [i, [number, index]] of neurons.entries()) {
        const site = sites[number];
        if (site === undefined || !(index >= 0 && index < neuronsAt(site) && Number.isInteger(index))) {
            const what = `the model has no neuron [${number}, ${index}]`;
            const [last] =
                sites.length === 0 ? [] : [neuronName(sites, [sites.length - 1, neuronsAt(sites.at(-1)!) - 1])];
            throw new LanguageNeuronsError('WRONG_USE', `${what}; its last one is ${last ?? 'none'}`);
        }
        const key = `${number} ${Math.floor(index / site.width)}`;
        const group = groups.get(key);
        if (group === undefined) groups.set(key, [i]);
        else group.push(i);
    }
    return groups;
}

/** Rows of a tensor that is a matrix, or of several behind one another. */
function matrixOf(
    { path, name, offset, type, typeNumber, typeName, shape }: PlacedTensor,
    first: number,
    rows: number,
) {
    if (type === undefined) {
        throw new LanguageNeuronsError('UNSUPPORTED', `${path}: ${name} is of type ${typeName}, which is not known`);
    }
    const [width] = shape as [number];
    const rowBytes = (width / type.weights) * type.bytes;
    return { path, offset: offset + first * rowBytes, type: typeNumber, width, rows } satisfies NativeMatrix;
}

/** The numbers of a tensor of one row. */
async function numbersOf(addon: NativeAddon, tensor: PlacedTensor | undefined): Promise<Float32Array | undefined> {
    if (tensor === undefined) return undefined;
    const [width] = tensor.shape as [number];
    const all = Int32Array.from({ length: width }, (_, i) => i);
    return awaitNative(() => addon.matrixColumns(matrixOf(tensor, 0, 1), all));
}

function listsOf({ tokens, effects, ends }: NativeTokenLists): TokenEffect[][] {
    return Array.from(ends, (end, i) =>
        Array.from(tokens.subarray(ends[i - 1] ?? 0, end), (token, j): TokenEffect => [
            token,
            effects[(ends[i - 1] ?? 0) + j]!,
        ]),
    );
}
