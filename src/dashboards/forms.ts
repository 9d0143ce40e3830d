import type { Site } from '../engine/types/Site.js';
import { wrongUse } from '../errors.js';
import type { DashboardNeuron } from './DashboardNeuron.js';

/** Most neurons of a file; Neuronpedia takes no more at once. */
export const mostOfBatch = 128;

/** Some neurons of one site of a model. */
export interface DashboardBatch {
    /** The model's name there: lower-case letters, digits, `-`, `_` and `.`. */
    readonly modelId: string;
    readonly site: Pick<Site, 'layer' | 'kind'>;
    readonly sourceSet: string;
    /** Of sites beside another of their layer: `routed` or `shared`. */
    readonly suffix: string | undefined;
    /** `12-language-neurons`, `12-language-neurons__routed`; see `sourceName`. */
    readonly source: string;
    readonly dataset: string;
    readonly neurons: readonly DashboardNeuron[];
}

/** The name of a site's source, as Neuronpedia's tools make it of layer, set and suffix. */
export function sourceName({ layer }: Pick<Site, 'layer'>, sourceSet: string, suffix: string | undefined): string {
    return `${layer}-${sourceSet}${suffix === undefined ? '' : `__${suffix}`}`;
}

/** A name as these tools take it. */
export function asName(text: string): string {
    const name = text.toLowerCase().replaceAll(/[^a-z0-9._-]+/g, '-');
    return name.replaceAll(/^[-.]+|[-.]+$/g, '') || 'model';
}

/**
 * A name that is given must be one of theirs: Neuronpedia makes capitals small, and takes what stands behind `__` in a
 * source for a suffix, so that it would look for a model or a set of another name.
 * @throws LanguageNeuronsError WRONG_USE
 */
export function checkName(setting: 'modelId' | 'sourceSet', name: string): void {
    if (name === asName(name) && (setting === 'modelId' || !name.includes('__'))) return;
    const words = 'takes lower-case letters, digits, `.`, `-` and single `_`';
    throw wrongUse(`\`${setting}\` ${words}, not "${name}"`);
}
