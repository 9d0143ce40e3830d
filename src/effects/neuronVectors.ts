import type { NativeAddon, NativeMatrix } from '../engine/native/addon.js';
import { awaitNative } from '../engine/native/nativeError.js';
import { missingNeuron, type Site } from '../engine/types/Site.js';
import { LanguageNeuronsError, wrongUse } from '../errors.js';
import type { NeuronIndex } from '../neurons/analysis/NeuronAnalysis.js';
import { sum } from '../support/averages.js';
import { throwIfStopped } from '../support/stop.js';
import type { DirectPath, PlacedTensor } from './directPath.js';

/**
 * What each neuron adds to the input of the output head, [neurons, n_embd].
 * @throws LanguageNeuronsError WRONG_USE for a neuron that the model has not; UNSUPPORTED, NOT_FOUND, DAMAGED, ABORTED
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
    for await (const [i, added] of residualVectors(addon, path, sites, neurons, signal))
        vectors.set(throughNorm(added, norm, path.centred), i * width);
    return vectors;
}

/**
 * What each neuron adds to the residual stream when its activation (times up, in a gated FFN) is 1, matrix by matrix:
 * its column of the down matrix, times what scales it and the weights of a norm behind the FFN, without that norm's
 * division.
 * @returns places in `neurons`, and [n_embd]
 * @throws LanguageNeuronsError as `neuronVectors`
 */
export async function* residualVectors(
    addon: NativeAddon,
    path: DirectPath,
    sites: readonly Site[],
    neurons: readonly NeuronIndex[],
    signal?: AbortSignal,
): AsyncGenerator<readonly [place: number, vector: Float64Array]> {
    const missing = missingNeuron(neurons, sites);
    if (missing !== undefined) throw wrongUse(missing);
    const [width] = path.head.shape as [number];
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
            yield [i, Float64Array.from(vector, (value, row) => scale * value * (post?.[row] ?? 1))];
        }
    }
}

/** Through the final norm, without its division. */
function throughNorm(added: Float64Array, norm: Float32Array | undefined, centred: boolean): Float64Array {
    const mean = centred ? sum(added) / added.length : 0;
    return added.map((value, i) => (value - mean) * (norm?.[i] ?? 1));
}

/** Places in `neurons` by site and expert: each has a matrix of its own. */
function byMatrix(sites: readonly Site[], neurons: readonly NeuronIndex[]): Map<string, number[]> {
    const groups = new Map<string, number[]>();
    for (const [i, [number, index]] of neurons.entries()) {
        const key = `${number} ${Math.floor(index / sites[number]!.width)}`;
        const group = groups.get(key);
        if (group === undefined) groups.set(key, [i]);
        else group.push(i);
    }
    return groups;
}

/** Rows of a tensor that is a matrix, or of several behind one another. */
export function matrixOf(
    { path, name, offset, type, typeNumber, typeName, shape }: PlacedTensor,
    first: number,
    rows: number,
) {
    if (type === undefined) {
        throw new LanguageNeuronsError('UNSUPPORTED', `${path}: ${name} has the unknown type ${typeName}`);
    }
    const [width] = shape as [number];
    const rowBytes = (width / type.weights) * type.bytes;
    return { path, offset: offset + first * rowBytes, type: typeNumber, width, rows } satisfies NativeMatrix;
}

/** The numbers of a tensor of one row. */
export async function numbersOf(
    addon: NativeAddon,
    tensor: PlacedTensor | undefined,
): Promise<Float32Array | undefined> {
    if (tensor === undefined) return undefined;
    const [width] = tensor.shape as [number];
    const all = Int32Array.from({ length: width }, (_, i) => i);
    return awaitNative(() => addon.matrixColumns(matrixOf(tensor, 0, 1), all));
}
