import { LanguageNeuronsError } from '../../../errors.js';
import { siteStarts } from '../../../neurons/analysis/flatIndex.js';
import { neuronName, neuronNamed } from '../../../neurons/tables/neuronNames.js';
import type { ExploredSite } from '../../siteFormat.js';

/** Where a neuron is. */
export interface Place {
    readonly site: number;
    /** Of a routed site; 0 elsewhere. */
    readonly expert: number;
    /** In its site, or its expert. */
    readonly index: number;
}

/** Neurons of a site, all experts together. The engine's own would bring its shapes, and zod, into the page. */
export function neuronsAt({ width, experts }: ExploredSite): number {
    return width * experts;
}

/** The flat index of each site's first neuron, and the number of all neurons at the end. */
export function startsOf(sites: readonly ExploredSite[]): number[] {
    return siteStarts([...sites.map(neuronsAt), 0]);
}

/** @param starts see `startsOf` */
export function placeOf(flat: number, sites: readonly ExploredSite[], starts: readonly number[]): Place {
    let site = 0;
    while (flat >= starts[site + 1]!) site++;
    const inSite = flat - starts[site]!;
    const { width } = sites[site]!;
    return { site, expert: Math.floor(inSite / width), index: inSite % width };
}

/** See `neuronName` of src/neurons, which takes the neuron as `[site, index]`. */
export function flatName(flat: number, sites: readonly ExploredSite[], starts: readonly number[]): string {
    const { site } = placeOf(flat, sites, starts);
    return neuronName(sites, [site, flat - starts[site]!]);
}

/** Names of two neurons that the model has, one in its middle and its last, to show how names are written. */
export function exampleNames(sites: readonly ExploredSite[], starts: readonly number[]): [string, string] {
    const total = starts.at(-1)!;
    return [flatName(Math.floor(total / 2), sites, starts), flatName(total - 1, sites, starts)];
}

/** The neuron of a name; where the model has none such, the reason, in words. */
export function flatNamed(name: string, sites: readonly ExploredSite[], starts: readonly number[]): number | string {
    try {
        const [site, index] = neuronNamed(sites, name);
        return starts[site]! + index;
    } catch (error) {
        if (error instanceof LanguageNeuronsError) return error.message;
        throw error;
    }
}
