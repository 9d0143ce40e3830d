import type { ActivationsSource } from './ActivationsSource.js';
import { engineTable } from '../settings/settings.js';
import { textsSet } from './textsSet.js';

/** What to compare. */
export interface DifferenceOptions {
    /** Whether the models are the same. */
    readonly model: boolean;
    /** Whether the texts have the same order. Default: yes. */
    readonly order?: boolean;
}

/**
 * Lists how the sources of two sets of counts differ, in clauses such as `window 512 and 2048`; empty where they do
 * not. It compares no versions, and nothing that one of the sources does not know.
 */
export function sourceDifferences(
    a: ActivationsSource,
    b: ActivationsSource,
    { model, order = true }: DifferenceOptions,
): string[] {
    const found: string[] = [];
    if (model && a.model.fingerprint !== b.model.fingerprint) found.push(`model ${modelName(a)} and ${modelName(b)}`);
    if (a.model.quantization !== b.model.quantization)
        found.push(`file type ${a.model.quantization || 'unknown'} and ${b.model.quantization || 'unknown'}`);
    const imatrix = ({ model: { imatrix } }: ActivationsSource): string => imatrix ?? 'none';
    if (a.model.imatrix !== undefined && b.model.imatrix !== undefined && imatrix(a) !== imatrix(b)) {
        found.push(`importance matrix ${imatrix(a)} and ${imatrix(b)}`);
    }
    const [setA, setB] = order ? [] : [textsSet(a.dataset), textsSet(b.dataset)];
    const sameSet = setA !== undefined && setA === setB;
    if (a.dataset.hash !== b.dataset.hash && !sameSet) found.push(`texts ${datasetName(a)} and ${datasetName(b)}`);
    const [settingsA, settingsB] = [settingsOf(a), settingsOf(b)];
    for (const name of new Set([...Object.keys(settingsA), ...Object.keys(settingsB)])) {
        const [ours, theirs] = [settingsA[name], settingsB[name]];
        if (ours !== undefined && theirs !== undefined && ours !== theirs) found.push(`${name} ${ours} and ${theirs}`);
    }
    const [ours, theirs] = [settingsA.products, settingsB.products];
    if (ours !== theirs) found.push('name the same `products` for both, not `auto`');
    return found;
}

/** The settings of counts that were made here name their products, ggml's too. */
function settingsOf({ settings }: ActivationsSource): Readonly<Record<string, string | number>> {
    return settings === undefined ? {} : { products: engineTable.products.default, ...settings };
}

/** A model's name with the beginning of its fingerprint, which distinguishes models of equal names. */
export function modelName({ model: { name, fingerprint } }: ActivationsSource): string {
    return `${name} (${fingerprint === '' ? 'unknown' : fingerprint.replace(/^xxh128:/, '').slice(0, 8)})`;
}

function datasetName({ dataset: { name, hash } }: ActivationsSource): string {
    return `${name} (${hash.slice(0, 8)})`;
}
