import { missingNeuron, type Site, siteName } from '../engine/types/Site.js';
import { LanguageNeuronsError, wrongUse } from '../errors.js';
import type { BlockType } from '../gguf/blockTypes.js';
import type { GgufFile, GgufTensor } from '../gguf/GgufFile.js';
import { affineOf } from '../interventions/compile.js';
import type { Operation } from '../interventions/Operation.js';
import type { NeuronIndex } from '../neurons/analysis/NeuronAnalysis.js';
import { sum } from '../support/averages.js';
import { isLinearInUp, isZeroedByUp, refusalOf } from './architectures.js';
import { findRows, type RowsOfNeurons, type SiteRows } from './ffnRows.js';

/** Neurons whose activation is multiplied by a number; 0 switches them off. */
export interface WeightEdit {
    readonly neurons: readonly NeuronIndex[];
    readonly scale: number;
    /** What the neurons are, for the file's metadata, such as `zh specific+related`. */
    readonly label: string;
}

/**
 * What an intervention multiplies activations by, for `WeightEdit`; undefined where weights cannot say it: for what
 * adds to activations, and for what changes some tokens alone.
 */
export function scaleOf({ op, value = 1, strength = 1, where = 'both' }: Operation): number | undefined {
    if (where !== 'both' || typeof value !== 'number' || (op !== 'zero' && op !== 'scale')) return undefined;
    return affineOf(op, value, strength).factor;
}

/** A row to be written anew. */
export interface RowEdit {
    /** Where it is in the file, in bytes, and its length. */
    readonly offset: number;
    readonly bytes: number;
    readonly type: BlockType;
    /** 0: zeros. */
    readonly scale: number;
    readonly tensor: string;
}

/** The changes to a model's files. */
export interface EditPlan {
    /** The rows of each file, by their place. */
    readonly rows: readonly (readonly RowEdit[])[];
    /** Neurons switched off, and scaled by another number than 1. */
    readonly zeroed: number;
    readonly scaled: number;
}

/**
 * Plans which rows of a model's files change so that some neurons are switched off or scaled. A neuron in several edits
 * is scaled by the product of their numbers.
 * @param files of one model, in order
 * @throws LanguageNeuronsError UNSUPPORTED where that cannot be exact; MISMATCH where the sites are not the model's;
 * WRONG_USE
 */
export function planEdits(files: readonly GgufFile[], sites: readonly Site[], edits: readonly WeightEdit[]): EditPlan {
    const [{ path, metadata }] = files as [GgufFile];
    const architecture = String(metadata['general.architecture']);
    const refused = (why: string): LanguageNeuronsError =>
        new LanguageNeuronsError('UNSUPPORTED', `${path}: cannot be edited exactly: ${why}`);
    const why = refusalOf(architecture);
    if (why !== undefined) throw refused(`${architecture}: ${why}`);
    const tensors = new Map(files.flatMap((file) => [...file.tensors]));
    const byUp = isZeroedByUp(architecture);
    const linear = isLinearInUp(architecture, metadata);

    const scales = scalesOf(sites, edits);
    const rows = files.map((): RowEdit[] => []);
    const place = new Map(files.flatMap(({ tensors: own }, i) => [...own.keys()].map((name) => [name, i] as const)));
    let zeroed = 0;
    for (const [number, ofSite] of scales) {
        const site = sites[number]!;
        const found = findRows(site, tensors);
        if (found === undefined) {
            const what = `${siteName(site)} with ${site.width} neurons is missing from its tensors`;
            throw new LanguageNeuronsError('MISMATCH', `${path}: ${what}; give the model that was analysed`);
        }
        for (const [neuron, scale] of ofSite) {
            if (scale === 0) zeroed++;
            else if (found.up === undefined) throw refused('its FFN has no gate: neurons can be switched off only');
            else if (!linear)
                throw refused(`${architecture} applies a nonlinear function to the factor of the activation`);
            for (const { tensor, ...row } of rowsFor(found, site, neuron, scale, byUp)) {
                const { type } = tensor;
                if (type === undefined) throw refused(`${tensor.name} is of type ${tensor.typeName}`);
                rows[place.get(tensor.name)!]!.push({ ...row, type, scale, tensor: tensor.name });
            }
        }
    }
    const all = sum([...scales.values()], (ofSite) => ofSite.size);
    for (const list of rows) list.sort((a, b) => a.offset - b.offset);
    return { rows, zeroed, scaled: all - zeroed };
}

/** By site, the scale of each neuron that changes. */
function scalesOf(sites: readonly Site[], edits: readonly WeightEdit[]): Map<number, Map<number, number>> {
    const scales = new Map<number, Map<number, number>>();
    for (const { neurons, scale, label } of edits) {
        if (!Number.isFinite(scale)) {
            throw wrongUse(`${label}: a scale is a finite number, not ${scale}`);
        }
        const missing = missingNeuron(neurons, sites);
        if (missing !== undefined) throw wrongUse(`${label}: ${missing}; give those of its analysis`);
        for (const [number, neuron] of neurons) {
            const ofSite = scales.get(number) ?? new Map<number, number>();
            scales.set(number, ofSite.set(neuron, (ofSite.get(neuron) ?? 1) * scale));
        }
    }
    for (const ofSite of scales.values()) for (const [neuron, scale] of ofSite) if (scale === 1) ofSite.delete(neuron);
    return scales;
}

/** The rows of matrices, and the numbers of biases, that change a neuron. */
function rowsFor(
    { activated, up }: SiteRows,
    { width }: Site,
    neuron: number,
    scale: number,
    byUp: boolean,
): { readonly tensor: GgufTensor; readonly offset: number; readonly bytes: number }[] {
    const edited: RowsOfNeurons = up !== undefined && (scale !== 0 || byUp) ? up : activated;
    const { matrix, bias, rows, first } = edited;
    const row = Math.floor(neuron / width) * rows + first + (neuron % width);
    return [
        { tensor: matrix, weights: matrix.shape[0]! },
        ...(bias === undefined ? [] : [{ tensor: bias, weights: 1 }]),
    ].map(({ tensor, weights }) => {
        // of an unknown type no row has a length; the caller refuses it
        const bytes = tensor.type === undefined ? 0 : (weights / tensor.type.weights) * tensor.type.bytes;
        return { tensor, offset: tensor.offset + row * bytes, bytes };
    });
}
