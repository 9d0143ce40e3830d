import { siteStarts } from '../../../neurons/flatIndex.js';
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

/** A neuron's name, as the command line takes it: `12:345`, and `12:7:345` of expert 7. */
export function neuronName(flat: number, sites: readonly ExploredSite[], starts: readonly number[]): string {
    const { site, expert, index } = placeOf(flat, sites, starts);
    const { layer, kind } = sites[site]!;
    if (kind === 'routed') return `${layer}:${expert}:${index}`;
    return kind === 'shared' ? `${layer}:shared:${index}` : `${layer}:${index}`;
}

/** Reads a name; undefined where the model has no such neuron. */
export function neuronNamed(
    name: string,
    sites: readonly ExploredSite[],
    starts: readonly number[],
): number | undefined {
    const parts = name.trim().split(':');
    const [layer, index] = [Number(parts[0]), Number(parts.at(-1))];
    const middle = parts.length === 3 ? parts[1]! : undefined;
    const kind = middle === undefined ? 'dense' : middle === 'shared' ? 'shared' : 'routed';
    const expert = kind === 'routed' ? Number(middle) : 0;
    if (parts.length < 2 || parts.length > 3 || ![layer, index, expert].every((n) => Number.isInteger(n) && n >= 0))
        return;
    const site = sites.findIndex((one) => one.layer === layer && one.kind === kind);
    const found = sites[site];
    if (found === undefined || index >= found.width || expert >= found.experts) return;
    return starts[site]! + expert * found.width + index;
}
