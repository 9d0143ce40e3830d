import type { Site } from '../engine/types/Site.js';
import type { GgufTensor } from '../gguf/GgufFile.js';

/**
 * Each neuron has one row of `matrix` [n_embd, rows, experts] and, where the FFN has one, of `bias` [rows, experts].
 */
export interface RowsOfNeurons {
    readonly matrix: GgufTensor;
    readonly bias: GgufTensor | undefined;
    /** Rows of each expert, and the place of the first neuron's row among them: gate and up may share a matrix. */
    readonly rows: number;
    readonly first: number;
}

/** Where a site's neurons are in a model's tensors. */
export interface SiteRows {
    /** The rows that the activation function is applied to: the gate's in a gated FFN, else those of up. */
    readonly activated: RowsOfNeurons;
    /** The rows that the activation is multiplied by; undefined where the FFN has no gate. */
    readonly up: RowsOfNeurons | undefined;
}

/** llama.cpp's names of an FFN's matrices in its layer. */
interface Names {
    readonly gate: string;
    readonly up: string;
    /** Gate and up in one. */
    readonly both?: string;
}
const namesOf: Readonly<Record<Site['kind'], readonly Names[]>> = {
    dense: [
        { gate: 'ffn_gate', up: 'ffn_up' },
        { gate: '', up: 'channel_mix_key' }, // RWKV
    ],
    shared: [{ gate: 'ffn_gate_shexp', up: 'ffn_up_shexp' }],
    routed: [{ gate: 'ffn_gate_exps', up: 'ffn_up_exps', both: 'ffn_gate_up_exps' }],
};

/** Finds a site's rows by names and shapes; undefined where the tensors are not those of llama.cpp's FFNs. */
export function findRows(site: Site, tensors: ReadonlyMap<string, GgufTensor>): SiteRows | undefined {
    for (const names of namesOf[site.kind]) {
        const found = rowsBy(names, site, tensors);
        if (found !== undefined) return found;
    }
    return undefined;
}

function rowsBy(names: Names, site: Site, tensors: ReadonlyMap<string, GgufTensor>): SiteRows | undefined {
    const { layer, width } = site;
    const rowsOf = (name: string | undefined, halves: 1 | 2, half: 0 | 1 = 0): RowsOfNeurons | undefined => {
        const matrix = tensors.get(`blk.${layer}.${name}.weight`);
        if (matrix === undefined) return undefined;
        const [, rows, experts = 1, more = 1] = matrix.shape;
        if (rows !== halves * width || experts !== site.experts || more !== 1) return undefined;
        const bias = tensors.get(`blk.${layer}.${name}.bias`);
        return { matrix, bias, rows, first: half * width };
    };
    const gate = rowsOf(names.gate, 1);
    const up = rowsOf(names.up, 1);
    if (tensors.has(`blk.${layer}.${names.gate}.weight`)) {
        return gate === undefined || up === undefined ? undefined : { activated: gate, up };
    }
    if (up !== undefined) return { activated: up, up: undefined };
    const both = names.both !== undefined && tensors.has(`blk.${layer}.${names.both}.weight`) ? names.both : names.up;
    const [first, second] = [rowsOf(both, 2, 0), rowsOf(both, 2, 1)];
    return first === undefined ? undefined : { activated: first, up: second };
}
